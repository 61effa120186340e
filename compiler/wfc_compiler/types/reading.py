"""Annotations into structures: names followed across modules, aliases, strings, generics.

    Ids = list["UserId"]            `Ids | None` is  Choice(Library(list, (Library(int),)), NONE)
    UserId = NewType("UserId", int)

In: an annotation, and the module it stands in. Out: a `Type`, made once for each annotation. It ends whatever the
annotation is: an alias inside itself is `Unknown`, as is what lies deeper or is longer than anybody writes.
"""

from __future__ import annotations

import ast
import collections.abc
from collections.abc import Sequence

from ..binder import BUILTINS, Binding, BindingKind, Definition, Module, Names, that_count
from .classes import Classes, Kind, OwnClass
from .fields import Field, Fields
from .structure import (
    ANYTHING,
    NONE,
    Choice,
    Constants,
    Kept,
    Library,
    Missing,
    Noted,
    Own,
    Type,
    Unknown,
    Variable,
    substitute,
    variables_in,
)

_DEEPEST = 60
_LONGEST = 5_000
# `typing.X` as the class that it stands for.
_TYPING: dict[str, str] = {
    **{name: f"builtins.{name.lower()}" for name in ("List", "Dict", "Set", "FrozenSet", "Tuple", "Type")},
    **{name: f"collections.{name}" for name in ("OrderedDict", "Counter", "ChainMap")},
    "Deque": "collections.deque",
    "DefaultDict": "collections.defaultdict",
    "Text": "builtins.str",
    "LiteralString": "builtins.str",
    "Pattern": "re.Pattern",
    "Match": "re.Match",
    "AbstractSet": "collections.abc.Set",
    "ContextManager": "contextlib.AbstractContextManager",
    "AsyncContextManager": "contextlib.AbstractAsyncContextManager",
    **{name: f"collections.abc.{name}" for name in collections.abc.__all__ if name != "Set"},
}
_TRANSPARENT = frozenset(f"typing.{name}" for name in ("Required", "NotRequired", "ReadOnly", "Final", "ClassVar"))
_OPEN = frozenset({"typing.Any", "builtins.object", "typing.Never", "typing.NoReturn"})
_VARIABLES = frozenset({"typing.TypeVar", "typing.ParamSpec", "typing.TypeVarTuple"})
_GENERICS = frozenset({"typing.Generic", "typing.Protocol"})


class Types:
    """Reads the annotations of one program."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.classes = Classes(names)
        self._fields = Fields(self.classes)
        self._known: dict[ast.AST, Type] = {}
        self._kept = Kept()
        self._reading: set[ast.AST] = set()  # the aliases and variables on the way
        self._circles: set[ast.AST] = set()  # those of them that were met again
        self._depth = 0
        self._length = 0

    def of(self, module: Module, node: ast.expr | None) -> Type:
        """Return what an annotation says; anything where there is none."""
        if node is None:
            return ANYTHING
        known = self._known.get(node)
        if known is not None:
            return known
        if self._depth == 0:
            self._length = 0
        self._length += 1
        if self._depth > _DEEPEST or self._length > _LONGEST:
            return Unknown("...")
        self._depth += 1
        try:
            found = self._read(module, node)
        finally:
            self._depth -= 1
        if not self._circles:  # else it is as it looks from inside the circle
            self._known[node] = found = self._kept.keep(found)
        return found

    def fields(self, type: Own) -> tuple[tuple[Field, Type], ...] | None:
        """Return the fields of a class with their types, type variables replaced by what is given for them."""
        found = self._fields.of(type.cls)
        if found is None:
            return None
        given = self._given(type)
        read = [substitute(self.of(field.module, field.annotation), given) for field in found]
        return tuple((field, self._kept.keep(held)) for field, held in zip(found, read, strict=True))

    def own(self, cls: OwnClass) -> Own:
        """Return the type that a class of the project is, with nothing given for its type parameters."""
        kept = self._kept.keep(Own(cls))
        assert isinstance(kept, Own)
        return kept

    def kind(self, type: Own) -> Kind:
        """Return what kind of class a type is."""
        return self.classes.kind(type.cls)

    # --- expressions

    def _read(self, module: Module, node: ast.expr) -> Type:
        match node:
            case ast.Constant(value=None):
                return NONE
            case ast.Constant(value=str()):
                parsed = module.bound.annotations.get(node)
                return self.of(module, parsed) if parsed is not None else self._text(module, node)
            case ast.BinOp(op=ast.BitOr()):
                return Choice(tuple(self.of(module, member) for member in _alternatives(node)))
            case ast.Subscript(value=value, slice=index):
                arguments = index.elts if isinstance(index, ast.Tuple) else [index]
                return self._generic(module, value, arguments)
            case ast.Name() | ast.Attribute():
                return self._named(module, node)
        return Unknown(module.source.text_of(node))

    def _text(self, module: Module, node: ast.Constant) -> Type:
        """Read a string that isn't part of an annotation: `Alias = list["Order"]`, or one that is no expression."""
        try:
            parsed = ast.parse(f"({node.value!s})", mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return Missing(module, node, None)
        for inner in ast.walk(parsed):
            ast.copy_location(inner, node)
        return self.of(module, parsed)

    def _generic(self, module: Module, value: ast.expr, arguments: Sequence[ast.expr]) -> Type:
        name = _class_name(self.canonical(module, value))
        if name == "typing.Literal":
            return Constants(tuple(item if isinstance(item, ast.Constant) else None for item in arguments))
        if name == "typing.Annotated":
            return Noted(self.of(module, arguments[0]), module, tuple(arguments[1:])) if arguments else ANYTHING
        if name in _TRANSPARENT or name == "dataclasses.InitVar":
            return self.of(module, arguments[0]) if arguments else ANYTHING
        if name == "collections.abc.Callable":
            return Library(name)  # what it takes and gives says nothing about the value
        given = tuple(self._argument(module, argument) for argument in arguments)
        if name == "typing.Optional":
            return Choice((*given, NONE))
        if name == "typing.Union":
            return Choice(given)
        base = self.of(module, value)
        match base:
            case Library(name=name) if not base.arguments:
                return Library(name, given)
            case Own(cls=cls) if not base.arguments:
                return Own(cls, given)
        variables = self._declared(module, value) or [variable.node for variable in variables_in(base)]
        return substitute(base, dict(zip(variables, given, strict=False)))  # `Pairs = dict[str, T]`; `Pairs[int]`

    def _declared(self, module: Module, alias: ast.expr) -> list[ast.AST]:
        """Return the type parameters of a `type` statement, in order."""
        definition = self.names.definition(self.canonical(module, alias) or "")
        return list(getattr(definition.node, "type_params", ())) if definition is not None else []

    def _argument(self, module: Module, node: ast.expr) -> Type:
        if isinstance(node, ast.Constant) and node.value is ...:
            return Unknown("...")
        return self.of(module, node)

    # --- names

    def canonical(self, module: Module, node: ast.expr) -> str | None:
        """Return the canonical name of an expression, of one in a string that the binder doesn't read, too."""
        found = self.names.canonical(module, node)
        base, attributes = node, []
        while isinstance(base, ast.Attribute):
            attributes.append(base.attr)
            base = base.value
        if found is not None or not isinstance(base, ast.Name) or base in module.bound.scope_by_node:
            return found
        start = f"{module.name}.{base.id}" if base.id in module.bindings else f"builtins.{base.id}"
        if base.id not in module.bindings and base.id not in BUILTINS:
            return None
        return self.names.follow(".".join([start, *reversed(attributes)]))

    def _named(self, module: Module, node: ast.Name | ast.Attribute) -> Type:
        variable = self._parameter(module, node)
        if variable is not None:
            return variable
        name = _class_name(self.canonical(module, node))
        if name is None:
            missing = _first_name(node)
            return Missing(module, node, missing) if self._is_missing(module, node) else Unknown(dotted_text(node))
        if name in _OPEN:
            return ANYTHING
        if name == "builtins.None":
            return NONE
        definition = self.names.definition(name)
        if definition is not None:
            return self._defined(definition, name)
        if not self.names.is_first_party(name):
            return Library(name) if not name.startswith("typing.") or name in _KEPT else ANYTHING
        return self._undefined(module, node, name)

    def _undefined(self, module: Module, node: ast.Name | ast.Attribute, name: str) -> Type:
        """Say what `models.Ordr` is: missing where the module is read and has no such name, else unknown.

        A name that an import binds is the import's business.
        """
        owner, _, attribute = name.rpartition(".")
        source = self.names.modules.get(owner)
        if source is None or isinstance(node, ast.Name) or name in self.names.modules or name in self.names.packages:
            return Unknown(name)
        dynamic = self.names.stars.is_open(source) or "__getattr__" in source.bindings
        return Unknown(name) if dynamic or b"globals()" in source.source.data else Missing(module, node, attribute)

    def _is_missing(self, module: Module, node: ast.Name | ast.Attribute) -> bool:
        name = _first_name(node)
        base: ast.expr = node
        while isinstance(base, ast.Attribute):
            base = base.value
        scope = module.bound.scope_by_node.get(base, module.scope)
        if name in BUILTINS or scope.owner(name) is not None or name in module.bindings:
            return False
        return not self.names.stars.is_open(module) and b"globals()" not in module.source.data

    def _parameter(self, module: Module, node: ast.expr) -> Variable | None:
        """Return the type parameter (`def f[T]`) that a name is."""
        scope = module.bound.scope_by_node.get(node)
        if not isinstance(node, ast.Name) or scope is None:
            return None
        owner = scope.owner(node.id)
        binding = owner.bindings[node.id][0] if owner is not None else None
        if binding is None or binding.kind is not BindingKind.TYPE_PARAMETER:
            return None
        bound = getattr(binding.node, "bound", None)
        choices = list(bound.elts) if isinstance(bound, ast.Tuple) else [bound] if bound is not None else []
        return self._variable(module, node.id, binding.node, choices)

    # --- definitions

    def _defined(self, definition: Definition, name: str) -> Type:
        cls = self.classes.defined(definition, name)
        if cls is not None:
            return Own(cls)
        bindings = that_count(definition.bindings)
        if len(bindings) != 1 or definition.rest:
            return Unknown(name)
        return self._bound(definition.module, bindings[0], name)

    def _bound(self, module: Module, binding: Binding, name: str) -> Type:
        """Read what a module-level name is bound to: an alias, a type variable, a new type."""
        value = getattr(binding.node, "value", None) if binding.kind is BindingKind.TYPE_ALIAS else binding.value
        if value is None or binding.node in self._reading:
            self._circles.update({binding.node} & self._reading)
            return Unknown(name)
        self._reading.add(binding.node)
        try:
            return self._alias(module, value, name)
        finally:
            self._reading.discard(binding.node)
            self._circles.discard(binding.node)

    def _alias(self, module: Module, value: ast.expr, name: str) -> Type:
        match value:
            case ast.Call(func=func, args=arguments, keywords=keywords):
                made = _class_name(self.canonical(module, func))
                if made in _VARIABLES:
                    bounds = [keyword.value for keyword in keywords if keyword.arg == "bound"]
                    return self._variable(module, name.rpartition(".")[2], value, bounds or arguments[1:])
                if made == "typing.NewType" and len(arguments) > 1:
                    return self.of(module, arguments[1])
                return Unknown(name)
            case ast.Subscript() | ast.BinOp(op=ast.BitOr()) | ast.Constant(value=None | str()):
                return self.of(module, value)
            case ast.Name() | ast.Attribute():
                return self.of(module, value)
        return Unknown(name)

    def _variable(self, module: Module, name: str, node: ast.AST, bounds: Sequence[ast.expr]) -> Variable:
        known = self._known.get(node)
        if isinstance(known, Variable):
            return known
        if node in self._reading:
            self._circles.add(node)
            return Variable(name, node, ANYTHING)
        self._reading.add(node)
        try:
            read = tuple(self.of(module, bound) for bound in bounds)
        finally:
            self._reading.discard(node)
            self._circles.discard(node)
        made = Variable(name, node, ANYTHING if not read else read[0] if len(read) == 1 else Choice(read))
        if not self._circles:
            self._known[node] = made
        return made

    # --- generics

    def _given(self, type: Own) -> dict[ast.AST, Type]:
        """Return what each type variable of a class and of its bases stands for."""
        given = dict(zip(self._parameters(type.cls), type.arguments, strict=False))
        for part in reversed(self.classes.lineage(type.cls)):
            for base in part.node.bases:
                above = self.of(part.module, base) if isinstance(base, ast.Subscript) else None
                if isinstance(above, Own):
                    arguments = [substitute(argument, given) for argument in above.arguments]
                    for node, argument in zip(self._parameters(above.cls), arguments, strict=False):
                        given.setdefault(node, argument)
        return given

    def _parameters(self, cls: OwnClass) -> list[ast.AST]:
        """Return the type variables of a class in the order in which arguments are given for them."""
        declared = getattr(cls.node, "type_params", None)
        if declared:
            return list(declared)
        bases = [base for base in cls.node.bases if isinstance(base, ast.Subscript)]
        generic = [base for base in bases if _class_name(self.canonical(cls.module, base.value)) in _GENERICS]
        found: dict[ast.AST, None] = {}
        for base in generic or bases:
            arguments = base.slice.elts if isinstance(base.slice, ast.Tuple) else [base.slice]
            for argument in arguments:
                found.update((variable.node, None) for variable in variables_in(self.of(cls.module, argument)))
        return list(found)


# What `typing` has that is a class of values; all else there says nothing about values.
_KEPT = frozenset({"typing.IO", "typing.TextIO", "typing.BinaryIO"})


def _class_name(name: str | None) -> str | None:
    """Return the canonical name under which a class is known, whatever module spells it."""
    if name is None or not name.startswith(("typing", "_typeshed")):
        return name
    module, _, short = name.partition(".")
    if module not in ("typing", "typing_extensions"):
        return name
    return _TYPING.get(short, f"typing.{short}")


def _alternatives(node: ast.expr) -> list[ast.expr]:
    """Return the members of `a | b | c`, however many there are."""
    found: list[ast.expr] = []
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, ast.BinOp) and isinstance(current.op, ast.BitOr):
            waiting += [current.right, current.left]
        else:
            found.append(current)
    return found


def dotted_text(node: ast.expr) -> str:
    """Spell a chain of names, however long."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id if isinstance(node, ast.Name) else "...", *reversed(parts)])


def _first_name(node: ast.expr) -> str:
    return dotted_text(node).partition(".")[0]
