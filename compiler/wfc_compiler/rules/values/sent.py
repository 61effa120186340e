"""What is handed over at a call or returned, and can't be recorded: WFC408, and places for WFC401, 402 and 416.

await each(names, key=lambda name: name.lower())      a function, whatever the parameter says
return (row for row in rows)                          an iterator, though nothing annotates the result

In: the arguments of recorded calls, and what steps and workflows return. Out: one finding for each expression that
certainly gives such a value; where an annotation says so already, that is where the finding is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...binder import Module
from ...callgraph import Reached
from ...diagnostics import Diagnostic, Note
from ...discover import StepDef, WorkflowDef
from ...discover.definitions import first_yield
from ...syntax import is_none, own_statements
from ..base import Context, Rule
from .calling import DurableCall
from .expressions import AWAITABLE, COROUTINE
from .recordable import Obstacle

_HEAD = """
import asyncio, functools
import pydantic, wfc
wf = wfc.Workflows()

class Answer(pydantic.BaseModel, wfc.BaseHook):
    yes: bool

@wf.step
async def each(names, key=None, **more) -> list: ...

"""


def _in_flow(body: str) -> str:
    return f"{_HEAD}\n@wf.workflow\nasync def order(names: list[str]):\n    {body}\n"


def _host(body: str) -> str:
    return f"{_in_flow('...')}\nasync def host():\n    {body}\n"


@dataclass(frozen=True)
class Sent:
    """An expression whose value would be recorded, and can't be.

    `subject` and `verb` start the headline: "argument `key` of `each`", "is".
    """

    module: Module
    node: ast.expr
    subject: str
    verb: str
    obstacle: Obstacle
    root: str | None
    reached: Reached | None
    returned: bool = False
    by_annotation: bool = False
    secondary: tuple[Note, ...] = ()

    @property
    def is_class(self) -> bool:
        """Say whether a class of the project is in the way that could be made recordable."""
        return self.obstacle.kind is not None


class UnrecordableArgument(Rule):
    """A call hands over a function, a generator, an open file, a lock, a class or the like.

    Why: The arguments of a step, of a started workflow and of a hook are written to the event log, which has no form
    for them. The call fails when the run gets there, whatever the parameter's annotation says.

    Fix: Pass data: a list instead of a generator, a path instead of an open file, a name by which the step chooses the
    function.

    Suppress: Where the call is never reached with this value, and the check can't see that.
    """

    code = "WFC408"
    bad = (
        _in_flow("await each(names, key=lambda name: name.lower())"),
        _in_flow("await each(names, key=str.lower)"),
        _in_flow("def by_name(name): return name\n    await each(names, key=by_name)"),
        _in_flow("await each(name.lower() for name in names)"),
        _in_flow("await each(map(str.lower, names))"),
        _in_flow("await each([names, {'lock': asyncio.Lock()}])"),
        _in_flow("await each(names, key=Answer)"),
        _in_flow("await each(names, key=functools.partial(print, 1))"),
        _in_flow("totals = {name: 0 for name in names}\n    await each(totals.values())"),
        _in_flow("await each(names, key=each)"),
        _in_flow("await Answer.wait(metadata={'at': range(3)})"),
        _host("with open('names') as names:\n        await wfc.start(order, names)"),
        _host("await wfc.start_options(run_id='1').start(order, asyncio.sleep(1))"),
    )
    good = (
        _in_flow("await each([name.lower() for name in names], key='lower')"),
        _in_flow("await each(sorted(names, key=lambda name: name.lower()))"),
        _in_flow("await each(list(map(str.lower, names)), key=(lambda: 1)())"),
        _in_flow("totals = dict.fromkeys(names, 0)\n    await each(list(totals.values()), key=totals)"),
        _in_flow("lock = asyncio.Lock()\n    async with lock:\n        await each(names)"),
        _in_flow("key = None\n    if names: key = len(names)\n    await each(names, key=key, values=Answer(yes=True))"),
        _in_flow("await helper(names, key=len)") + "\nasync def helper(names, key=None): return await each(names)\n",
        _in_flow("def show(each=each): return each\n    await each(names)\n    return [await each(n) for n in names]"),
        _host("with open('names') as names:\n        await wfc.start(order, names.read())"),
        _host("await each(names=1, key=len)"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per argument."""
        for sent in context.sent:
            if not (sent.returned or sent.is_class or sent.by_annotation):
                yield report(self.code, sent)


def what_is_sent(context: Context) -> Iterator[Sent]:
    """Yield the arguments and results that certainly can't be recorded."""
    for call in context.durable_calls:
        if call.recorded:
            yield from _arguments(context, call)
    flow = frozenset(context.graph.flow)
    for reached in (*context.graph.flow, *context.graph.step):
        definition = _definition(context, reached)
        if definition is not None and (reached in flow) == (definition.dotted in context.program.workflow_by_name):
            yield from _results(context, reached, definition)


def report(code: str, sent: Sent) -> Diagnostic:
    """Say that a value can't be recorded."""
    obstacle = sent.obstacle
    where = f" in `{obstacle.path.lstrip('.')}`" if obstacle.path else ""
    return Diagnostic(
        code,
        f"{sent.subject} {sent.verb} {obstacle.what}{where}, which can't be recorded",
        sent.module.source.span(sent.node),
        label="has no form in the event log",
        secondary=sent.secondary,
        help=obstacle.fix,
        workflow=sent.root,
        chain=sent.reached.chain if sent.reached is not None else (),
    )


def _arguments(context: Context, call: DurableCall) -> Iterator[Sent]:
    shown = call.module.source.text_of(call.target)
    for parameter, argument in call.given():
        annotated, required = _annotated(context, call, parameter)
        if annotated is not None and required:
            continue  # the annotation has the finding
        found = obstacle_of(context, call.module, argument, call.reached)
        by_annotation = False
        if found is None and annotated is not None and not annotated.optional and not is_none(argument):
            found, by_annotation = (annotated, argument), True
        if found is not None:
            obstacle, node = found
            subject = f"argument `{parameter.arg}` of `{shown}`" if parameter is not None else f"`{shown}`"
            verb = "is" if node is argument and parameter is not None else "holds" if parameter is not None else "gets"
            root = call.reached.root if call.reached is not None else None
            sent = Sent(call.module, node, subject, verb, obstacle, root, call.reached)
            yield (
                replace(sent, by_annotation=True, secondary=_taken(context, call, parameter)) if by_annotation else sent
            )


def _annotated(context: Context, call: DurableCall, parameter: ast.arg | None) -> tuple[Obstacle | None, bool]:
    """Return what the annotation of a parameter says can't be recorded, and whether every call has to give it."""
    definition = call.definition
    if definition is None or parameter is None or parameter.annotation is None:
        return None, False
    module = context.program.modules[definition.module]
    obstacle = context.recordable.arriving(context.types.of(module, parameter.annotation))
    required = parameter.arg in call.signature.required
    return (obstacle if obstacle is not None and obstacle.certain else None), required


def _taken(context: Context, call: DurableCall, parameter: ast.arg | None) -> tuple[Note, ...]:
    if call.definition is None or parameter is None or parameter.annotation is None:
        return ()
    source = context.program.modules[call.definition.module].source
    return (Note(source.span(parameter.annotation), "by its annotation"),)


def _results(context: Context, reached: Reached, definition: StepDef | WorkflowDef) -> Iterator[Sent]:
    module, node = reached.function.module, reached.function.node
    if len(node.decorator_list) > 1 or first_yield(node) is not None:
        return  # another decorator may make something else of it; a generator is WFC003
    if node.returns is not None:
        obstacle = context.recordable.leaving(context.types.of(module, node.returns))
        if obstacle is not None:
            return  # the annotation has the finding
    kind = "workflow" if context.is_workflow(definition.dotted) else "step"
    for statement in own_statements(node):
        if isinstance(statement, ast.Return) and statement.value is not None:
            found = obstacle_of(context, module, statement.value, reached)
            if found is not None and not (isinstance(node, ast.FunctionDef) and found[0].what == AWAITABLE):
                obstacle, place = found  # a coroutine that a `def` step returns is awaited
                subject = f"{kind} `{definition.name}`"
                yield Sent(module, place, subject, "returns", obstacle, definition.id, reached, returned=True)


def _definition(context: Context, reached: Reached) -> StepDef | WorkflowDef | None:
    if not reached.is_root:
        return None
    program, dotted = context.program, reached.function.dotted
    return program.step_by_name.get(dotted) or program.workflow_by_name.get(dotted)


def obstacle_of(
    context: Context, module: Module, expr: ast.expr, reached: Reached | None
) -> tuple[Obstacle, ast.expr] | None:
    """Return what certainly can't be recorded of an expression's value, and the innermost expression that gives it."""
    match expr:
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return _first(context, module, parts, reached)
        case ast.Dict(keys=keys, values=values):
            return _first(context, module, [*(key for key in keys if key is not None), *values], reached)
        case ast.ListComp(elt=part) | ast.SetComp(elt=part) | ast.DictComp(value=part):
            return _first(context, module, [part], reached)
        case ast.IfExp(body=body, orelse=orelse):
            return _first(context, module, [body, orelse], reached)
        case ast.BoolOp(values=values):
            return _first(context, module, values, reached)
        case ast.Starred():
            return None
    type = context.expressions.type_of(module, expr)
    if type is None or (type is COROUTINE and reached is not None and reached in context.graph.flow):
        return None  # that nothing awaits it is WFC302
    obstacle = context.recordable.leaving(type)
    if obstacle is None or not obstacle.certain or obstacle.optional or _is_reported(context, module, expr, reached):
        return None
    return obstacle, expr


def _first(
    context: Context, module: Module, parts: list[ast.expr], reached: Reached | None
) -> tuple[Obstacle, ast.expr] | None:
    return next((found for part in parts if (found := obstacle_of(context, module, part, reached)) is not None), None)


def _is_reported(context: Context, module: Module, expr: ast.expr, reached: Reached | None) -> bool:
    """Say whether making the value is a finding of its own: a workflow that opens a file, or calls the network."""
    if reached is None or reached not in context.graph.flow:
        return False
    made = context.expressions.made_by(module, expr)
    kind = None
    if made is not None:
        callee = context.receivers.callee(module, made.func)
        kind = context.facts.kind(callee, has_arguments=True) if callee is not None else None
    return kind is not None and kind != "pure" and not kind.startswith("rewritten_")
