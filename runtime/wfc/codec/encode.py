"""Values to bytes: tagged JSON, ASCII only, the same bytes for the same value in every process.

Comes in: any Python value. Goes out: JSON text in which None, bool, 64-bit ints, finite floats, str, list and dicts
with str keys stand for themselves, and everything else is an object with the key `"$"`:

    {"topic": "a", "at": (1, 2)}   ->   {"topic":"a","at":{"$":"tuple","v":[1,2]}}

A dict that has `"$"` as a key itself, or keys that are no plain str, is written as a list of pairs. Values are written
by their runtime type, so that a subclass in a field keeps its class; annotations matter only when decoding. Most values
are plain JSON already: they are checked and handed to the C encoder without a copy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .classes import ClassNames
from .jsontext import writer
from .objects import Shape, shape_of
from .refusal import MAX_DEPTH, RefusedError, refuse, too_deep
from .scalars import BIG, WRITERS, Node, has_surrogates, write_float, write_int, write_str

Writer = Callable[[Any, int], Any]

_to_json = writer(allow_nan=False)


class Encoder:
    """Writes values; keeps per class how its instances are taken apart."""

    def __init__(self, names: ClassNames) -> None:
        self._names = names
        self._shapes: dict[type, Shape | None] = {}
        self._containers: dict[type, Writer] = {
            list: self._list,
            dict: self._dict,
            tuple: self._tuple,
            set: self._set,
            frozenset: self._set,
        }

    def encode(self, value: object, path: str = "") -> bytes:
        """Return the bytes of `value`; `SerializationError` names the place below `path` that can't be written."""
        try:
            if is_plain(value, 0):
                return _to_json(value).encode("ascii")
        except (ValueError, RecursionError):
            pass  # nan, infinity or a nesting that the other way explains
        try:
            return _to_json(self.tree(value, 0)).encode("ascii")
        except RefusedError as refused:
            raise refused.as_error(path) from refused.__cause__
        except RecursionError:
            raise too_deep().as_error(path) from None

    def encode_arguments(self, arguments: tuple[list[Any], dict[str, Any]], path: str = "") -> bytes:
        """Return the bytes of a call: arguments by position, and by name."""
        args, kwargs = arguments
        try:
            node = {"$": "args", "a": self._list(args, 1), "k": self.tree(kwargs, 1)}
            return _to_json(node).encode("ascii")
        except RefusedError as refused:
            raise refused.as_error(path) from refused.__cause__
        except RecursionError:
            raise too_deep().as_error(path) from None

    def tree(self, value: Any, depth: int) -> Any:
        """Return `value` as a tree that the JSON encoder takes; raises `RefusedError`."""
        kind = type(value)
        if kind is str:
            return value if value.isascii() or not has_surrogates(value) else write_str(value)
        if kind is int:
            return value if -BIG < value < BIG else write_int(value)
        if kind is bool or value is None:
            return value
        if kind is float:
            return value if value - value == 0.0 else write_float(value)
        if depth > MAX_DEPTH:
            raise too_deep()
        if container := self._containers.get(kind):
            return container(value, depth + 1)
        if scalar := WRITERS.get(kind):
            try:
                return scalar(value)
            except (ValueError, NotImplementedError) as error:
                raise RefusedError(str(error), "pass it with a zone of zoneinfo or as text") from error
        return self._object(value, kind, depth)

    def _list(self, value: list[Any], depth: int) -> list[Any]:
        items: list[Any] = []
        try:
            for item in value:
                items.append(self.tree(item, depth))  # noqa: PERF401 (its length is the index in the error)
        except RefusedError as refused:
            raise refused.below(f"[{len(items)}]", value)  # noqa: B904 - it is the same one
        return items

    def _tuple(self, value: tuple[Any, ...], depth: int) -> Node:
        return {"$": "tuple", "v": self._list(value, depth)}  # type: ignore[arg-type]  # a tuple is read the same

    def _dict(self, value: dict[Any, Any], depth: int) -> Node:
        if "$" in value or not all(type(key) is str and _is_clean(key) for key in value):
            return self._pairs(value, depth)
        tree: Node = {}
        key = ""
        try:
            for key, item in value.items():
                tree[key] = self.tree(item, depth)
        except RefusedError as refused:
            raise refused.below(_step(key), value)  # noqa: B904 - it is the same one
        return tree

    def _pairs(self, value: dict[Any, Any], depth: int) -> Node:
        pairs: list[list[Any]] = []
        for key, item in value.items():
            try:
                written = self.tree(key, depth)
            except RefusedError as refused:
                raise refused.below(f"(key {len(pairs)})", value)  # noqa: B904 - it is the same one
            try:
                pairs.append([written, self.tree(item, depth)])
            except RefusedError as refused:
                raise refused.below(_step(key), value)  # noqa: B904 - it is the same one
        return {"$": "dict", "v": pairs}

    def _set(self, value: set[Any] | frozenset[Any], depth: int) -> Node:
        """Write a set in the order of its elements' bytes: its own order differs from process to process."""
        items = []
        try:
            for item in value:
                tree = self.tree(item, depth)
                items.append((_to_json(tree), tree))
        except RefusedError as refused:
            raise refused.below("{...}", value)  # noqa: B904 - it is the same one
        items.sort(key=lambda pair: pair[0])
        return {"$": "set" if type(value) is set else "frozenset", "v": [tree for _, tree in items]}

    def _object(self, value: Any, kind: type, depth: int) -> Node:
        shape = self._shapes.get(kind)
        if shape is None:
            shape = self._shapes[kind] = shape_of(kind, self._names)
            if shape is None:
                raise refuse(value, self._names.name_of(kind).replace(":", ".").removeprefix("builtins."))
        node = shape.head(value)
        for part, content in shape.parts(value):
            try:
                # A dict of fields counts as one level together with its object.
                node[part] = self.tree(content, depth if type(content) is dict else depth + 1)
            except RefusedError as refused:
                if node["$"] == "enum" and "n" in node:
                    continue  # a member's value may be anything, as long as the member has a name
                raise refused.below("", value)  # noqa: B904 - it is the same one
        return node


def is_plain(value: Any, depth: int) -> bool:
    """Is `value` plain JSON as it stands, so that it needs no tags?

    nan and infinity are not looked for: the C encoder refuses them.
    """
    kind = type(value)
    if kind is str:
        return _is_clean(value)
    if kind is int:
        return bool(-BIG < value < BIG)
    if kind is float or kind is bool or value is None:
        return True
    if depth > MAX_DEPTH:
        return False
    if kind is dict:
        if "$" in value:
            return False
        for key, item in value.items():
            if type(key) is not str or not (key.isascii() or _is_clean(key)):
                return False
            if (type(item) is not str or not item.isascii()) and not is_plain(item, depth + 1):
                return False
        return True
    if kind is list:
        return all(is_plain(item, depth + 1) for item in value)
    return False


def _is_clean(text: str) -> bool:
    return text.isascii() or not has_surrogates(text)


def _step(key: object) -> str:
    """Spell a dict key as a step of a path: `.items` or `["two words"]`."""
    if isinstance(key, str) and key.isidentifier():
        return f".{key}"
    try:
        shown = repr(key)
    except Exception:  # noqa: BLE001 (a message is being made about a user's object)
        shown = type(key).__name__
    return f"[{shown[:60]}]"
