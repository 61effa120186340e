"""What a workflow asks of the interpreter itself: its state (WFC113), code made at run time (114), `__del__` (118).

In: the rules' context. Out: findings at the call or reference, for `__del__` at its definition.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..binder import BindingKind, Definition, Module
from ..callgraph import Call, Reached
from ..diagnostics import Diagnostic, Note, Severity
from ..discover import FunctionNode, fold
from .ancestry import class_and_bases
from .arguments import argument_of
from .base import Context, Rule
from .determinism import SourceRule
from .scaffold import flow_with, step_with
from .sources import Source, is_stored, sources

_IMPORTERS = frozenset({"importlib.import_module", "importlib.reload", "pkgutil.resolve_name"})


class InterpreterState(SourceRule):
    """A workflow looks at, or changes, the state of the interpreter.

    Why: What is collected when, which modules are loaded, how deep the stack is and who holds a reference depends on
    what else the process has done, so that a replay finds something else. Limits and hooks that a workflow sets hold
    for every other run in the process. Callbacks of weak references and finalizers run when the collector gets to
    them, if at all.

    Fix: Leave it to a step, or do without: `async with` and `finally` clean up at a known point of a workflow.

    Suppress: Where nothing but a log or a metric depends on it.
    """

    code = "WFC113"
    kind = "interpreter"
    headline = "workflow looks at the state of the interpreter"
    label = "`{name}` depends on what else the process does"
    label_of_limits = "`{name}` holds for every other run in the process"
    bad = (
        flow_with("import gc", "gc.collect()"),
        flow_with("import sys", "return 'torch' in sys.modules"),
        flow_with("import sys", "return sys._getframe(1).f_code.co_name"),
        flow_with("import inspect", "return inspect.stack()[1].function"),
        flow_with("import sys", "return sys.getrefcount(url)"),
        flow_with("import sys", "sys.setrecursionlimit(9000)"),
        flow_with("import weakref\nclass Book: ...\n", "weakref.finalize(Book(), print, url)"),
        flow_with("import weakref\nclass Book: ...\n", "return weakref.ref(Book(), print)"),
        flow_with("import tracemalloc", "tracemalloc.start()"),
    )
    good = (
        step_with("import gc", "gc.collect()"),
        flow_with("import sys", "return getattr(sys.modules[__name__], 'order').__name__"),
        flow_with("import weakref\nclass Book: ...\n", "book = Book()\n    return weakref.ref(book)() is book"),
        flow_with("import weakref", "return isinstance(url, weakref.ref)"),
        flow_with("import inspect", "return inspect.isawaitable(url), str(inspect.signature(len))"),
        flow_with("import traceback", "return traceback.format_exc()"),
        flow_with("import sys", "return sys.exc_info(), sys.getsizeof is None"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per call or value, but for a module that finds itself."""
        for source in sources(context, self.kind):
            weak = source.name.startswith("weakref.") and not isinstance(source.node, ast.Call)
            if not (weak or _is_own_module(source) or is_stored(source)):
                sets = source.name.startswith("sys.set")
                yield self.report(context, source, self.label_of_limits if sets else self.label)

    def remedy(self, context: Context, source: Source) -> str:
        """Name the places where it does no harm."""
        if source.name.startswith("weakref."):
            return "clean up in `finally` or `async with`, which run at a known point"
        return "do it in a step, or do without"


def _is_own_module(source: Source) -> bool:
    """Say whether it is `sys.modules[__name__]`, which is there whenever its code runs."""
    parent = source.reached.function.parents.get(source.node)
    key = parent.slice if isinstance(parent, ast.Subscript) and parent.value is source.node else None
    return isinstance(key, ast.Name) and key.id in ("__name__", "__package__")


class DynamicCode(Rule):
    """A workflow runs code that is made, found or imported at run time.

    Why: The compiler checks the code it sees, makes its clock and chance the run's own, and puts into the route what
    it reaches. Code that comes from a string, or a function that is chosen by a name made at run time, gets none of
    that; and where the name comes from changes, a replay runs something else.

    Fix: Write the code down, or choose from a table: `{"pdf": as_pdf, "html": as_html}[kind]`. Import modules at the
    top of the file.

    Suppress: For imports and lookups, where all that may be found is deterministic.
    """

    code = "WFC114"
    kind = "dynamic"
    bad = (
        flow_with("", "return eval(url)"),
        flow_with("", "exec(url)"),
        flow_with("", "return compile(url, 'x', 'eval')"),
        flow_with("", "return __import__(url)"),
        flow_with("import importlib", "return importlib.import_module(url)"),
        flow_with("import importlib, json", "importlib.reload(json)"),
        flow_with("import math", "return getattr(math, url)(2)"),
        flow_with("import sys", "return getattr(sys.modules[__name__], url)()"),
        "# file: formats.py\ndef as_pdf(): return 1\n# file: app.py"
        + flow_with("\nimport formats", "return getattr(formats, f'as_{url}')()"),
    )
    good = (
        step_with("", "return eval(url)"),
        flow_with("import re", "return re.compile(url).pattern"),
        flow_with("import ast", "return ast.literal_eval(url)"),
        flow_with("import importlib", "return importlib.import_module('math').sqrt(2)"),
        flow_with("import importlib\nNAME = 'math'", "return importlib.import_module(NAME).sqrt(2)"),
        flow_with("import math", "return getattr(math, 'sqrt')(2)"),
        flow_with("", "return getattr(url, url)"),
        flow_with("class Shop:\n    tax = 1\n", "return getattr(Shop, url), getattr(Shop(), url, None)"),
        flow_with("def eval(x): return x", "return eval(url)"),
        flow_with("class Session:\n    def exec(self, x): return x\n", "return Session().exec(url)"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per call or reference; imports and lookups by a constant name are as good as written out."""
        for source in sources(context, self.kind):
            imports = source.name in _IMPORTERS
            if source.name == "importlib.reload" or not (imports and _is_constant(context, source)):
                severity = Severity.WARNING if imports else None
                yield self._report(source, f"`{source.name.removeprefix('builtins.')}`", severity)
        for reached in context.graph.flow:
            for call in reached.calls:
                if call.callee == "builtins.getattr" and _looks_up_by_name(context, reached, call):
                    source = Source(reached, reached.function.module, call.node, call.callee)
                    yield self._report(source, "`getattr` on a module", Severity.WARNING)

    def _report(self, source: Source, what: str, severity: Severity | None) -> Diagnostic:
        return Diagnostic(
            self.code,
            "workflow runs code that is chosen at run time",
            source.module.source.span(source.node),
            label=f"what {what} gives can't be checked",
            help="write the code down, or choose from a table such as `{'pdf': as_pdf}[kind]`",
            workflow=source.reached.root,
            chain=source.reached.chain,
            severity=severity,
        )


def _is_constant(context: Context, source: Source) -> bool:
    if not isinstance(source.node, ast.Call):
        return False
    name = argument_of(source.node, 0, "name")
    return name is not None and fold(context.program.names, source.module, name) is not None


def _looks_up_by_name(context: Context, reached: Reached, call: Call) -> bool:
    """Say whether an attribute of a module is asked for whose name is made at run time."""
    module, names = reached.function.module, context.program.names
    if len(call.node.args) < 2 or not _is_module(context, module, call.node.args[0]):
        return False
    return fold(names, module, call.node.args[1]) is None


def _is_module(context: Context, module: Module, node: ast.expr) -> bool:
    """Say whether an expression is a module: one of the project, or what `import x` binds."""
    if isinstance(node, ast.Subscript):
        return context.program.names.canonical(module, node.value) == "sys.modules"
    name = context.program.names.canonical(module, node)
    if name is None:
        return False
    if context.program.names.is_first_party(name):
        return name in context.program.modules
    if not isinstance(node, ast.Name):
        return False
    owner = module.scope_of(node).owner(module.name_of(node))
    bindings = owner.bindings[module.name_of(node)] if owner is not None else []
    return bool(bindings) and all(binding.kind is BindingKind.IMPORT for binding in bindings)


class Finalizer(Rule):
    """A workflow makes objects of a class that has a `__del__`.

    Why: An object is freed when the last reference to it goes, in a cycle whenever the collector comes by, and when a
    run is put aside. Only the first is at the same point of every replay; there `__del__` runs, again on each of them,
    and at the others not at all. No other rule looks at what it does.

    Fix: Give the class `__enter__` and `__exit__`, or a `close()`, and call that in the workflow: `with`, `finally`.

    Suppress: Where `__del__` only frees memory or a handle of its own object.
    """

    code = "WFC118"
    bad = (
        flow_with("class Lease:\n    def __del__(self): print('gone')\n", "Lease()"),
        flow_with("class Lease:\n    def __del__(self): ...\nclass Car(Lease): ...\n", "return Car().x"),
        "# file: leases.py\nclass Lease:\n    def __del__(self): ...\ndef lease(): return Lease()\n# file: app.py"
        + flow_with("\nfrom leases import lease", "return lease()"),
    )
    good = (
        flow_with("class Lease:\n    def __exit__(self, *error): print('gone')\n", "Lease()"),
        flow_with("class Lease:\n    def __del__(self): ...\n", "return isinstance(url, Lease)"),
        step_with("class Lease:\n    def __del__(self): ...\n", "Lease()"),
        flow_with("class Lease:\n    def __delitem__(self, key): ...\n", "del Lease()[url]"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per `__del__`, with the first place that makes such an object."""
        seen: set[ast.AST] = set()
        for reached in context.graph.flow:
            for call in reached.calls:
                found = _finalizer(context, context.program.names.definition(call.callee or ""))
                if found is not None and found[1] not in seen:
                    seen.add(found[1])
                    yield self._report(reached, call, *found)

    def _report(self, reached: Reached, call: Call, module: Module, method: FunctionNode) -> Diagnostic:
        made = reached.function.module.source.span(call.node)
        return Diagnostic(
            self.code,
            "workflow makes objects that have a `__del__`",
            module.source.name_span(method),
            label="runs again on replay, and for an object in a cycle not at all",
            secondary=(Note(made, "made here"),),
            help="clean up with `with` or in `finally`, which run at a known point",
            workflow=reached.root,
            chain=reached.chain,
        )


def _finalizer(context: Context, definition: Definition | None) -> tuple[Module, FunctionNode] | None:
    """Return the `__del__` of a class of the project, looked up in its bases."""
    for found, node in class_and_bases(context, definition):
        for item in node.body:
            if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and item.name == "__del__":
                return found.module, item
    return None


INTERPRETER_RULES: tuple[type[Rule], ...] = (InterpreterState, DynamicCode, Finalizer)
