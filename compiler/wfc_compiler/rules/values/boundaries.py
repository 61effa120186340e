"""Where values cross: the parameters and results of steps and workflows.

In: a program. Out: `Boundary`s, each an annotation with the words for it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ...binder import Module
from ...discover import StepDef, WorkflowDef
from ...discover.definitions import first_yield
from ..base import Context
from ..definitions.decorating import keeps_name, of_library

Definition = StepDef | WorkflowDef


@dataclass(frozen=True)
class Boundary:
    """An annotation that the runtime reads: `who` has it, `root` is how a path into its values starts.

    A parameter that is not `required` may never be given. `owner` is the id of the step or workflow.
    """

    module: Module
    annotation: ast.expr
    who: str
    root: str
    owner: str
    returns: bool = False
    required: bool = True


def signatures(context: Context) -> Iterator[Boundary]:
    """Yield the annotations of all steps and workflows, results last."""
    program = context.program
    for kind, definitions in (("step", program.steps), ("workflow", program.workflows)):
        for definition in definitions:
            if not is_bare(context, definition):
                continue  # what stands between may take and give something else
            yield from _signature(program.modules[definition.module], definition, f"{kind} `{definition.name}`")


def is_bare(context: Context, definition: Definition) -> bool:
    """Say whether nothing but decorators that keep a function as it is stands on a step or workflow."""
    module = context.program.modules[definition.module]
    for decorator in definition.node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        dotted = context.program.names.canonical(module, called)
        if decorator is definition.decorator:
            continue
        if dotted is None or context.program.names.is_first_party(dotted):
            return False
        if not keeps_name(dotted) and of_library(dotted) is None:
            return False
    return True


def _signature(module: Module, definition: Definition, who: str) -> Iterator[Boundary]:
    for parameter, required in parameters(definition.node.args):
        if parameter.annotation is not None:
            yield Boundary(module, parameter.annotation, who, parameter.arg, definition.id, required=required)
    returns = definition.node.returns
    if returns is not None and first_yield(definition.node) is None:  # a generator is WFC003
        yield Boundary(module, returns, who, "result", definition.id, returns=True)


def parameters(arguments: ast.arguments) -> Iterator[tuple[ast.arg, bool]]:
    """Yield the parameters of a function, each with whether a call has to give it."""
    positional = [*arguments.posonlyargs, *arguments.args]
    first_default = len(positional) - len(arguments.defaults)
    for index, parameter in enumerate(positional):
        yield parameter, index < first_default
    for parameter, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield parameter, default is None
    for variadic in (arguments.vararg, arguments.kwarg):
        if variadic is not None:
            yield variadic, False
