"""The order of sets in FLOW: WFC108.

for tag in tags:                an order that every process has for itself
    await notify(tag)
for tag in sorted(tags): ...    the same everywhere
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...diagnostics import Diagnostic, Severity
from ..base import Context, Rule
from .meetings import first_of_each, goal_of, reached_place, span_of_cause
from .provenance import Meeting
from .values import COROUTINE, NUMBER, Form, Kind

_START = """
import asyncio
from vercel import workflow
wf = workflow.Workflows()

@wf.step
async def notify(*who: str) -> str: ...

@wf.step
async def tags_of(name: str) -> set[str]: ...
"""


def _in_flow(body: str, above: str = "") -> str:
    """Return a program whose workflow has the body; `above` stands before it."""
    header = "@wf.workflow\nasync def order(tags: set[str], names: list[str], name: str):"
    return f"{_START}{above}\n{header}\n    {body}\n"


class SetOrder(Rule):
    """The order of a set decides what a workflow does.

    Why: A set of strings or objects has another order in each process, since hashes differ. On a replay the steps are
    called in another order than the recorded one, or with other arguments, and the run can't go on. What counts is
    that the order gets somewhere: into the order of durable calls, an argument, a branch that holds durable calls, the
    result. Membership, `len`, `any`, `all`, `sum`, `min`, `max`, `==` and sets made of sets don't show it, and neither
    does a set that is itself an argument, which is recorded in a canonical order. Sets of tasks have the order in
    which the tasks were made. Of numbers it is a warning: their order is the same in each process, and not promised.

    Fix: Sort it where it is used, `sorted(tags)`, with a `key=` where the elements have no order of their own; or keep
    the values in a list or as the keys of a dict (`dict.fromkeys(names)` drops duplicates and keeps the order).

    Suppress: Where the set never has more than one element.
    """

    code = "WFC108"
    bad = (
        _in_flow("for tag in {'new', 'sale'}:\n        await notify(tag)"),
        _in_flow("for tag in tags:\n        await notify(tag)"),
        _in_flow("for tag in set(names) - tags:\n        await notify(tag)"),
        _in_flow("for tag in await tags_of(name):\n        await notify(tag)"),
        _in_flow("await notify(*tags)"),
        _in_flow("await notify(','.join(tags))"),
        _in_flow("await notify(f'tags: {tags}')"),
        _in_flow("await asyncio.gather(*(notify(tag) for tag in tags))"),
        _in_flow("await asyncio.gather(*map(notify, tags))"),
        _in_flow(
            "async with asyncio.TaskGroup() as group:\n        for tag in tags:\n"
            "            group.create_task(notify(tag))"
        ),
        _in_flow("calls = {notify(one) for one in names}\n    await asyncio.gather(*calls)"),
        _in_flow("while tags:\n        await notify(tags.pop())"),
        _in_flow("first = next(iter(tags))\n    if first == 'sale':\n        await notify(name)"),
        _in_flow("shown = []\n    for tag in tags:\n        shown.append(tag.upper())\n    await notify(shown)"),
        _in_flow("text = ''\n    for tag in tags:\n        text += tag\n    await notify(text)"),
        _in_flow("prices = {tag: 1 for tag in tags}\n    for tag in prices:\n        await notify(tag)"),
        _in_flow("old = {'a': 1, 'b': 2}\n    for key in old.keys() & {'a', 'b'}:\n        await notify(key)"),
        _in_flow("return {'tags': list(tags)}"),
        _in_flow(
            "await each(tags)",
            "\nasync def each(people):\n    for person in people:\n        await notify(person)\n",
        ),
        _in_flow("await notify(plain(names))", "\ndef plain(xs):\n    return [x.strip() for x in set(xs)]\n"),
        "# file: zones.py\nZONES = frozenset({'eu', 'us'})\n# file: app.py\nfrom zones import ZONES\n"
        + _in_flow("for zone in ZONES:\n        await notify(zone)"),
        "import pydantic\n" + _START + "\nclass Order(pydantic.BaseModel):\n    tags: set[str]\n\n@wf.workflow\n"
        "async def order(placed: list[Order]):\n    for one in placed:\n        for tag in one.tags:\n"
        "            await notify(tag)\n",
        _in_flow("for number in {3, 1, 2}:\n        await notify(str(number))"),
    )  # fmt: skip
    good = (
        _in_flow("for tag in sorted(tags):\n        await notify(tag)"),
        _in_flow("shown = list(tags)\n    shown.sort()\n    await notify(*shown)"),
        _in_flow(
            "if name in tags and len(tags) > 2 and any(tag > name for tag in tags):\n        await notify(min(tags))"
        ),
        _in_flow("await notify(tags)\n    return tags | {name}"),
        _in_flow("if set(names) == tags:\n        await notify(name)"),
        _in_flow("for one in dict.fromkeys(names):\n        await notify(one)"),
        _in_flow("print(', '.join(tags))\n    await notify(name)"),
        _in_flow("if not tags:\n        raise ValueError(f'none of {tags}')\n    await notify(name)"),
        _in_flow("short = {tag[:3] for tag in tags}\n    await notify(sorted(short))"),
        _in_flow("prices = {tag: len(tag) for tag in tags}\n    await notify(prices, prices[name])"),
        _in_flow("total = 0\n    for tag in tags:\n        total += len(tag)\n    await notify(str(total))"),
        _in_flow(
            "best = ''\n    for tag in tags:\n        if tag > best:\n            best = tag\n    await notify(best)"
        ),
        _in_flow("(only,) = tags\n    await notify(only)"),
        _in_flow("if len(tags) != 1:\n        raise ValueError\n    await notify(tags.pop())"),
        _in_flow("for tag in {name}:\n        await notify(tag)"),
        _in_flow("for _ in tags:\n        await notify(name)"),
        _in_flow("for tag in tags:\n        if tag == name:\n            await notify(name)"),
        _in_flow("found = next((tag for tag in tags if tag == name), '')\n    await notify(found)"),
        _in_flow(
            "tasks = {asyncio.create_task(notify(one)) for one in names}\n    return await asyncio.gather(*tasks)"
        ),
        _in_flow(
            "tasks = set()\n    for one in names:\n        tasks.add(asyncio.create_task(notify(one)))\n"
            "    while tasks:\n        done, tasks = await asyncio.wait(tasks)\n        for task in done:\n"
            "            await notify(task.result())"
        ),
        _in_flow(
            "seen, todo = set(), {name}\n    while todo:\n        one = todo.pop()\n        if one in seen:\n"
            "            continue\n        seen.add(one)\n        todo.update(names)\n    await notify(*sorted(seen))"
        ),
        _in_flow(
            "await each(names)", "\nasync def each(people):\n    for person in people:\n        await notify(person)\n"
        ),
        _START + "\n@wf.step\nasync def work(tags: set[str]):\n    for tag in tags:\n        await notify(tag)\n",
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per place where the order of a set shows, and then matters."""
        for meeting in first_of_each(context.meetings, Kind.ORDER):
            steady = meeting.cause.holds == NUMBER
            yield Diagnostic(
                self.code,
                _headline(meeting),
                span_of_cause(meeting),
                label="nobody promises the order of a set, even of numbers" if steady else _label(meeting),
                secondary=reached_place(meeting),
                help=_remedy(meeting),
                workflow=meeting.reached.root,
                chain=meeting.chain_to(meeting.cause.home),
                severity=Severity.WARNING if steady else None,
            )


def _headline(meeting: Meeting) -> str:
    if meeting.mark.form is Form.TURN:
        return "durable calls are made in the order of a set"
    return f"the order of a set reaches {goal_of(meeting)}"


def _label(meeting: Meeting) -> str:
    takes_one = isinstance(meeting.cause.node, ast.Call) and not meeting.cause.node.args
    return "takes another element in each process" if takes_one else "the order differs from process to process"


def _remedy(meeting: Meeting) -> str:
    cause = meeting.cause
    shown = cause.module.source.text_of(cause.things) if cause.things is not None else "..."
    if cause.holds == COROUTINE:
        return f"keep the calls of `{shown}` in a list"
    if isinstance(cause.node, ast.Call) and not cause.node.args:
        return f"take a definite one, such as `min({shown})`"
    return f"sort it first: `sorted({shown})`"
