"""Defaults of the parameters of steps and workflows: WFC414."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..binder import Module
from ..callgraph import references
from ..diagnostics import Diagnostic, Severity
from ..discover import StepDef, WorkflowDef
from ..syntax import defaults_of
from .arguments import is_told
from .base import Context, Rule
from .scaffold import flow_with, step_with

_MUTABLE_DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
_MUTABLE_CLASSES = frozenset(
    {
        *(f"builtins.{name}" for name in ("list", "dict", "set", "bytearray")),
        *(f"collections.{name}" for name in ("defaultdict", "deque", "OrderedDict", "Counter")),
    }
)
# Annotations that promise that nobody changes the value.
_READ_ONLY = frozenset(
    f"{module}.{name}"
    for module in ("typing", "collections.abc")
    for name in ("Sequence", "Mapping", "Iterable", "Collection", "Container", "Set", "AbstractSet")
) - {"typing.Set"}
_IMPURE = frozenset({"clock", "monotonic", "random", "secret", "identity", "environment", "timezone"})
_READ = frozenset({"os.environ", "os.environb", "sys.argv"})
_START = "from vercel import workflow\nwf = workflow.Workflows()\n\n"


class BadDefault(Rule):
    """The default of a step's or workflow's parameter is mutable, or differs from process to process.

    Why: A default is made once, when the route is imported, and is not recorded. A list that one call changes the next
    one finds changed, in another run. A clock, an id or a variable of the environment that is read there is another
    one in each process: for a workflow that is an error, since a replay gets another argument than the first time.

    Fix: Write `= None` and make the value in the body; a workflow's clock and ids are the run's own there. An empty
    tuple or a `frozenset()` can't be changed.

    Suppress: Where nothing ever changes the value, and that is worth no other default.
    """

    code = "WFC414"
    bad = (
        f"{_START}@wf.step\nasync def work(items: list[str] = []): return len(items)\n",
        f"{_START}@wf.workflow\nasync def order(options: dict = {{}}): return len(options)\n",
        f"{_START}@wf.step\nasync def work(*, seen: set = set()): return len(seen)\n",
        f"from collections import deque\n{_START}@wf.step\nasync def work(last=deque()): return len(last)\n",
        f"import time\n{_START}@wf.step\nasync def work(at: float = time.time()): return at\n",
        f"import uuid\n{_START}@wf.step\nasync def work(key: str = str(uuid.uuid4())): return key\n",
        f"import os\n{_START}@wf.step\nasync def work(region: str = os.environ['REGION']): return region\n",
        f"from datetime import datetime, UTC\n{_START}@wf.workflow\n"
        "async def order(at: datetime = datetime.now(UTC)): return at\n",
        f"import os\n{_START}@wf.workflow\nasync def order(region: str = os.getenv('REGION', 'eu')): return region\n",
    )
    good = (
        f"{_START}@wf.step\nasync def work(items: list[str] | None = None): return len(items or [])\n",
        f"{_START}@wf.step\nasync def work(items: tuple = (), names: frozenset = frozenset(), n: int = 3): ...\n",
        f"from collections.abc import Sequence\n{_START}@wf.step\n"
        "async def work(items: Sequence[str] = []): return len(items)\n",
        f"from datetime import timedelta\n{_START}@wf.step\nasync def work(pause: timedelta = timedelta(1)): ...\n",
        f"LIMITS = (1, 2)\n{_START}@wf.workflow\nasync def order(limits: tuple = LIMITS): return limits\n",
        f"import random\n{_START}@wf.step\nasync def work(n: int = random.Random(7).randrange(3)): return n\n",
        step_with("def help(items=[]): return len(items)\n", "return help()"),
        flow_with("", "return url"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per default."""
        modules = {module.name: module for module in context.definition_modules()}
        definitions: tuple[StepDef | WorkflowDef, ...] = (*context.program.steps, *context.program.workflows)
        for definition in definitions:
            if definition.module in modules:
                module = modules[definition.module]
                for parameter, default in defaults_of(definition.node.args):
                    yield from self._check_default(context, definition, module, (parameter, default))

    def _check_default(
        self, context: Context, definition: StepDef | WorkflowDef, module: Module, given: tuple[ast.arg, ast.expr]
    ) -> Iterator[Diagnostic]:
        parameter, default = given
        impure = _impure_source(context, module, default)
        if impure is None and not _is_mutable(context, module, parameter, default):
            return
        name, kind = impure or ("", "")
        what = "differs from process to process" if impure else "is mutable"
        breaks = isinstance(definition, WorkflowDef) and impure is not None and kind != "environment"
        yield Diagnostic(
            self.code,
            f"the default of `{parameter.arg}` {what}",
            module.source.span(default),
            label=f"`{name}` is asked once, at import" if impure else "is one object for all calls in a process",
            help=_remedy(definition, parameter, kind),
            workflow=definition.id,
            severity=Severity.ERROR if breaks else None,
        )


def _remedy(definition: StepDef | WorkflowDef, parameter: ast.arg, kind: str) -> str:
    if kind == "environment" and isinstance(definition, WorkflowDef):
        return "pass it as an argument, or read it in a step"
    return f"write `{parameter.arg} = None`, and make the value in the body"


def _is_mutable(context: Context, module: Module, parameter: ast.arg, default: ast.expr) -> bool:
    names = context.program.names
    annotation = parameter.annotation
    generic = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    if generic is not None and names.canonical(module, generic) in _READ_ONLY:
        return False
    if isinstance(default, ast.Call):
        return names.canonical(module, default.func) in _MUTABLE_CLASSES
    return isinstance(default, _MUTABLE_DISPLAYS)


def _impure_source(context: Context, module: Module, default: ast.expr) -> tuple[str, str] | None:
    """Return what a default asks that differs from process to process, and what kind of thing that is."""
    for reference in references([default]):
        name = context.program.names.canonical(module, reference.node)
        if name is None or reference.runs or (reference.call is None and name not in _READ):
            continue
        given = reference.call is None or is_told(name, reference.call)
        kind = (context.facts.kind(name, has_arguments=given) or "").removeprefix("rewritten_")
        if kind in _IMPURE:
            return name, kind
    return None
