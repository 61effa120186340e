"""Hashes and addresses in FLOW: WFC109."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...diagnostics import Diagnostic
from ..base import Context, Rule
from ..scaffold import step_with
from .meetings import first_of_each, goal_of, reached_place, span_of_cause
from .provenance import Meeting
from .values import Kind

_START = """
from dataclasses import dataclass
from vercel import workflow
wf = workflow.Workflows()

@wf.step
async def notify(*who: str) -> str: ...
"""


def _in_flow(body: str, above: str = "") -> str:
    """Return a program whose workflow has the body; `above` stands before it."""
    return f"{_START}{above}\n@wf.workflow\nasync def order(name: str, number: int):\n    {body}\n"


_PLAIN = "\nclass Box:\n    def __init__(self, size): self.size = size\n"
_SHOWN = "\nclass Box:\n    def __str__(self): return 'box'\n\n@dataclass\nclass Lid:\n    size: int = 1\n"


class ObjectIdentity(Rule):
    """A hash or an address reaches an argument, a branch or the result of a workflow.

    Why: `hash()` of a string, `id()`, and the text of an object whose class doesn't say what it is (`<app.Box object at
    0x7f...>`) differ from process to process. A replay gets other ones than the recorded run, and calls its steps with
    other arguments or takes other branches. Where they only serve to look something up, or end in a log, they do no
    harm and are not reported; hashes of numbers are the same everywhere.

    Fix: `hashlib.sha256(name.encode()).hexdigest()` is the same everywhere, `workflow.uuid4()` gives an id, and a
    `__repr__` (a dataclass has one) says what an object is.

    Suppress: Where every worker runs with the same `PYTHONHASHSEED` and the value is a hash of a string.
    """

    code = "WFC109"
    bad = (
        _in_flow("await notify(str(hash(name)))"),
        _in_flow("shard = hash((name, number)) % 4\n    await notify(f'shard-{shard}')"),
        _in_flow("return id(name)"),
        _in_flow("await notify(f'{Box(3)}')", _PLAIN),
        _in_flow("box = Box(3)\n    return {'box': repr(box)}", _PLAIN),
        _in_flow("return 'box: %s' % object()"),
        _in_flow("await notify(sorted([name, 'x'], key=id))"),
        _in_flow("await notify(key(name))", "\ndef key(text):\n    return f'{hash(text):x}'\n"),
    )
    good = (
        _in_flow("await notify(str(hash(number)))"),
        _in_flow("seen = {id(name)}\n    if id(name) in seen:\n        await notify(name)"),
        _in_flow("known = {id(name): name}\n    await notify(known[id(name)])"),
        _in_flow("if hash(name) == hash('x'):\n        await notify(name)"),
        _in_flow("print(hash(name), id(name), object())\n    await notify(name)"),
        _in_flow("await notify(f'{Box()} {Lid()} {ValueError(name)}')", _SHOWN),
        _in_flow(
            "prices = {Key(name): 1}\n    return prices[Key(name)]",
            "\nclass Key:\n    def __init__(self, text): self.text = text\n"
            "    def __eq__(self, other): return self.text == other.text\n"
            "    def __hash__(self): return hash(self.text)\n",
        ),
        _in_flow("return known(name)", "\ndef hash(text): return len(text)\ndef known(text): return hash(text)\n"),
        step_with("", "return hash(url), id(url), repr(object())"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per hash or address that reaches what a replay compares."""
        for meeting in first_of_each(context.meetings, Kind.IDENTITY):
            what, label, remedy = _told(context, meeting)
            yield Diagnostic(
                self.code,
                f"{what} reaches {goal_of(meeting)}",
                span_of_cause(meeting),
                label=label,
                secondary=reached_place(meeting),
                help=remedy,
                workflow=meeting.reached.root,
                chain=meeting.chain_to(meeting.cause.home),
            )


def _told(context: Context, meeting: Meeting) -> tuple[str, str, str]:
    """Return what is found, what it does and what to write instead."""
    node = meeting.cause.node
    name = node.func if isinstance(node, ast.Call) else node
    match name:
        case ast.Name(id="hash"):
            return "a hash", "is another number in each process", "`hashlib.sha256(...)` is the same everywhere"
        case ast.Name(id="id"):
            remedy = f"`{context.spell(meeting.reached, 'uuid4')}()` gives an id"
            return "the address of an object", "is another number in each process", remedy
        case _:
            remedy = "give its class a `__repr__`, or name the attribute that is meant"
            return "the text of a plain object", "shows its address, which differs from process to process", remedy
