"""Weigh what other rules have found by where it goes: WFC116 and WFC320.

In: the findings of all rules. Out: the same, but for values that differ between replays: where one decides a branch
that holds durable calls, its finding is an error; where it is a hook's token, WFC320 takes the place of its finding.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from ...binder import Module
from ...callgraph import Reached
from ...diagnostics import Diagnostic, Note, Severity, Span, severity_of
from ..base import Context, Rule
from ..scaffold import in_flow
from .meetings import reached_place
from .provenance import Meeting, Provenance
from .summaries import Goal
from .values import Cause, Form, Kind, Mark

# Findings about values that differ between replays. With `strict` 101 and 103 are also about what is rewritten.
_VALUES = frozenset(f"WFC{code}" for code in (101, 102, 103, 104, 105, 106, 107, 109, 113, 115))
_RUN_OWN = frozenset({"WFC101", "WFC103"})

_REGION = "import os\nREGION = os.environ['REGION']\n"


class ImpureBranch(Rule):
    """A value that differs between replays decides whether durable calls are made.

    Why: When it says something else on a replay, the workflow takes the other branch, asks for other steps than the
    log has, and the run can't go on. So the finding about the value, which is a warning where the value merely passes
    through (WFC105, WFC107, WFC109, WFC113), is an error. It keeps its code; there is no second finding.

    Fix: Decide by an argument of the workflow or by the result of a step: both are recorded.

    Suppress: By the code of the finding, where every worker gets the same value for as long as runs live.
    """

    code = "WFC116"
    raises = frozenset({"WFC105", "WFC107", "WFC109", "WFC113"})
    bad = (
        "import os\n" + in_flow("if os.environ.get('CHARGE') == 'yes':\n        await charge()"),
        "import os\n" + in_flow("while not os.environ.get('STOP'):\n        await charge()"),
        "import os\n" + in_flow("for _ in range(int(os.environ['TIMES'])):\n        await charge()"),
        "import os\n" + in_flow("if os.getenv('DRY_RUN'):\n        return 'nothing done'\n    return await charge()"),
        "import os\n" + in_flow("count = 2 if os.getenv('TWICE') else 1\n    if count > 1:\n        await charge()"),
        "import os\n" + in_flow("return os.getenv('CHARGE') and await charge()"),
        in_flow("match hash(name) % 2:\n        case 0:\n            await charge()"),
        _REGION + in_flow("if REGION == 'eu':\n        await charge()"),
        "import os\ndef is_eu(): return os.environ['REGION'] == 'eu'\n"
        + in_flow("if is_eu():\n        await charge()"),
        "import os\n" + in_flow("await twice(os.getenv('TWICE'))\n\nasync def twice(again):\n"
        "    await charge()\n    if again:\n        await charge()"),
    )  # fmt: skip
    good = (
        in_flow("if name == 'yes':\n        await charge()"),
        in_flow("if await charge() == 'ok':\n        await charge()"),
        in_flow("if workflow.random().random() < 0.5:\n        await charge()"),
    )


class ImpureHookToken(Rule):
    """A hook's token is made from a value that differs between replays.

    Why: On a replay the workflow would wait for another token than the recorded one, so that the run can't go on, and
    who was given the first token can't reach it. What the run has of its own is the same on each replay: inputs,
    results of steps, `workflow.uuid4()`, and `uuid.uuid4()` and `random`, which the compiler rewrites.

    Fix: Make the token of an input, such as `f"order-{order_id}"`, or give none: the default token can't be guessed.

    Suppress: Where the value is the same on every worker for as long as runs live.
    """

    code = "WFC320"
    bad = (
        "import os\n" + in_flow("await Answer.wait(token=os.environ['TOKEN'])"),
        "import secrets\n" + in_flow("token = secrets.token_urlsafe()\n    await Answer.wait(token=f'answer-{token}')"),
        "import uuid\n" + in_flow("await Answer.wait(token=str(uuid.uuid6()))"),
        "import os\n" + in_flow("async for one in Answer.wait(token=f'{name}-{os.getpid()}'):\n        return one.yes"),
        in_flow("await Answer.wait(token=f'answer-{hash(name)}')"),
        in_flow("await Answer.wait(token=str(id(name)))"),
        _REGION + in_flow("await Answer.wait(token=f'{REGION}-{name}')"),
        "import time\n" + in_flow("await ask(f'{name}-{time.monotonic()}')\n\nasync def ask(token):\n"
        "    return await Answer.wait(token=token)"),
    )  # fmt: skip
    good = (
        in_flow("await Answer.wait(token=f'answer-{name}')"),
        in_flow("await Answer.wait(token=str(workflow.uuid4()))"),
        "import uuid\n" + in_flow("await Answer.wait(token=str(uuid.uuid4()))"),
        "import random\n" + in_flow("await Answer.wait(token=f'{name}-{random.getrandbits(64)}')"),
        in_flow("await Answer.wait(token=await charge())"),
        in_flow("await Answer.wait(token=workflow.get_workflow_metadata().run_id)"),
        "import hashlib\n" + in_flow("await Answer.wait(token=hashlib.sha256(name.encode()).hexdigest())"),
    )


WEIGHING_RULES: tuple[type[Rule], ...] = (ImpureBranch, ImpureHookToken)


def weigh(context: Context, findings: Sequence[Diagnostic]) -> Sequence[Diagnostic]:
    """Return the findings, some of them as errors, some replaced by WFC320."""
    strict = context.program.project.config.strict
    values = [
        finding
        for finding in findings
        if finding.code in _VALUES
        and severity_of(finding) is not Severity.INFO
        and not (strict and finding.code in _RUN_OWN)
    ]
    causes = dict(_causes(context, values)) if values else {}
    if not causes:
        return findings
    marks = {key: Mark(Cause(Kind.FOUND, *place), Form.VALUE) for key, (place, _) in causes.items()}
    by_node: dict[ast.AST, Diagnostic] = {place[1]: finding for place, finding in causes.values()}
    weighed: dict[int, Diagnostic] = {}
    for meeting in Provenance(context, marks).meetings():
        if meeting.cause.kind is Kind.FOUND:
            finding = by_node[meeting.cause.node]
            before = weighed.get(id(finding), finding)
            if meeting.sink.goal is Goal.TOKEN and before.code != ImpureHookToken.code:
                weighed[id(finding)] = _token(context, meeting, finding)
            elif meeting.sink.goal is Goal.BRANCH and severity_of(before) is not Severity.ERROR:
                weighed[id(finding)] = _raised(meeting, finding)
    return [weighed.get(id(finding), finding) for finding in findings]


def _raised(meeting: Meeting, finding: Diagnostic) -> Diagnostic:
    place = reached_place(meeting)
    return replace(
        finding,
        label=finding.label if place else f"{finding.label}; durable calls depend on it",
        secondary=(*finding.secondary, *place),
        severity=Severity.ERROR,
    )


def _token(context: Context, meeting: Meeting, finding: Diagnostic) -> Diagnostic:
    source = meeting.sink.module.source
    span = source.span(meeting.sink.node)
    inside = finding.span.path == span.path and span.line <= finding.span.line <= span.end_line
    return Diagnostic(
        ImpureHookToken.code,
        "a hook's token differs between replays",
        span,
        label="a replay would wait for another token" if not inside else finding.label,
        secondary=() if inside else (Note(finding.span, finding.label),),
        help=f"make the token of an input or of `{context.spell(meeting.reached, 'uuid4')}()`, or give none: "
        "the default can't be guessed",
        workflow=meeting.reached.root,
        chain=meeting.chain_to(meeting.sink.home),
    )


_Place = tuple[Module, ast.expr | ast.stmt]


def _causes(
    context: Context, findings: Sequence[Diagnostic]
) -> Iterator[tuple[ast.AST | str, tuple[_Place, Diagnostic]]]:
    """Yield what the findings are about: expressions of FLOW, and module variables by dotted name."""
    reached: dict[str, list[Reached]] = {}
    for one in context.graph.flow:
        reached.setdefault(one.function.module.source.relpath, []).append(one)
    modules = {one.source.relpath: one for one in _modules(context, {finding.span.path for finding in findings})}
    for finding in findings:
        for one in reached.get(finding.span.path, ()):
            node = _expression_at(one, finding.span)
            if node is not None:
                yield node, ((one.function.module, node), finding)
        module = modules.get(finding.span.path)
        if module is not None:
            for name, statement in _variables_at(module, finding.span):
                yield f"{module.name}.{name}", ((module, statement), finding)


def _modules(context: Context, paths: Collection[str]) -> Iterator[Module]:
    project, modules = context.program.project, context.program.modules
    wanted = {project.root / path for path in paths}
    for name, path in project.modules.items():
        if path in wanted and name in modules:
            yield modules[name]


def _expression_at(reached: Reached, span: Span) -> ast.expr | None:
    function = reached.function
    if not function.node.lineno <= span.line <= (function.node.end_lineno or span.line):
        return None
    for node in function.body_nodes():
        if isinstance(node, ast.expr) and node.lineno == span.line and function.module.source.span(node) == span:
            return node
    return None


def _variables_at(module: Module, span: Span) -> Iterator[tuple[str, ast.stmt]]:
    """Yield the names that a statement of a module binds, where a finding stands in it."""
    for statement in module.tree.body:
        if statement.lineno <= span.line <= (statement.end_lineno or statement.lineno):
            targets: list[ast.expr] = []
            if isinstance(statement, ast.Assign):
                targets = statement.targets
            elif isinstance(statement, ast.AnnAssign):
                targets = [statement.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    yield target.id, statement
