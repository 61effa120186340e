"""Types as structures: what `reading` makes of annotations, and what the rules and the manifest's schemas read.

A structure is immutable and compares by identity: equal ones are made once (`Kept`), so that a structure which holds
another many times stays small, however large it is when written out, and that questions about it can be remembered.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ..binder import Module

if TYPE_CHECKING:
    from .classes import OwnClass

_LONGEST = 80


@dataclass(frozen=True, eq=False)
class Anything:
    """Every value fits: `Any`, `object`, no annotation at all."""


@dataclass(frozen=True, eq=False)
class Unknown:
    """Only run time knows; `text` is how it is written."""

    text: str


@dataclass(frozen=True, eq=False)
class Missing:
    """Nothing defines `name`, which the annotation needs in `module`, or (without a name) the text is no expression."""

    module: Module
    node: ast.expr
    name: str | None


@dataclass(frozen=True, eq=False)
class Library:
    """A class from outside the project, builtins included, by canonical name: `builtins.list` for `typing.List`."""

    name: str
    arguments: tuple[Type, ...] = ()


@dataclass(frozen=True, eq=False)
class Choice:
    """One of several: a union."""

    members: tuple[Type, ...]


@dataclass(frozen=True, eq=False)
class Constants:
    """`Literal[...]`: the values, None for one that is no plain constant (the member of an enum)."""

    values: tuple[ast.Constant | None, ...]


@dataclass(frozen=True, eq=False)
class Noted:
    """`Annotated[inner, ...]`, with the notes as `module` writes them."""

    inner: Type
    module: Module
    notes: tuple[ast.expr, ...]


@dataclass(frozen=True, eq=False)
class Variable:
    """A type variable: `node` is what makes it, `bound` what it stands for when nothing is given for it."""

    name: str
    node: ast.AST
    bound: Type


@dataclass(frozen=True, eq=False)
class Own:
    """A class of the project, with what is given for its type parameters."""

    cls: OwnClass
    arguments: tuple[Type, ...] = ()


Type: TypeAlias = Anything | Unknown | Missing | Library | Choice | Constants | Noted | Variable | Own

ANYTHING = Anything()
NONE = Library("types.NoneType")


def parts_of(type: Type) -> tuple[Type, ...]:
    """Return the types right inside a type."""
    match type:
        case Library(arguments=arguments) | Own(arguments=arguments):
            return arguments
        case Choice(members=members):
            return members
        case Noted(inner=inner):
            return (inner,)
    return ()


def with_parts(type: Type, parts: tuple[Type, ...]) -> Type:
    """Return the type with other types inside."""
    match type:
        case Library(name=name):
            return Library(name, parts)
        case Own(cls=cls):
            return Own(cls, parts)
        case Choice():
            return Choice(parts)
        case Noted(module=module, notes=notes):
            return Noted(parts[0], module, notes)
    return type


def substitute(type: Type, given: Mapping[ast.AST, Type], made: dict[Type, Type] | None = None) -> Type:
    """Return the type with what is given for its variables; parts that occur often are made once."""
    made = {} if made is None else made
    if isinstance(type, Variable):
        return given.get(type.node, type)
    parts = parts_of(type)
    if not parts or not given:
        return type
    if type not in made:
        new = tuple(substitute(part, given, made) for part in parts)
        made[type] = type if all(one is other for one, other in zip(new, parts, strict=True)) else with_parts(type, new)
    return made[type]


def variables_in(type: Type) -> list[Variable]:
    """Return the variables inside a type, each once, in order."""
    found: dict[ast.AST, Variable] = {}
    waiting, seen = [type], {type}
    while waiting:
        current = waiting.pop()
        if isinstance(current, Variable):
            found.setdefault(current.node, current)
        for part in reversed(parts_of(current)):
            if part not in seen:
                seen.add(part)
                waiting.append(part)
    return list(found.values())


class Kept:
    """Equal structures made one."""

    def __init__(self) -> None:
        self._same: dict[Type, Type] = {}
        self._by_content: dict[tuple[object, ...], Type] = {}
        self.keep(NONE)
        self.keep(ANYTHING)

    def keep(self, type: Type) -> Type:
        """Return the one structure that stands for all that are equal to this."""
        if type not in self._same:
            parts = tuple(self.keep(part) for part in parts_of(type))
            same = all(one is other for one, other in zip(parts, parts_of(type), strict=True))
            kept = type if same else with_parts(type, parts)
            self._same[type] = self._by_content.setdefault((*_label(kept), *parts), kept)
        return self._same[type]


def _label(type: Type) -> tuple[object, ...]:
    """Return what tells a structure from others with the same parts."""
    match type:
        case Library(name=label) | Unknown(text=label):
            return (type.__class__, label)
        case Own(cls=cls):
            return (Own, cls)
        case Choice():
            return (Choice,)
        case Anything():
            return (Anything,)
    return (type,)


def show(type: Type) -> str:
    """Spell a type for a message, cut where it is long."""
    text = _spell(type, _LONGEST)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _spell(type: Type, room: int) -> str:
    if room <= 0:
        return "..."
    match type:
        case Anything():
            return "Any"
        case Unknown(text=text):
            return text
        case Missing(node=node, name=name):
            return name or repr(getattr(node, "value", "..."))
        case Constants(values=values):
            return f"Literal[{', '.join('...' if value is None else repr(value.value) for value in values)}]"
        case Noted(inner=inner):
            return _spell(inner, room)
        case Variable(name=name):
            return name
        case Choice(members=members):
            return _joined(members, " | ", room)
        case Own(cls=cls, arguments=arguments):
            name = cls.node.name
        case Library(name=name, arguments=arguments):
            name = "None" if type is NONE else name.removeprefix("builtins.")
    return f"{name}[{_joined(arguments, ', ', room - len(name))}]" if arguments else name


def _joined(parts: tuple[Type, ...], separator: str, room: int) -> str:
    """Spell several types; what is beyond the room is not looked at, since a type may be huge when written out."""
    texts: list[str] = []
    for part in parts:
        texts.append(_spell(part, room))
        room -= len(texts[-1]) + len(separator)
    return separator.join(texts)
