"""First-party classes: their methods, what their attributes hold, and what they have from a library's class.

    class Api(Base):
        timeout: Duration = ...                    attribute timeout: Duration, by its annotation
        def __init__(self, token: str) -> None:
            self.session = requests.Session()      attribute session: requests.Session
        @property
        def rates(self) -> Rates: ...              attribute rates: Rates

In: names of classes. Out: names of members, and the classes of what attributes hold. A member that no first-party class
of the family defines belongs to the library's class that it derives from: `Api(httpx.Client).get` is httpx.Client.get.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..binder import Binding, BindingKind, Definition, Module, Scope, ScopeKind
from ..discover import FunctionNode
from ..syntax import is_none
from .values import Function

if TYPE_CHECKING:
    from .receivers import Receivers

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Bases that bring no methods of their own.
_PLAIN = frozenset({"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol", "typing.NamedTuple"})
_PROPERTIES = frozenset({"builtins.property", "functools.cached_property", "abc.abstractproperty"})
_CONSTRUCTORS = ("__new__", "__init__", "__post_init__", "model_post_init")
_VALIDATORS = frozenset(
    f"pydantic.{name}" for name in ("field_validator", "model_validator", "validator", "root_validator")
)


@dataclass(frozen=True)
class Field:
    """One place that gives an attribute its value, or says what it holds."""

    module: Module
    value: ast.expr | None
    annotation: ast.expr | None


@dataclass(frozen=True)
class ClassTable:
    """A first-party class: base classes by name, methods, and where its attributes get their values."""

    definition: Definition
    bases: Sequence[str]
    methods: Mapping[str, FunctionNode]
    fields: Mapping[str, Sequence[Field]]


class Classes:
    """The classes of a program, each looked at when it is asked for."""

    def __init__(self, receivers: Receivers) -> None:
        self._receivers = receivers
        self._names = receivers.names
        self._facts = receivers.facts
        self._tables: dict[str, ClassTable | None] = {}
        self._families: dict[str, Sequence[ClassTable]] = {}

    # --- members

    def member(self, dotted: str, name: str) -> str | None:
        """Return the canonical name of a member of a class: of a method, or of what a class variable stands for."""
        for table in self._family(dotted):
            if name in table.methods:
                return f"{dotted}.{name}"
            fields = table.fields.get(name, ())
            if fields:
                held = {self._named(field) for field in fields if not is_none(field.value)}
                return (held.pop() if len(held) == 1 else None) or f"{dotted}.{name}"
        return self._from_library(dotted, name) or f"{dotted}.{name}"

    def inherited(self, dotted: str, name: str) -> str | None:
        """Return what `super().name` is in a class."""
        for table in self._family(dotted)[1:]:
            if name in table.methods:
                return f"{table.definition.dotted}.{name}"
        return self._from_library(dotted, name)

    def attribute(self, dotted: str, name: str) -> str | None:
        """Return the class of what an attribute of an instance holds."""
        return self._receivers.once(("attribute", dotted, name), lambda: self._class_of_attribute(dotted, name))

    def annotation(self, dotted: str, name: str) -> tuple[Module, ast.expr] | None:
        """Return the annotation of an attribute and the module it stands in."""
        for table in self._family(dotted):
            for field in table.fields.get(name, ()):
                if field.annotation is not None:
                    return field.module, field.annotation
        return None

    def is_callable(self, dotted: str) -> bool:
        """Say whether instances of a class are known to be callable."""
        own = any("__call__" in table.methods for table in self._family(dotted))
        return own or self._facts.returns(self.member(dotted, "__call__") or "") is not None

    def methods(self, definition: Definition, name: str) -> Iterator[Function]:
        """Yield the method `name` of a class, looked up in its first-party bases too."""
        for table in self._family(definition.dotted):
            if name in table.methods:
                yield Function(f"{table.definition.dotted}.{name}", table.definition.module, table.methods[name])
                return

    def constructors(self, definition: Definition) -> Iterator[Function]:
        """Yield the methods that run when an instance is made."""
        for name in _CONSTRUCTORS:
            yield from self.methods(definition, name)
        for table in self._family(definition.dotted):
            for name, node in table.methods.items():
                if node.decorator_list and self.decorated(table.definition.module, node) & _VALIDATORS:
                    yield Function(f"{table.definition.dotted}.{name}", table.definition.module, node)

    def is_property(self, module: Module, node: FunctionNode) -> bool:
        """Say whether reading an attribute calls a method."""
        return bool(node.decorator_list) and bool(self.decorated(module, node) & _PROPERTIES)

    def decorated(self, module: Module, node: FunctionNode) -> frozenset[str]:
        """Return the canonical names of the decorators of a function."""
        functions = [item.func if isinstance(item, ast.Call) else item for item in node.decorator_list]
        return frozenset(self._names.canonical(module, function) or "" for function in functions)

    # --- methods seen from inside

    def is_first_parameter(self, scope: Scope, binding: Binding) -> bool:
        """Say whether a name is the `self` or `cls` of a method."""
        node, around = scope.node, scope.parent
        if binding.kind is not BindingKind.PARAMETER or around is None or not isinstance(around.node, ast.ClassDef):
            return False
        if not isinstance(node, _FUNCTIONS) or _is_decorated(node, "staticmethod"):
            return False
        arguments = [*node.args.posonlyargs, *node.args.args]
        return bool(arguments) and arguments[0] is binding.node

    def is_classmethod(self, node: ast.AST) -> bool:
        """Say whether the first parameter of a method is the class, not an instance."""
        return isinstance(node, _FUNCTIONS) and (
            _is_decorated(node, "classmethod") or node.name in ("__new__", "__init_subclass__", "__class_getitem__")
        )

    def around(self, module: Module, scope: Scope) -> str | None:
        """Return the name of the class around a method; None where that isn't at the top of its module."""
        around = scope.parent
        if around is None or not isinstance(around.node, ast.ClassDef) or around.parent is None:
            return None
        return f"{module.name}.{around.node.name}" if around.parent.kind is ScopeKind.MODULE else None

    # --- tables

    def _class_of_attribute(self, dotted: str, name: str) -> str | None:
        receivers = self._receivers
        for table in self._family(dotted):
            module = table.definition.module
            if name in table.methods:
                node = table.methods[name]
                function = Function(f"{table.definition.dotted}.{name}", module, node)
                return receivers.results.of_function(function) if self.is_property(module, node) else None
            fields = table.fields.get(name, ())
            if fields:
                annotated = [field for field in fields if field.annotation is not None]
                assigned = [field for field in fields if not is_none(field.value)]
                found = {self._class_of_field(field) for field in annotated or assigned}
                return found.pop() if len(found) == 1 else None
        source = self._from_library(dotted, name) if self._table(dotted) is not None else f"{dotted}.{name}"
        if source is None:
            return None
        # What hangs on a client speaks to the network as the client does: `client.chat.completions.create()`.
        acts = self._facts.kind(f"{source}.*", has_arguments=True) not in (None, "pure")
        return self._facts.returns(source) or (source if acts else None)

    def _class_of_field(self, field: Field) -> str | None:
        if field.annotation is not None:
            return self._receivers.annotations.class_of(field.module, field.annotation)
        return self._receivers.class_of(field.module, field.value) if field.value is not None else None

    def _named(self, field: Field) -> str | None:
        """Return the library function that an attribute holds: `clock = time.time`."""
        if not isinstance(field.value, ast.Name | ast.Attribute):
            return None
        found = self._receivers.resolve(field.module, field.value)
        return found if found is not None and not self._names.is_first_party(found) else None

    def _from_library(self, dotted: str, name: str) -> str | None:
        """Return the name of a member in the library's class that a first-party class derives from."""
        family = self._family(dotted)
        own = {table.definition.dotted for table in family}
        bases = [base for table in family for base in table.bases if base not in own and base not in _PLAIN]
        if not bases or any(self._names.is_first_party(base) or base.startswith("wfc.") for base in bases):
            return None
        if len(bases) > 1:
            kinds = [self._facts.kind(f"{base}.{name}", has_arguments=True) for base in bases]
            bases = [base for base, kind in zip(bases, kinds, strict=True) if kind not in (None, "pure")]
        return f"{bases[0]}.{name}" if bases else None

    def _family(self, dotted: str) -> Sequence[ClassTable]:
        """Return a first-party class and its first-party bases, in the order in which members are looked up."""
        if dotted not in self._families:
            found: dict[str, ClassTable] = {}
            pending = [dotted]
            while pending:
                table = self._table(pending.pop(0))
                if table is not None and table.definition.dotted not in found:
                    found[table.definition.dotted] = table
                    pending = [*table.bases, *pending]
            self._families[dotted] = tuple(found.values())
        return self._families[dotted]

    def _table(self, dotted: str) -> ClassTable | None:
        if dotted not in self._tables:
            definition = self._names.definition(dotted)
            is_class = definition is not None and not definition.rest and isinstance(definition.node, ast.ClassDef)
            self._tables[dotted] = self._make_table(definition) if definition is not None and is_class else None
        return self._tables[dotted]

    def _make_table(self, definition: Definition) -> ClassTable:
        node, module = definition.node, definition.module
        assert isinstance(node, ast.ClassDef)
        plain = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
        bases = tuple(self._names.canonical(module, base) or "" for base in plain)
        methods = {item.name: item for item in node.body if isinstance(item, _FUNCTIONS)}
        fields: dict[str, list[Field]] = {}
        for name, value, annotation in _fields(node):
            fields.setdefault(name, []).append(Field(module, value, annotation))
        return ClassTable(definition, bases, methods, fields)


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    """Yield name, value and annotation where a class binds its attributes, in its body or by `self.name = ...`."""
    for statement in node.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            for target, value, annotation in _assigned(statement):
                if isinstance(target, ast.Name):
                    yield target.id, value, annotation
        elif isinstance(statement, _FUNCTIONS):
            first = next(iter([*statement.args.posonlyargs, *statement.args.args]), None)
            for inner in ast.walk(statement) if first is not None else ():
                if isinstance(inner, ast.Assign | ast.AnnAssign):
                    for target, value, annotation in _assigned(inner):
                        match target:
                            case ast.Attribute(value=ast.Name(id=owner), attr=name) if first and owner == first.arg:
                                yield name, value, annotation


def _assigned(node: ast.Assign | ast.AnnAssign) -> Iterator[tuple[ast.expr, ast.expr | None, ast.expr | None]]:
    if isinstance(node, ast.AnnAssign):
        yield node.target, node.value, node.annotation
        return
    for target in node.targets:
        if isinstance(target, ast.Tuple | ast.List) and isinstance(node.value, ast.Tuple | ast.List):
            yield from zip(target.elts, node.value.elts, (None for _ in target.elts), strict=False)
        else:
            yield target, node.value, None


def _is_decorated(node: FunctionNode, name: str) -> bool:
    return any(isinstance(item, ast.Name) and item.id == name for item in node.decorator_list)
