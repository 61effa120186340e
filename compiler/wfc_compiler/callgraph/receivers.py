"""What an expression calls: names across modules, and methods where the receiver's class is plain.

    async with httpx.AsyncClient() as client:
        await client.get(URL)                       calls httpx.AsyncClient.get
    await self.api.rate()                           calls app.api.Api.rate: `__init__` sets `self.api = Api()`
    make_client().chat.completions.create()         calls openai.OpenAI.chat.completions.create
    getattr(time, "monotonic")()                    calls time.monotonic

A class is known from a constructor, an annotation, a `with`, or what made the value; `classes` knows attributes and
methods, `results` what calls give. Where bindings disagree, or anything else decides, the answer is None.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterator, Sequence

from ..binder import Binding, BindingKind, Definition, Module, Scope, ScopeKind
from ..discover import Program, fold
from ..facts import Facts
from .annotations import Annotations
from .classes import Classes
from .narrowing import Narrowing
from .results import Results
from .values import Function

# What needs no looking up.
_DISPLAYS: dict[type[ast.expr], str] = {
    ast.JoinedStr: "builtins.str",
    ast.List: "builtins.list",
    ast.ListComp: "builtins.list",
    ast.Dict: "builtins.dict",
    ast.DictComp: "builtins.dict",
    ast.Set: "builtins.set",
    ast.SetComp: "builtins.set",
    ast.Tuple: "builtins.tuple",
}
# Deeper than anybody nests a receiver, and far from the recursion limit.
_DEEPEST = 40
# What is cut short is not remembered: a chain of hundreds of calls would ask for its parts over and over.
_MOST_CUTS = 100


class Receivers:
    """Resolves callees over a program; what it remembers doesn't depend on the order of the questions."""

    def __init__(self, program: Program) -> None:
        self.names = program.names
        self.facts = Facts.load(program.project.config.decls)
        self.annotations = Annotations(self)
        self.classes = Classes(self)
        self.results = Results(self, frozenset({*program.step_by_name, *program.workflow_by_name}))
        self._narrowing = Narrowing(self)
        self._known: dict[Hashable, str | None] = {}
        self._pending: set[Hashable] = set()
        self._cuts = 0
        self._given_up = 0

    def resolve(self, module: Module, expr: ast.expr) -> str | None:
        """Return the canonical dotted name of what an expression refers to."""
        return self.once(("name", expr), lambda: self._resolve(module, expr))

    def callee(self, module: Module, func: ast.expr) -> str | None:
        """Return the canonical name of what is called: that of `__call__` where an object is, not a function."""
        dotted = self.resolve(module, func)
        definition = self.names.definition(dotted) if dotted else None
        if dotted and (definition is None or definition.rest or isinstance(definition.node, _DEFINED)):
            return dotted
        return self.once(("call", func), lambda: self._called_object(module, func)) or dotted

    def class_of(self, module: Module, expr: ast.expr) -> str | None:
        """Return the canonical name of the class that an expression is an instance of."""
        display = _DISPLAYS.get(type(expr))
        return display or self.once(("class", expr), lambda: self._class_of(module, expr))

    def class_of_element(self, module: Module, expr: ast.expr) -> str | None:
        """Return the class of what iterating over an expression gives."""
        match expr:
            case ast.List(elts=shown) | ast.Tuple(elts=shown) | ast.Set(elts=shown):
                return agreed(self.class_of(module, part) for part in shown)
            case ast.Call(func=ast.Attribute(attr="values", value=mapping), args=[]):
                return self.annotations.item(*self._annotation_of(module, mapping))
        return self.annotations.element(*self._annotation_of(module, expr))

    def made_by(self, module: Module, expr: ast.expr) -> ast.Call | None:
        """Return the call, in the same function, that gave an expression what it holds or hangs on."""
        match expr:
            case ast.Call():
                return expr
            case ast.Await(value=value) | ast.NamedExpr(value=value) | ast.Attribute(value=value):
                return self.made_by(module, value)
            case ast.Name():
                owner, bindings = self._bound(module, expr)
                binding = bindings[0] if len(bindings) == 1 else None
                made = binding.value or binding.context if binding is not None else None
                while isinstance(made, ast.Await):
                    made = made.value
                inside = owner is not None and owner.kind is not ScopeKind.MODULE
                return made if inside and isinstance(made, ast.Call) else None
        return None

    def functions_at(self, dotted: str) -> Iterator[Function]:
        """Yield the first-party functions that run when `dotted` is called."""
        definition = self.names.definition(dotted)
        if definition is None:
            return
        if not definition.rest:
            for binding in definition.bindings:
                if isinstance(binding.node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield Function(definition.dotted, definition.module, binding.node)
            if isinstance(definition.node, ast.ClassDef):
                yield from self.classes.constructors(definition)
        elif len(definition.rest) == 1 and isinstance(definition.node, ast.ClassDef):
            yield from self.classes.methods(definition, definition.rest[0])

    def once(self, key: Hashable, compute: Callable[[], str | None]) -> str | None:
        """Return what `compute` gives, asked once; None inside its own computation.

        An answer that such a None has gone into is kept only where nothing else is being computed: so every answer is
        the one that its question gets when asked first.
        """
        if key in self._known:
            return self._known[key]
        if not self._pending:
            self._given_up = self._cuts + _MOST_CUTS
        if key in self._pending or len(self._pending) > _DEEPEST or self._cuts > self._given_up:
            self._cuts += 1
            return None
        before = self._cuts
        self._pending.add(key)
        try:
            found = compute()
        finally:
            self._pending.discard(key)
        if self._cuts == before or not self._pending:
            self._known[key] = found
        return found

    # --- names

    def _resolve(self, module: Module, expr: ast.expr) -> str | None:
        dotted = self.names.canonical(module, expr)
        if dotted is not None:
            return self._through_instance(dotted)
        if isinstance(expr, ast.Name):
            return self._local_name(module, expr)
        if isinstance(expr, ast.Call):
            return self._looked_up(module, expr)
        if not isinstance(expr, ast.Attribute):
            return None
        above = self._above(module, expr.value)
        if above is not None:
            return self.classes.inherited(above, expr.attr)
        receiver = self.class_of(module, expr.value) or self._class_itself(module, expr.value)
        return self.classes.member(receiver, expr.attr) if receiver else None

    def _local_name(self, module: Module, expr: ast.Name) -> str | None:
        """Return what a local variable stands for: `cls`, or `get = session.get`."""
        owner, bindings = self._bound(module, expr)
        if owner is None or not bindings:
            return None
        if self.classes.is_first_parameter(owner, bindings[0]):
            return self.classes.around(module, owner) if self.classes.is_classmethod(owner.node) else None
        value = bindings[0].value if len(bindings) == 1 else None
        return self.resolve(module, value) if isinstance(value, ast.Attribute | ast.Call) else None

    def _looked_up(self, module: Module, call: ast.Call) -> str | None:
        """Return what `getattr(time, "monotonic")` names."""
        if len(call.args) < 2 or self.names.canonical(module, call.func) != "builtins.getattr":
            return None
        folded = fold(self.names, module, call.args[1])
        if folded is None or not isinstance(folded.value, str):
            return None
        owner = self.names.canonical(module, call.args[0])
        if owner is not None:
            return self._through_instance(self.names.follow(f"{owner}.{folded.value}"))
        receiver = self.class_of(module, call.args[0])
        return self.classes.member(receiver, folded.value) if receiver else None

    def _through_instance(self, dotted: str) -> str:
        """Turn `app.clients.http.get` into `httpx.Client.get` where `http` is such a client."""
        definition = self.names.definition(dotted)
        if definition is None or not definition.rest:
            return dotted
        match definition.node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                found = self.results.decorated(definition.module, definition.node)
            case ast.ClassDef():
                found = definition.dotted
            case _:
                found = self._class_of_variable(definition)
        for name in definition.rest[:-1]:
            found = self.classes.attribute(found, name) if found else None
        if found is None:
            return dotted
        return self.classes.member(found, definition.rest[-1]) or dotted

    def _called_object(self, module: Module, func: ast.expr) -> str | None:
        """Return `C.__call__` where an instance of C is called."""
        receiver = self.class_of(module, func)
        return self.classes.member(receiver, "__call__") if receiver and self.classes.is_callable(receiver) else None

    def _bound(self, module: Module, expr: ast.expr) -> tuple[Scope | None, Sequence[Binding]]:
        """Return the scope that a name belongs to, and its bindings there."""
        scope = module.bound.scope_by_node.get(expr) if isinstance(expr, ast.Name) else None
        if scope is None or not isinstance(expr, ast.Name):
            return None, ()
        owner = scope.owner(module.name_of(expr))
        return owner, owner.bindings.get(module.name_of(expr), ()) if owner is not None else ()

    def _class_itself(self, module: Module, expr: ast.expr) -> str | None:
        """Return the class that `cls`, `type(x)` or `x.__class__` is."""
        match expr:
            case ast.Name():
                dotted = self._local_name(module, expr)
                definition = self.names.definition(dotted) if dotted else None
                is_class = definition is not None and isinstance(definition.node, ast.ClassDef) and not definition.rest
                return dotted if is_class else None
            case ast.Call(func=ast.Name(id="type"), args=[subject]) | ast.Attribute(attr="__class__", value=subject):
                return self.class_of(module, subject)
        return None

    def _above(self, module: Module, expr: ast.expr) -> str | None:
        """Return the class around `super()`."""
        match expr:
            case ast.Call(func=ast.Name(id="super") as func, args=[]) if func in module.bound.scope_by_node:
                scope = module.scope_of(func)
                while scope is not None and scope.kind is not ScopeKind.FUNCTION:
                    scope = scope.parent  # type: ignore[assignment]  # until there is none
                return self.classes.around(module, scope) if scope is not None else None
        return None

    # --- classes

    def _class_of(self, module: Module, expr: ast.expr) -> str | None:
        match expr:
            case ast.Await(value=value) | ast.NamedExpr(value=value):
                return self.class_of(module, value)
            case ast.Constant(value=value):
                return None if value is None or value is ... else f"builtins.{type(value).__name__}"
            case ast.IfExp(body=body, orelse=orelse):
                return self._agreed_of(module, (body, orelse))
            case ast.BoolOp(values=values):
                return self._agreed_of(module, values)
            case ast.Call():
                return self.results.of_call(module, expr)
            case ast.BinOp(left=left, op=op):
                found = self.class_of(module, left)
                return self.facts.returns(f"{found}.{type(op).__name__}") if found else None
            case ast.Name():
                return self._class_of_name(module, expr)
            case ast.Attribute():
                return self._class_of_attribute(module, expr)
            case ast.Subscript(value=value, slice=index) if not isinstance(index, ast.Slice):
                held = self.class_of(module, value)
                given = self.facts.returns(f"{held}.Item") if held else None
                return given or self.annotations.item(*self._annotation_of(module, value))
            case _:
                return None

    def _agreed_of(self, module: Module, parts: Sequence[ast.expr]) -> str | None:
        return agreed(self.class_of(module, part) for part in parts if not is_none(part))

    def _class_of_name(self, module: Module, expr: ast.Name) -> str | None:
        owner, bindings = self._bound(module, expr)
        if owner is None or owner.kind is ScopeKind.MODULE:
            dotted = self.names.canonical(module, expr)
            return self._class_of_dotted(dotted) if dotted else None
        if not bindings:
            return None
        if self.classes.is_first_parameter(owner, bindings[0]):
            return None if self.classes.is_classmethod(owner.node) else self.classes.around(module, owner)
        found = self.class_of_bindings(module, bindings)
        return found or self._narrowing.class_of(module, expr, owner, bindings)

    def _class_of_attribute(self, module: Module, expr: ast.Attribute) -> str | None:
        dotted = self.names.canonical(module, expr)
        if dotted is not None:
            return self._class_of_dotted(dotted)
        receiver = self.class_of(module, expr.value) or self._class_itself(module, expr.value)
        return self.classes.attribute(receiver, expr.attr) if receiver else None

    def _class_of_dotted(self, dotted: str) -> str | None:
        definition = self.names.definition(dotted)
        if definition is None:
            return self.facts.returns(dotted)
        if isinstance(definition.node, ast.ClassDef):
            found: str | None = definition.dotted if definition.rest else None
        else:
            found = self._class_of_variable(definition)
        for name in definition.rest:
            found = self.classes.attribute(found, name) if found else None
        return found

    def _class_of_variable(self, definition: Definition) -> str | None:
        key = ("variable", definition.dotted)
        return self.once(key, lambda: self.class_of_bindings(definition.module, definition.bindings))

    def class_of_bindings(self, module: Module, bindings: Sequence[Binding]) -> str | None:
        """Return the class that all bindings of a name agree on; None as a value says nothing."""
        return agreed(self._class_of_binding(module, binding) for binding in bindings if not _says_nothing(binding))

    def _class_of_binding(self, module: Module, binding: Binding) -> str | None:
        if binding.annotation is not None:
            return self.annotations.class_of(module, binding.annotation)
        match binding:
            case Binding(value=ast.expr() as value):
                return self.class_of(module, value)
            case Binding(kind=BindingKind.WITH, context=ast.expr() as context):
                return self.results.entered(self.class_of(module, context))
            case Binding(kind=BindingKind.LOOP, context=ast.expr() as context):
                return self.class_of_element(module, context)
            case Binding(node=ast.ExceptHandler(type=ast.Name() | ast.Attribute() as kind)):
                return self.names.canonical(module, kind)
            case Binding(node=ast.MatchAs(pattern=ast.MatchClass(cls=cls))):
                return self.names.canonical(module, cls)
        return None

    def _annotation_of(self, module: Module, expr: ast.expr, aliases: int = 3) -> tuple[Module, ast.expr | None]:
        """Return the annotation of a variable, of an attribute or of what a function returns, with its module."""
        if isinstance(expr, ast.Attribute):
            receiver = self.class_of(module, expr.value)
            field = self.classes.annotation(receiver, expr.attr) if receiver else None
            return field or (module, None)
        if isinstance(expr, ast.Call):
            return self.results.annotation(self.callee(module, expr.func)) or (module, None)
        _, bindings = self._bound(module, expr)
        binding = bindings[0] if len(bindings) == 1 else None
        if binding is None or binding.annotation is not None or binding.value is None or not aliases:
            return module, binding.annotation if binding is not None else None
        return self._annotation_of(module, binding.value, aliases - 1)


_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def agreed(found: Iterator[str | None]) -> str | None:
    """Return the one answer that all give."""
    first = next(found, None)
    return first if first is not None and all(other == first for other in found) else None


def is_none(node: ast.expr | None) -> bool:
    """Say whether an expression is the literal None."""
    return isinstance(node, ast.Constant) and node.value is None


def _says_nothing(binding: Binding) -> bool:
    if binding.kind in (BindingKind.DELETE, BindingKind.AUGMENTED):
        return True
    return binding.annotation is None and is_none(binding.value)
