"""The calls that a signature of the project or of the SDK stands behind: steps, workflows, `start`, hooks, `sleep`.

    await charge(order, amount=3)                               a step, recorded
    await start(fulfil, order)                                  a workflow, recorded
    await start_options(run_id="x").start(fulfil, order)        the same
    later = functools.partial(charge, order)                    a step, of which more arguments may come
    await fulfil(order)                                         in a workflow: inline, not recorded

In: reached functions, and every module that starts runs. Out: `DurableCall`s, each once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from ...binder import Module
from ...callgraph import Reached
from ...discover import FunctionNode, StepDef, WorkflowDef
from ..base import Context
from .boundaries import is_bare, parameters

_STARTS = frozenset({"wfc.start", "wfc.start_sync", "wfc.StartOptions.start"})
_OPTIONS = "wfc.start_options"
_PARTIAL = "functools.partial"


@dataclass(frozen=True)
class Signature:
    """The parameters of a callable, as far as a call can be checked against them."""

    positional: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    required: frozenset[str] = field(default_factory=frozenset)
    positional_only: frozenset[str] = field(default_factory=frozenset)
    more_positional: bool = False
    more_keywords: bool = False


_TOKEN = Signature(positional=("token_or_hook",), required=frozenset({"token_or_hook"}))
_OF_HOOKS = {"wait": Signature(keywords=("token", "metadata")), "resume": _TOKEN, "resume_sync": _TOKEN}
_OF_SDK = {
    "wfc.sleep": Signature(positional=("duration",), required=frozenset({"duration"})),
    "wfc.get_run": Signature(positional=("run_id",), keywords=("type",), required=frozenset({"run_id"})),
    "wfc.get_hook_by_token": Signature(positional=("token",), required=frozenset({"token"})),
}


@dataclass(frozen=True, eq=False)
class DurableCall:
    """A call of `target` with `arguments` by position, and the keywords of `node`.

    `recorded` says that its arguments are written to the event log; `partial` that it isn't the whole call. A call
    outside of reached functions has no `reached`; one of the SDK no `definition`.
    """

    module: Module
    node: ast.Call
    target: ast.expr
    arguments: tuple[ast.expr, ...]
    signature: Signature
    definition: StepDef | WorkflowDef | None = None
    recorded: bool = False
    partial: bool = False
    reached: Reached | None = None

    def given(self) -> Iterator[tuple[ast.arg | None, ast.expr]]:
        """Yield the arguments with the parameters that they are for; what is unpacked, or fits nowhere, is left out."""
        known: dict[str, ast.arg] = {}
        rest = None
        if self.definition is not None:
            arguments = self.definition.node.args
            known = {parameter.arg: parameter for parameter, _ in parameters(arguments)}
            rest = arguments.kwarg
        names = (*self.signature.positional, *([self._variadic] * len(self.arguments)))
        for name, argument in zip(names, self.arguments, strict=False):
            if isinstance(argument, ast.Starred):
                break  # nobody knows what the next one is for
            yield known.get(name), argument
        for keyword in self.node.keywords:
            if keyword.arg is not None:
                yield known.get(keyword.arg, rest), keyword.value

    @property
    def _variadic(self) -> str:
        variadic = self.definition.node.args.vararg if self.definition is not None else None
        return variadic.arg if variadic is not None else ""


def durable_calls(context: Context) -> Iterator[DurableCall]:
    """Yield the calls in reached functions, and those of `start` and `resume` anywhere."""
    seen: set[ast.AST] = set()
    flow = frozenset(context.graph.flow)
    for reached in (*context.graph.flow, *context.graph.step):
        for call in reached.calls:
            if call.node not in seen:
                seen.add(call.node)
                found = _read(context, reached.function.module, call.node, call.callee)
                if found is not None:
                    yield _placed(context, found, reached, in_flow=reached in flow)
    for module in context.definition_modules():
        if b"start" in module.source.data or b"resume" in module.source.data:
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Call) and node not in seen and _may_start(node):
                    found = _read(context, module, node, context.receivers.resolve(module, node.func))
                    if found is not None:
                        yield found


def _may_start(node: ast.Call) -> bool:
    """Say whether a call outside of reached functions is worth a look: one of a step there just runs its body."""
    name = str(getattr(node.func, "attr", None) or getattr(node.func, "id", ""))
    return "start" in name or "resume" in name


def _placed(context: Context, call: DurableCall, reached: Reached, *, in_flow: bool) -> DurableCall:
    """Add where the call stands: a step records what it starts, but runs other steps inline."""
    is_step = call.definition is not None and call.definition.dotted in context.program.step_by_name
    return DurableCall(
        call.module,
        call.node,
        call.target,
        call.arguments,
        call.signature,
        call.definition,
        recorded=call.recorded if not is_step else in_flow,
        partial=call.partial,
        reached=reached,
    )


def _read(context: Context, module: Module, node: ast.Call, callee: str | None) -> DurableCall | None:
    target, arguments = node.func, tuple(node.args)
    starts = callee in _STARTS or _starts_with_options(context, module, node.func)
    partial = callee == _PARTIAL
    if (starts or partial) and arguments:
        if isinstance(arguments[0], ast.Starred):
            return None
        callee = context.receivers.resolve(module, arguments[0])
        target, arguments = arguments[0], arguments[1:]
        if starts and not context.is_workflow(callee):
            return None
    if callee is None:
        return None
    program = context.program
    definition = program.step_by_name.get(callee) or program.workflow_by_name.get(callee)
    if definition is not None:
        if not is_bare(context, definition):
            return None  # another decorator may have changed the signature
        recorded = starts or callee in program.step_by_name
        signature = read_signature(definition.node)
        return DurableCall(module, node, target, arguments, signature, definition, recorded=recorded, partial=partial)
    owner, _, method = callee.rpartition(".")
    known = _OF_HOOKS.get(method) if owner in program.hook_by_name else _OF_SDK.get(callee)
    if known is None or partial:
        return None
    return DurableCall(module, node, target, arguments, known, recorded=method == "wait")


def _starts_with_options(context: Context, module: Module, func: ast.expr) -> bool:
    """Recognise `start_options(...).start`."""
    if not isinstance(func, ast.Attribute) or func.attr != "start" or not isinstance(func.value, ast.Call):
        return False
    return context.receivers.resolve(module, func.value.func) == _OPTIONS


def read_signature(node: FunctionNode) -> Signature:
    """Return what can be passed to a function."""
    arguments = node.args
    named = list(parameters(arguments))
    variadic = (arguments.vararg, arguments.kwarg)
    return Signature(
        positional=tuple(item.arg for item in (*arguments.posonlyargs, *arguments.args)),
        keywords=tuple(item.arg for item in arguments.kwonlyargs),
        required=frozenset(item.arg for item, required in named if required and item not in variadic),
        positional_only=frozenset(item.arg for item in arguments.posonlyargs),
        more_positional=arguments.vararg is not None,
        more_keywords=arguments.kwarg is not None,
    )
