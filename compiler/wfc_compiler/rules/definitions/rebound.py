"""Names of steps and workflows that something else takes over: WFC010.

@wf.step
def charge(): ...
charge = traced(charge)             the route finds what `traced` returned

steps.charge = fake                 in another module, or in a function
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...binder import Binding, BindingKind, Module, is_main_block
from ...diagnostics import Diagnostic, Note, Span
from ...discover import StepDef, WorkflowDef
from ...discover.registrations import Decorator, read_decorator
from ...syntax import all_statements
from ..base import Context, Rule

_START = "from vercel import workflow\nwf = workflow.Workflows()\n\n"
_STEP = _START + "@wf.step\nasync def charge(): ...\n"
_ELSEWHERE = "# file: steps.py\n" + _STEP + "# file: app.py\nfrom steps import wf\n\n@wf.step\ndef refund(): ...\n\n"
# What is assigned to or deleted ends a name so, among other things: enough to pass over most files.
_STORED = re.compile(rb"\.[ \t]*([\w\x80-\xff]+)[ \t]*(?:[,)\]:;#\r\n]|=(?!=)|[^\w\s=(.]{1,2}=|$)")


class ReboundName(Rule):
    """The name of a step or workflow is bound to something else, or deleted.

    Why: A route imports the module and looks under the name of the step or workflow. What stands there after the
    import is what runs, or fails to; and an assignment from another module is made in some routes only, since each
    has its own copy of the module.

    Fix: Give the second thing another name. In a test, call `step.func`, or patch what the step calls.

    Suppress: Where the other value works as well, such as a wrapper that keeps the step's attributes.
    """

    code = "WFC010"
    bad = (
        _STEP + "\ndef traced(f): return lambda: f()\n\ncharge = traced(charge)\n",
        _STEP + "\ndel charge\n",
        _STEP + "\ndef charge(): ...\n",
        _STEP + "\ndef off():\n    global charge\n    charge = None\n",
        "# file: other.py\nasync def charge(): ...\n# file: app.py\n" + _STEP + "from other import *\n",
        _ELSEWHERE + "import steps\n\nasync def fake(): ...\n\nsteps.charge = fake\n",
        _ELSEWHERE + "import steps as s\n\ndef patch():\n    s.charge, kept = None, s.charge\n    return kept\n",
    )
    good = (
        _START + "charge = None\n\n@wf.step\nasync def charge(): ...\n",
        _STEP + "\ncharge: object\nrefund = charge\ncharge.note = 'billing'\n",
        _STEP + "\nif __name__ == '__main__':\n    charge = charge()\n    del charge\n",
        _STEP + "\ndef twice():\n    charge = 3\n    return charge\n",
        _STEP + "\nimport typing\n\ncharge = typing.cast(typing.Any, charge)\n",
        _ELSEWHERE + "import steps\n\nclass Shop:\n    charge = None\n\nshop = Shop()\nshop.charge = steps.charge\n",
        _ELSEWHERE + "from steps import charge\n\ncharge = charge\n",
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per name that is taken over, and per assignment from another module."""
        definitions: list[StepDef | WorkflowDef] = [*context.program.steps, *context.program.workflows]
        names = {item.name.encode() for item in definitions}
        modules = context.definition_modules()
        for definition in definitions:
            if context.program.modules[definition.module] in modules:
                yield from _in_own_module(context, definition)
        for module in modules:
            # Of a part of the project, the steps that it doesn't hold aren't known by name.
            if context.within is not None or not names.isdisjoint(_STORED.findall(module.source.data)):
                yield from _from_elsewhere(context, module)


def _in_own_module(context: Context, definition: StepDef | WorkflowDef) -> Iterator[Diagnostic]:
    module = context.program.modules[definition.module]
    bindings = module.bindings.get(definition.name, ())
    own = next((item.statement for item in bindings if item.node is definition.node), None)
    if own is None:
        return
    taking = [item for item in bindings if item.statement > own and _takes_over(context, definition, item)]
    if taking:
        deleted = taking[-1].kind is BindingKind.DELETE
        place = taking[-1].node
        assert isinstance(place, ast.expr | ast.stmt | ast.alias | ast.excepthandler | ast.pattern)
        yield _taken_over(definition, module, module.source.span(place), deleted=deleted)
        return
    for star in module.stars:
        if star.statement > own and _brings_another(context, definition, star.module):
            yield _taken_over(definition, module, module.source.span(star.node), deleted=False)


def _takes_over(context: Context, definition: StepDef | WorkflowDef, binding: Binding) -> bool:
    """Say whether a binding puts something else in the place of a step or workflow."""
    module = context.program.modules[definition.module]
    if binding.kind is BindingKind.ANNOTATION or not binding.live:
        return False
    if is_main_block(module.tree.body[binding.statement]):
        return False
    if binding.target is not None:
        return context.program.names.follow(binding.target) != definition.dotted
    if isinstance(binding.node, ast.FunctionDef | ast.AsyncFunctionDef):
        return not any(_registers(context, module, decorator) for decorator in binding.node.decorator_list)
    return binding.value is None or not _is_itself(context, module, binding.value, definition)


def _registers(context: Context, module: Module, decorator: ast.expr) -> bool:
    registries = {registry.dotted: registry for registry in context.program.registries}
    return isinstance(read_decorator(context.program.names, registries, module, decorator), Decorator)


def _is_itself(context: Context, module: Module, value: ast.expr, definition: StepDef | WorkflowDef) -> bool:
    names = context.program.names
    if isinstance(value, ast.Call) and names.canonical(module, value.func) == "typing.cast" and len(value.args) > 1:
        value = value.args[1]
    return isinstance(value, ast.Name | ast.Attribute) and names.canonical(module, value) == definition.dotted


def _brings_another(context: Context, definition: StepDef | WorkflowDef, module: str) -> bool:
    names = context.program.names
    source = context.program.modules.get(module)
    exported = names.exports(source) if source is not None else None
    if exported is None or definition.name not in exported:
        return False
    return names.follow(f"{module}.{definition.name}") != definition.dotted


def _from_elsewhere(context: Context, module: Module) -> Iterator[Diagnostic]:
    """Yield assignments to a step or workflow of a module, `steps.charge = fake`, at any depth."""
    outside = [node for node in module.tree.body if not is_main_block(node)]
    for node in all_statements(outside):
        deleted = isinstance(node, ast.Delete)
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) else None
        for target in _targets(node) if deleted or value is not None else ():
            dotted = context.program.names.canonical(module, target) or ""
            definition = context.program.step_by_name.get(dotted) or context.program.workflow_by_name.get(dotted)
            if definition is not None and not (value and _is_itself(context, module, value, definition)):
                yield _replaced(context, definition, module, target, deleted=deleted)


def _targets(node: ast.stmt) -> Iterator[ast.Attribute]:
    """Yield the attributes that a statement assigns to or deletes."""
    waiting: list[ast.expr] = []
    if isinstance(node, ast.Assign | ast.Delete):
        waiting += node.targets
    elif isinstance(node, ast.AnnAssign | ast.AugAssign):
        waiting.append(node.target)
    while waiting:
        target = waiting.pop(0)
        if isinstance(target, ast.Attribute):
            yield target
        elif isinstance(target, ast.Tuple | ast.List):
            waiting[:0] = target.elts
        elif isinstance(target, ast.Starred):
            waiting.insert(0, target.value)


def _taken_over(definition: StepDef | WorkflowDef, module: Module, place: Span, *, deleted: bool) -> Diagnostic:
    kind, name = _kind(definition), definition.name
    return Diagnostic(
        ReboundName.code,
        f"{kind} `{name}` is {'deleted' if deleted else 'bound to something else'}",
        module.source.name_span(definition.node),
        label="a route finds nothing under this name" if deleted else "a route finds something else under this name",
        secondary=(Note(place, "deleted here" if deleted else "bound again here"),),
        help="remove the `del`" if deleted else "give the other thing a name of its own",
    )


def _replaced(
    context: Context, definition: StepDef | WorkflowDef, module: Module, target: ast.expr, *, deleted: bool
) -> Diagnostic:
    kind, home = _kind(definition), context.program.modules[definition.module].source
    return Diagnostic(
        ReboundName.code,
        f"{kind} `{definition.name}` is {'deleted' if deleted else 'replaced'} from outside",
        module.source.span(target),
        label="in routes that hold this code, and in no other",
        secondary=(Note(home.name_span(definition.node), f"the {kind}"),),
        help=f"call another {kind}, or replace what the {kind} calls",
    )


def _kind(definition: StepDef | WorkflowDef) -> str:
    return "step" if isinstance(definition, StepDef) else "workflow"
