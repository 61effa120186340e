"""What a call at import time does: look into first-party functions, know some others, else unknown.

    def register(name):                      calling register("x") changes REGISTRY,
        def enter(function):                 and so does decorating with it
            REGISTRY[name] = function
            return function
        return enter

In: a call of a top-level statement. Out: its `Effect`, which `effects` joins with the rest.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from ..binder import Definition, Module, ScopeKind
from ..discover import Program
from .aliases import Aliases
from .effect import NOTHING, Effect, Target, deeply, union
from .purity import LOCAL_METHODS, PURE_METHODS, is_constructor, is_pure_call

Function = ast.FunctionDef | ast.AsyncFunctionDef

# Builtins that call what they are given.
_CALL_BACK = frozenset(f"builtins.{name}" for name in ("filter", "map", "max", "min", "sorted"))

_REGISTER = "wfc.register_serializable"

_CONSTRUCTORS = (
    "__init__",
    "__new__",
    "__post_init__",
    "__init_subclass__",
    "__class_getitem__",
    "__enter__",
    "__exit__",
)


class Surroundings(Protocol):
    """What is asked of `effects.Effects`, which asks this module in turn."""

    program: Program
    aliases: Aliases

    @property
    def methods(self) -> Mapping[str, Sequence[tuple[Module, str, Function]]]:
        """Return the methods of all first-party classes, by name, with module and class."""

    def changed(self, module: Module, node: ast.expr, whole: ast.AST) -> Effect:
        """Return the effect of changing the object that `node` gives."""

    def base(self, module: Module, base: ast.expr) -> Effect:
        """Return the effect of making a subclass of `base`."""

    def is_constant(self, definition: Definition) -> bool:
        """Say whether a definition can't be changed."""


class CallEffects:
    """The effects of calls and of what they call, each function looked into once."""

    def __init__(self, effects: Surroundings) -> None:
        self._effects = effects
        self._known: dict[Target, Effect] = {}
        self._subclassed: dict[Target, Effect] = {}

    def of_call(self, module: Module, called: ast.expr, arguments: Sequence[ast.expr], whole: ast.AST) -> Effect:
        """Return what calling `called` does, besides evaluating its arguments."""
        names = self._effects.program.names
        name = names.canonical(module, called)
        if name is None:
            return self._of_object(module, called, arguments, whole)
        if self._is_registry(name):
            return NOTHING
        definition = names.definition(name)
        if definition is None:
            return self._of_outside(module, name, called, arguments, whole)
        if definition.rest:
            # A method of a first-party object: it may do anything to the object.
            return self._of_object(module, called, arguments, whole)
        return self._of_definition(definition) | self._given(module, arguments)

    def _is_registry(self, name: str) -> bool:
        owner = name.rpartition(".")[0]
        return any(registry.dotted == owner for registry in self._effects.program.registries)

    def _of_outside(
        self, module: Module, name: str, called: ast.expr, arguments: Sequence[ast.expr], whole: ast.AST
    ) -> Effect:
        if name == _REGISTER and arguments:
            return self._effects.changed(module, arguments[0], whole)  # whoever has the class has it registered
        if is_pure_call(name):
            return self._of_callbacks(module, arguments, whole) if name in _CALL_BACK else NOTHING
        match name, arguments:
            case "builtins.setattr" | "builtins.delattr", [owner, ast.Constant(value=str(attribute)), *_]:
                effect = self._effects.changed(module, owner, ast.Attribute(owner, attribute, ast.Store()))
                return Effect(effect.targets, whole if effect.unknown is not None else None, effect.deep)
        given = self._given(module, arguments)
        if given.targets and not name.startswith("builtins."):
            return given  # `register(X)` belongs to X
        return deeply(given.targets, unknown=whole)

    def _of_callbacks(self, module: Module, arguments: Sequence[ast.expr], whole: ast.AST) -> Effect:
        """Return what functions do that a builtin is given to call: `list(map(LIMITS.append, range(3)))`."""
        names = self._effects.program.names
        effect = NOTHING
        for argument in arguments:
            name = names.canonical(module, argument)
            definition = names.definition(name) if name is not None else None
            if definition is not None and not definition.rest:
                is_code = isinstance(definition.node, Function | ast.ClassDef)
                effect |= self._of_definition(definition) if is_code else NOTHING
            elif isinstance(argument, ast.Attribute) and self._effects.aliases.of_value(module, argument.value):
                effect |= self._of_object(module, argument, [], ast.Call(argument, [], []))
        return Effect(effect.targets, whole if effect.unknown is not None else None, effect.deep)

    def _of_object(self, module: Module, called: ast.expr, arguments: Sequence[ast.expr], whole: ast.AST) -> Effect:
        if isinstance(called, ast.Attribute) and called.attr in PURE_METHODS:
            return NOTHING
        if not isinstance(called, ast.Attribute):
            return Effect(unknown=whole)
        effect = self._effects.changed(module, called.value, whole) | self._given(module, arguments)
        return effect | self._of_method(module, called)

    def _of_method(self, module: Module, called: ast.Attribute) -> Effect:
        """Return what methods of that name do beside changing their object, which may be of any class that has one."""
        owners = self._effects.methods.get(called.attr, ())
        if not owners or self._is_outside(module, called.value):
            return NOTHING
        effect = NOTHING
        for owner, cls, function in owners:
            self._effects.program.names.definition(f"{owner.name}.{cls}")  # noted: an incremental build looks again
            key = (owner.name, f"{function.lineno}.{called.attr}")
            if key not in self._known:
                self._known[key] = NOTHING
                self._known[key] = self._of_body(owner, function)
            effect |= Effect(self._known[key].targets, None, self._known[key].deep)
        return effect

    def _is_outside(self, module: Module, node: ast.expr) -> bool:
        """Say whether an object is none of a first-party class: a container, or made by code from outside."""
        names = self._effects.program.names
        name = names.canonical(module, node)
        definition = names.definition(name) if name is not None else None
        if definition is None or definition.rest:
            return name is not None and not names.is_first_party(name)
        return all(self._is_made_outside(definition.module, binding.value) for binding in definition.bindings)

    def _is_made_outside(self, module: Module, value: ast.expr | None) -> bool:
        if isinstance(value, ast.Constant | ast.List | ast.Dict | ast.Set | ast.Tuple | ast.ListComp | ast.DictComp):
            return True
        if not isinstance(value, ast.Call):
            return False
        name = self._effects.program.names.canonical(module, value.func)
        return name is not None and not self._effects.program.names.is_first_party(name)

    def _given(self, module: Module, arguments: Sequence[ast.expr]) -> Effect:
        """A call may change the objects that it is given; constants and functions stay what they are."""
        given = (self._effects.aliases.of_value(module, argument) for argument in arguments)
        return deeply(target for links in given for target in links)

    def of_subclassing(self, definition: Definition) -> Effect:
        """Return what making a subclass of a first-party class does."""
        key = (definition.module.name, definition.name)
        if key not in self._subclassed:
            self._subclassed[key] = NOTHING  # ends a circle of bases, which fails when it is run
            nodes = [binding.node for binding in definition.bindings if isinstance(binding.node, ast.ClassDef)]
            made = [binding.value for binding in definition.bindings if isinstance(binding.value, ast.Call)]
            self._subclassed[key] = union(
                [
                    *(self._of_subclassing_node(definition, node) for node in nodes),
                    *(self._of_made_base(definition, value) for value in made),
                ]
            )
        return self._subclassed[key]

    def _of_made_base(self, definition: Definition, made: ast.Call) -> Effect:
        """`Base = declarative_base()` is a base that something from outside has made: it may note its subclasses."""
        name = self._effects.program.names.canonical(definition.module, made.func)
        if name is not None and is_pure_call(name):
            return NOTHING
        own = Effect(frozenset({(definition.module.name, definition.name)}))
        return own | self._effects.base(definition.module, made.func)

    def _of_subclassing_node(self, definition: Definition, node: ast.ClassDef) -> Effect:
        module = definition.module
        effect = union(self._effects.base(module, base) for base in node.bases)
        hooks = [part for part in node.body if isinstance(part, Function) and part.name == "__init_subclass__"]
        metas = [keyword.value for keyword in node.keywords if keyword.arg == "metaclass"]
        if hooks or (metas and not self._is_plain_meta(module, node)):
            effect |= Effect(frozenset({(module.name, definition.name)}))
        return effect | union(self._of_body(module, hook) for hook in hooks) | self.of_metaclasses(module, metas)

    def of_metaclasses(self, module: Module, metas: Sequence[ast.expr]) -> Effect:
        """Return what making a class by some metaclasses does."""
        names = [self._effects.program.names.canonical(module, meta) for meta in metas]
        found = [self._effects.program.names.definition(name) for name in names if name is not None]
        return union(self._of_definition(definition) for definition in found if definition is not None)

    def _is_plain_meta(self, module: Module, node: ast.ClassDef) -> bool:
        values = [keyword.value for keyword in node.keywords if keyword.arg == "metaclass"]
        names = [self._effects.program.names.canonical(module, value) for value in values]
        return all(name is not None and is_pure_call(name) for name in names)

    def _of_definition(self, definition: Definition) -> Effect:
        key = (definition.module.name, definition.name)
        if key not in self._known:
            self._known[key] = NOTHING  # ends a recursion: the other calls say what happens
            effect = NOTHING
            for node in (binding.node for binding in definition.bindings):
                effect |= self._of_definition_node(definition, node)
            self._known[key] = effect
        return self._known[key]

    def _of_definition_node(self, definition: Definition, node: ast.AST) -> Effect:
        module = definition.module
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return self._of_body(module, node)
        if isinstance(node, ast.ClassDef):
            parts = [
                self._of_body(module, part)
                for part in node.body
                if isinstance(part, ast.FunctionDef) and part.name in _CONSTRUCTORS
            ]
            bases = [self._of_base_class(module, base) for base in node.bases]
            return union([*parts, *bases])
        return deeply({(module.name, definition.name)}, unknown=node)

    def _of_base_class(self, module: Module, base: ast.expr) -> Effect:
        name = self._effects.program.names.canonical(module, base)
        definition = self._effects.program.names.definition(name) if name else None
        return self._of_definition(definition) if definition else NOTHING

    def _of_body(self, module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Effect:
        effect = NOTHING
        for node in _executed(function):
            match node:
                case ast.Global(names=names):
                    effect |= Effect(frozenset((module.name, name) for name in names))
                case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                    effect |= self._of_store(module, node)
                case ast.Call(func=called):
                    effect |= self._of_inner_call(module, called, node)
        return effect

    def _of_store(self, module: Module, node: ast.Attribute | ast.Subscript) -> Effect:
        base: ast.expr = node
        while isinstance(base, ast.Attribute | ast.Subscript):
            base = base.value
        if isinstance(base, ast.Name) and self._is_local(module, base):
            return deeply(self._effects.aliases.of_value(module, node.value))
        return self._effects.changed(module, node.value, node)

    def _of_inner_call(self, module: Module, called: ast.expr, node: ast.Call) -> Effect:
        name = self._effects.program.names.canonical(module, called)
        if name is not None:
            if self._effects.program.names.definition(name) is None and is_constructor(name):
                return NOTHING
            return self.of_call(module, called, [], node)
        base = called
        while isinstance(base, ast.Attribute | ast.Subscript | ast.Call):
            base = base.func if isinstance(base, ast.Call) else base.value
        local = not isinstance(base, ast.Name) or self._is_local(module, base)
        if local and isinstance(called, ast.Attribute) and called.attr in LOCAL_METHODS:
            changed = NOTHING if called.attr in PURE_METHODS else self._of_method(module, called)
            return changed | deeply(self._effects.aliases.of_value(module, called.value))
        if local and isinstance(called, ast.Name) and self._is_function(module, called):
            return NOTHING  # a nested function: its body is looked at where it stands
        return Effect(unknown=node) if local else self._of_object(module, called, [], node)

    def _is_local(self, module: Module, name: ast.Name) -> bool:
        scope = module.bound.scope_by_node.get(name)
        owner = scope.owner(module.name_of(name)) if scope else None
        return owner is not None and owner.kind is not ScopeKind.MODULE

    def _is_function(self, module: Module, name: ast.Name) -> bool:
        scope = module.bound.scope_by_node.get(name)
        owner = scope.owner(module.name_of(name)) if scope else None
        bindings = owner.bindings.get(module.name_of(name), []) if owner else []
        return bool(bindings) and all(
            isinstance(binding.node, ast.FunctionDef | ast.AsyncFunctionDef) for binding in bindings
        )


def _executed(function: Function) -> Iterator[ast.AST]:
    """Yield the nodes of a body. An async function only makes an object when called; a generator is made to be run.

    Nested functions count: a decorator's inner function is called as soon as it is returned.
    """
    if isinstance(function, ast.AsyncFunctionDef):
        return
    for statement in function.body:
        yield from ast.walk(statement)
