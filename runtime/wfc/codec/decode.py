"""Bytes to values: reads what `encode` wrote, and nothing else.

Comes in: bytes. Goes out: the value, or `SerializationError` for anything that the codec has not written. Classes are
found by name through a `TypeResolver`; nothing is imported because data names it, and an object whose class is unknown
here becomes a `Foreign`, a dict of its fields that can be written back.

Bytes without a tag are plain JSON, read by the C decoder alone. Otherwise a hook sees each JSON object as soon as it
is complete, innermost first.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any, NamedTuple

from ..errors import SerializationError, TypeValidationError
from .classes import ClassNames, TypeResolver
from .jsontext import reader
from .objects import Foreign
from .rebuild import Builder, builder_for
from .registry import classes_with_id, registration_of
from .scalars import READERS, Node
from .validation import Validators


class Arguments(NamedTuple):
    """The arguments of a call: what was bound by position, and the rest by parameter name."""

    args: list[Any]
    kwargs: dict[str, Any]


_from_plain_json = reader()


class Decoder:
    """Reads values; keeps per class how its instances are made."""

    def __init__(self, names: ClassNames, resolver: TypeResolver, validators: Validators) -> None:
        self._names = names
        self._resolver = resolver
        self._validators = validators
        self._builders: dict[tuple[str, type], Builder | None] = {}
        self._readers: dict[str, Callable[[Node], object]] = {
            **READERS,
            "tuple": lambda node: tuple(_items(node)),
            "set": lambda node: set(_items(node)),
            "frozenset": lambda node: frozenset(_items(node)),
            "dict": _read_pairs,
            "args": _read_arguments,
            "enum": self._read_enum,
            "object": self._read_registered,
            "model": self._read_object,
            "dataclass": self._read_object,
            "namedtuple": self._read_object,
        }
        self._decode = reader(self._hook)

    def decode(self, data: bytes) -> Any:
        """Return the value that `data` was written for."""
        try:
            text = data.decode("ascii")
            return self._decode(text) if '"$"' in text else _from_plain_json(text)
        except (SerializationError, TypeValidationError):
            raise
        except RecursionError:
            raise SerializationError("can't read a recorded value: it is nested too deep") from None
        except Exception as error:
            # Readers raise what the types they make raise (an overflow, a zone that is not installed).
            raise SerializationError(
                f"can't read a recorded value, which the codec has not written or this machine can't hold: "
                f"{type(error).__name__}: {error}"
            ) from error

    def _hook(self, node: Node) -> object:
        tag = node.get("$")
        if tag is None:
            return node
        return self._readers[tag](node)

    def _read_enum(self, node: Node) -> object:
        cls: Any = self._find(node)
        if cls is None or not hasattr(cls, "__members__"):
            return node["v"] if "v" in node else node["n"]
        member = cls.__members__.get(node.get("n"))
        if member is None:
            try:
                return cls(node["v"])
            except (KeyError, ValueError) as error:
                raise TypeValidationError(
                    f"the recorded {cls.__name__} is {node.get('n') or node.get('v')!r}, which is not a member any more"
                ) from error
        return member

    def _read_registered(self, node: Node) -> object:
        cls = self._find(node)
        registration = registration_of(cls) if cls is not None else None
        if registration is None:
            data = node["v"]
            return Foreign({"value": data}, {key: node[key] for key in ("$", "c", "i") if key in node}, {})
        return registration.deserialize(node["v"])

    def _read_object(self, node: Node) -> object:
        fields = node["f"]
        if type(fields) is not dict:
            raise TypeError("the fields of an object are not a mapping")
        cls = self._find(node)
        if cls is not None:
            key = (node["$"], cls)
            if key not in self._builders:
                self._builders[key] = builder_for(*key, self._validators)
            builder = self._builders[key]
            if builder is not None:
                return builder(node)
        rest: dict[str, Any] = {part: node[part] for part in ("x", "p") if part in node}
        return Foreign(fields, {part: node[part] for part in ("$", "c", "a", "s") if part in node}, rest)

    def _find(self, node: Node) -> type | None:
        """Find a node's class by its name, else by its registered id among the classes of this very route."""
        name = node["c"]
        if type(name) is not str:
            raise TypeError("the name of a class is not text")
        cls = self._find_name(name)
        if cls is None and type(class_id := node.get("i")) is str:
            for candidate in classes_with_id(class_id):
                if self._resolver.find(self._names.name_of(candidate)) is candidate:
                    return candidate
        if cls is not None and "a" in node:
            arguments = [self._find_name(argument) for argument in node["a"]]
            if arguments and None not in arguments:
                parametrized: Any = cls
                cls = parametrized[tuple(arguments)]
        return cls

    def _find_name(self, name: str) -> type | None:
        if name.startswith("builtins:"):
            found = vars(builtins).get(name[9:])
            return found if isinstance(found, type) else None
        return self._resolver.find(name)


def _items(node: Node) -> list[Any]:
    items = node["v"]
    if type(items) is not list:
        raise TypeError("the items of a collection are not a list")
    return items


def _read_pairs(node: Node) -> dict[Any, Any]:
    return dict(_items(node))


def _read_arguments(node: Node) -> Arguments:
    args, kwargs = node["a"], node["k"]
    if type(args) is not list or type(kwargs) is not dict:
        raise TypeError("arguments are not a list and a mapping")
    return Arguments(args, kwargs)
