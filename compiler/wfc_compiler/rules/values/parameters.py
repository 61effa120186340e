"""Parameters that say nothing about what a step takes, and annotations that name nothing: WFC413 and 418.

def charge(order: "Ordr", *more)        `Ordr` is not defined; what `more` holds is recorded by position
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import get_close_matches

from ...binder import BindingKind
from ...diagnostics import Diagnostic
from ...types import Field, Missing, Own, Type
from ...types.structure import parts_of
from ..base import Context, Rule
from ..defined import defined_elsewhere
from .boundaries import signatures

_HEAD = "import dataclasses, wfc\nwf = wfc.Workflows()\n\n"
_ORDER = "import dataclasses\n@dataclasses.dataclass\nclass Order:\n    id: int\n"
_LAZY = f"from __future__ import annotations\n{_HEAD}"


class OpenParameters(Rule):
    """A step takes `*args` or `**kwargs`.

    Why: Arguments are recorded by the names of parameters, so that a run in flight survives a new parameter with a
    default. What `*args` takes is recorded by position, and what `**kwargs` takes is checked against nothing: renaming
    an argument at one of the calls goes unnoticed until a run gets there.

    Fix: Name the parameters; pass many values as one list.

    Suppress: Where the step only hands its arguments on.
    """

    code = "WFC413"
    bad = (
        f"{_HEAD}@wf.step\ndef add(*numbers: int): ...\n",
        f"{_HEAD}@wf.step\nasync def call(name: str, **options): ...\n",
    )
    good = (
        f"{_HEAD}@wf.step\ndef add(numbers: list[int], *, start: int = 0): ...\n",
        f"{_HEAD}def log(*texts, **more): ...\n\n@wf.step\ndef add(numbers: list[int]): log(*numbers)\n",
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a remark per such parameter."""
        for step in context.program.steps:
            arguments = step.node.args
            for stars, parameter in (("*", arguments.vararg), ("**", arguments.kwarg)):
                if parameter is not None:
                    yield Diagnostic(
                        self.code,
                        f"step `{step.name}` takes `{stars}{parameter.arg}`",
                        context.program.modules[step.module].source.span(parameter),
                        label="recorded by position" if stars == "*" else "checked against no signature",
                        help="name the parameters, or take a list or dict",
                        workflow=step.id,
                    )


class UnresolvableAnnotation(Rule):
    """An annotation names something that nothing defines.

    Why: The runtime reads the annotations of steps, workflows and hooks, to make of a recorded value what the function
    expects. One that it can't read checks nothing, so that a wrong value gets through, and a model may arrive as a
    dict. A pydantic model with such a field can't be used at all.

    Fix: Define or import the name in the module that writes the annotation, outside of functions and of
    `if TYPE_CHECKING:`.

    Suppress: Where the name is put into the module by other code before the first run.
    """

    code = "WFC418"
    bad = (
        f"{_HEAD}{_ORDER}@wf.step\ndef price(order: 'Ordr') -> float: ...\n",
        f"{_LAZY}@wf.step\ndef price(order: int) -> list[Price]: ...\n",
        f"{_HEAD}@dataclasses.dataclass\nclass Cart:\n    lines: 'list[Line]'\n\n@wf.step\ndef sum(cart: Cart): ...\n",
        f"{_HEAD}@wf.step\ndef price(order: 'list[int') -> float: ...\n",
        "# file: models.py\nclass Order: ...\n# file: app.py\n"
        f"{_LAZY}import models\n\n@wf.step\ndef price(order: models.Ordr) -> float: ...\n",
        f"# file: models.py\n{_ORDER}# file: app.py\n"
        f"import models, pydantic\n{_HEAD}class Paid(wfc.BaseHook, pydantic.BaseModel):\n    order: 'Order'\n",
    )
    good = (
        f"{_HEAD}@wf.step\ndef price(order: 'Order') -> 'list[Order]': ...\n\n{_ORDER}    parts: 'list[Order]'\n",
        f"{_LAZY}from typing import Annotated, Literal\n@wf.step\n"
        "def price(kind: Literal['new', 'old'], size: Annotated[int, 'in pixels']) -> float: ...\n",
        # What only helpers say is never read.
        f"{_LAZY}def helper(x: Anything) -> Whatever: return x\n\n@wf.step\ndef price(id: int): return helper(id)\n",
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per place that names something missing."""
        seen: set[ast.AST] = set()
        for boundary in signatures(context):
            type = context.types.of(boundary.module, boundary.annotation)
            for missing, field in _missing_in(context, type):
                if missing.node in seen or (field is None and not _is_read_late(missing)):
                    continue  # Python stumbles over it itself: WFC016
                if field is not None and b"_types_namespace" in field.module.source.data:
                    continue  # `model_rebuild` is told what the names are
                seen.add(missing.node)
                where = f"`{field.owner.node.name}.{field.name}`" if field else boundary.who
                yield self._report(context, missing, where, boundary.owner if field is None else None)
        for hook in context.program.hooks:
            cls = context.types.classes.at(hook.dotted)
            for missing, field in _missing_in(context, context.types.own(cls)) if cls is not None else ():
                if missing.node not in seen and field is not None:
                    seen.add(missing.node)
                    yield self._report(context, missing, f"`{field.owner.node.name}.{field.name}`", None)

    def _report(self, context: Context, missing: Missing, where: str, owner: str | None) -> Diagnostic:
        source = missing.module.source
        if missing.name is None:
            return Diagnostic(
                self.code,
                f"the annotation of {where} is no expression",
                source.span(missing.node),
                label="the runtime can't read it",
                help="write a type",
                workflow=owner,
            )
        return Diagnostic(
            self.code,
            f"the annotation of {where} names `{missing.name}`, which is not defined",
            source.span(missing.node),
            label="the runtime can't read it, and checks nothing",
            help=_remedy(context, missing, missing.name),
            workflow=owner,
        )


def _missing_in(context: Context, type: Type) -> Iterator[tuple[Missing, Field | None]]:
    """Yield what is missing in a type and in the fields behind it, with the field that says it."""
    waiting: list[tuple[Type, Field | None]] = [(type, None)]
    seen = {type}
    while waiting:
        current, field = waiting.pop()
        if isinstance(current, Missing):
            yield current, field
        inside: list[tuple[Type, Field | None]] = [(part, field) for part in parts_of(current)]
        if isinstance(current, Own):
            inside += [(held, one) for one, held in context.types.fields(current) or ()]
        for part, one in reversed(inside):
            if part not in seen:
                seen.add(part)
                waiting.append((part, one))


def _is_read_late(missing: Missing) -> bool:
    """Say whether Python doesn't evaluate an annotation by itself: a string, a lazy module, a missing attribute."""
    module = missing.module
    if missing.name is None:
        return True
    in_string = missing.node not in module.bound.scope_by_node or any(
        missing.node in ast.walk(parsed) for parsed in module.bound.annotations.values()
    )
    return in_string or module.has_lazy_annotations or isinstance(missing.node, ast.Attribute)


def _remedy(context: Context, missing: Missing, name: str) -> str:
    module = missing.module
    if isinstance(missing.node, ast.Attribute):
        owner = context.types.canonical(module, missing.node.value)
        module = context.program.modules.get(owner or "", module)
    kinds = (BindingKind.CLASS, BindingKind.FROM_IMPORT, BindingKind.TYPE_ALIAS, BindingKind.ASSIGNMENT)
    choices = [bound for bound, bindings in module.bindings.items() if bindings[-1].kind in kinds]
    close = get_close_matches(name, sorted(choices), 1)
    if close:
        return f"did you mean `{close[0]}`?"
    found = defined_elsewhere(context, name, module)
    if found is not None and module is missing.module:
        return f"add `from {found[1].name} import {name}` to {module.source.relpath}"
    return f"define or import `{name}` in {module.source.relpath}"


PARAMETER_RULES: tuple[type[Rule], ...] = (OpenParameters, UnresolvableAnnotation)
