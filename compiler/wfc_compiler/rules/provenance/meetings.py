"""Findings about what meets: one for each cause, with the place that it reaches beside it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from ...diagnostics import Note, Span
from .provenance import Meeting
from .summaries import Goal
from .values import Kind


def first_of_each(meetings: Iterable[Meeting], kind: Kind) -> Iterator[Meeting]:
    """Yield one meeting for each cause of a kind: the first in the order of the call graph."""
    seen: set[ast.AST] = set()
    for meeting in meetings:
        if meeting.cause.kind is kind and meeting.cause.node not in seen:
            seen.add(meeting.cause.node)
            yield meeting


def goal_of(meeting: Meeting) -> str:
    """Say what is reached, for a headline."""
    match meeting.sink.goal:
        case Goal.ARGUMENT:
            return f"an argument of `{meeting.sink.name}`"
        case Goal.TOKEN:
            return f"the token of `{meeting.sink.name}`"
        case Goal.BRANCH:
            return "a branch that holds durable calls"
        case Goal.RESULT:
            return "the workflow's result"


def span_of_cause(meeting: Meeting) -> Span:
    """Return the place that a finding points at."""
    return meeting.cause.module.source.span(meeting.cause.node)


def reached_place(meeting: Meeting) -> tuple[Note, ...]:
    """Return the place that is reached, unless the cause stands in it."""
    label = {
        Goal.ARGUMENT: f"reaches `{meeting.sink.name}` here",
        Goal.TOKEN: "is the hook's token here",
        Goal.BRANCH: "decides here whether durable calls are made",
        Goal.RESULT: "reaches the result here",
    }[meeting.sink.goal]
    span, cause = meeting.sink.module.source.span(meeting.sink.node), span_of_cause(meeting)
    around = (span.line, span.column) <= (cause.line, cause.column) and (cause.end_line, cause.end_column) <= (
        span.end_line,
        span.end_column,
    )
    return () if around and span.path == cause.path else (Note(span, label),)
