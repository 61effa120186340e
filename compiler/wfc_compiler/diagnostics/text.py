"""Findings to text for people: with code frames (`full`), or a line each (`concise`), and the line under a report.

    error[WFC201]: workflow calls the network
      --> app/pricing.py:14:12
       |
    14 |         r = await client.get(URL)
       |             ^^^^^^^^^^^^^^^^^^^^^ runs again on every replay
    help: make `rate` a step
    docs: wfc explain WFC201

In: sorted findings, and the text of the files by path. Out: text, the same with and without colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from .catalogue import severity_of
from .display import visible
from .frames import Frame, Mark, Texts, draw_frame, last_number
from .style import PLAIN, Style
from .summary import Summary, count
from .values import Diagnostic, Note, Severity

_LONGEST_CHAIN = 4


def render_full(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], style: Style = PLAIN) -> str:
    """Return every finding with its code frames, separated by empty lines."""
    texts = Texts(sources)
    return "\n".join(_render_one(item, texts, style) for item in diagnostics)


def render_concise(diagnostics: Iterable[Diagnostic], style: Style = PLAIN) -> str:
    """Return one line per finding: `path:line:column: severity[code] message`."""
    lines = []
    for item in diagnostics:
        span = item.span
        place = f"{visible(span.path)}:{span.line}:{span.column}"
        lines.append(f"{place}: {_head(item, style)} {visible(item.message)}\n")
    return "".join(lines)


def render_footer(diagnostics: Iterable[Diagnostic], summary: Summary, style: Style = PLAIN) -> str:
    """Return the line under a report: `2 errors, 1 warning in 12 files, 3 workflows, 9 steps`."""
    items = list(diagnostics)
    parts = [
        _plural(count(items, severity), word)
        for severity, word in ((Severity.ERROR, "error"), (Severity.WARNING, "warning"))
        if severity is Severity.ERROR or count(items, severity)
    ]
    found = ", ".join(parts)
    fixable = sum(1 for item in items if item.fix is not None)
    if fixable:
        found += f" ({fixable} fixable with --fix)"
    seen = [
        _plural(summary.files, "file"),
        _plural(summary.workflows, "workflow"),
        _plural(summary.steps, "step"),
    ]
    worst = next((s for s in (Severity.ERROR, Severity.WARNING) if count(items, s)), None)
    return f"{style.severity(found, worst) if worst else found} in {', '.join(seen)}\n"


def _render_one(item: Diagnostic, texts: Texts, style: Style) -> str:
    frames = _frames(item, texts)
    gutter = max(len(str(last_number(frame))) for frame in frames if isinstance(frame, Frame))
    lines = [f"{_head(item, style)}{style.bold(': ' + visible(item.message))}"]
    for frame in frames:
        if isinstance(frame, Frame):
            lines += draw_frame(frame, texts, gutter, style)
        else:
            lines.append(f"{' ' * gutter}{style.dim(':::')} {frame}")
    if item.help:
        first, *more = item.help.splitlines()
        lines.append(f"{style.bold('help')}: {visible(first)}")
        lines += [f"      {visible(line)}" for line in more]
    lines.append(f"{style.dim('docs')}: wfc explain {item.code}")
    return "".join(line.rstrip() + "\n" for line in lines)


def _head(item: Diagnostic, style: Style) -> str:
    severity = severity_of(item)
    return style.severity(f"{severity.value}[{item.code}]", severity)


def _frames(item: Diagnostic, texts: Texts) -> list[Frame | str]:
    """Return what to draw: places near each other in one frame, and words for the calls that are left out."""
    first = Frame("-->", [Mark(item.span, item.label, "^", severity_of(item))])
    frames: list[Frame | str] = [first]
    for note in _notes(item):
        if isinstance(note, str):
            frames.append(note)
            continue
        mark = Mark(note.span, note.label, "-")
        near = None
        if texts.has(note.span):
            near = next((frame for frame in frames if isinstance(frame, Frame) and frame.takes(note.span, texts)), None)
        if near is None:
            frames.append(Frame(":::", [mark]))
        elif mark not in near.marks:
            near.marks.append(mark)
    return frames


def _notes(item: Diagnostic) -> Iterator[Note | str]:
    """Yield the other places, then the calls that lead here, the nearest first, those in a long middle as a count."""
    yield from item.secondary
    hops: Sequence[Note] = [Note(hop.span, f"called in `{hop.name}`") for hop in reversed(item.chain)]
    if not hops:
        return
    hidden = len(hops) - _LONGEST_CHAIN if len(hops) > _LONGEST_CHAIN else 0
    nearest = hops[: _LONGEST_CHAIN - 1] if hidden else hops[:-1]
    yield from nearest
    if hidden:
        yield f"{_plural(hidden, 'more call')} between"
    kind = (item.workflow or "workflow").partition("//")[0]
    yield Note(item.chain[0].span, f"reached from {kind} `{item.chain[0].name}`")


def _plural(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
