"""Bytes to exceptions: an exception that a step raised, as itself, so that `except PaymentDeclined` matches.

Comes in: what `exceptions` recorded. Goes out: an exception of the same class with the same contents, made without
calling a constructor of the user's: `base.__new__(cls)` and the builtin base's own `__init__`, then arguments, C
fields, instance dict and slots. (Pickle's way, `cls(*args)`, is wrong for one class in six.)

A class that this process doesn't know becomes a `RemoteError` of the same name that also derives from the nearest bases
known here, so that `except AppError` still matches; the same recorded class gives the same stand-in each time.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import RemoteError, SerializationError
from .exceptions import BASES, MESSAGE, TRACEBACK, c_fields_of, is_builtin, read_node, shown_name
from .scalars import Node

if TYPE_CHECKING:
    from . import Codec

_set = BaseException.__setattr__


def rebuild_exception(data: bytes, codec: Codec) -> BaseException:
    """Return the recorded exception; `SerializationError` only where `data` is none.

    Values that can't be read here are left out and listed in a note. `exceptions.traceback_of` gives the text of the
    traceback; the object's own `__traceback__` starts empty.
    """
    try:
        return _rebuilt(read_node(data), codec)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise SerializationError(f"can't read a recorded exception: {type(error).__name__}: {error}") from error


def _rebuilt(node: Node, codec: Codec) -> BaseException:
    dropped = list(node.get("dropped", ()))
    args = tuple(_values(dict(enumerate(node.get("args", ()))), codec, dropped, "args").values())
    error = _instance(node, args, codec)
    _restore_fields(error, _values(node.get("fields", {}), codec, [], ""))
    if not isinstance(error, BaseExceptionGroup):
        _quietly(lambda: BaseException.args.__set__(error, args))  # type: ignore[attr-defined]  # a C field
    for name, value in _values(node.get("state", {}), codec, dropped, "").items():
        _quietly(lambda name=name, value=value: _set_state(error, name, value))  # type: ignore[misc]
    _add_texts(error, node, dropped)
    for part, attribute in (("cause", "__cause__"), ("context", "__context__")):
        if part in node:
            linked = _rebuilt(node[part], codec)
            _quietly(lambda attribute=attribute, linked=linked: _set(error, attribute, linked))  # type: ignore[misc]
    return error


def _values(written: dict[Any, Any], codec: Codec, dropped: list[str], prefix: str) -> dict[Any, Any]:
    """Read the values one by one; those that can't be read here are dropped."""
    values: dict[Any, Any] = {}
    for name, item in written.items():
        try:
            values[name] = _rebuilt(item, codec) if isinstance(item, dict) else codec.decode(item.encode("ascii"))
        except Exception:  # noqa: BLE001 (a missing zone, a class that has changed: the rest must arrive)
            dropped.append(f"{prefix}[{name}]" if prefix else name)
    return values


# -- the object


def _instance(node: Node, args: tuple[Any, ...], codec: Codec) -> BaseException:
    """Make the bare object: of its own class if it is known and can be made, else of a stand-in."""
    bases: list[str] = [name for name in node.get("bases", ()) if isinstance(name, str)]
    known = [(name, cls) for name in bases if (cls := _find(name, codec)) is not None]
    if known and known[0][0] == node["type"]:
        cls = known[0][1]
        special = _special(cls, node, codec)
        if special is not None:
            return special
        made = _bare(cls, args, node, codec)
        if made is not None:
            return made
        known = known[1:]
    return _stand_in(node, args, codec, bases, tuple(cls for _, cls in known))


def _bare(cls: type[BaseException], args: tuple[Any, ...], node: Node, codec: Codec) -> BaseException | None:
    """Make an instance with the builtin base's `__new__` and `__init__`; None for a class with a layout of its own."""
    base: Any = next(base for base in cls.__mro__ if is_builtin(base))
    try:
        if issubclass(base, BaseExceptionGroup):
            children = [_rebuilt(child, codec) for child in node.get("children", ())]
            return _group(cls, base, str(node.get("message", "")), children)
        error: BaseException = base.__new__(cls)
    except (TypeError, ValueError):
        return None
    _quietly(lambda: base.__init__(error, *args))
    return error


def _group(cls: Any, base: Any, message: str, children: list[BaseException]) -> BaseException | None:
    if not children:
        return None  # a group has at least one; these were cut off by the limit on depth
    made: BaseException = base.__new__(cls, message, children)
    return made


def _special(cls: Any, node: Node, codec: Codec) -> BaseException | None:
    """Make pydantic's ValidationError, whose state is in Rust, from the lines of its report."""
    if "details" not in node or not hasattr(cls, "from_exception_data"):
        return None
    try:
        details = codec.decode(node["details"].encode("ascii"))
        made = cls.from_exception_data(details["title"], [_validation_line(line) for line in details["lines"]])
    except Exception:  # noqa: BLE001 (another version of pydantic; a stand-in has the message at least)
        return None
    return made if isinstance(made, BaseException) else None


def _validation_line(line: dict[str, Any]) -> dict[str, Any]:
    from pydantic_core import PydanticCustomError, PydanticKnownError

    kind: Any = line["type"]
    context = {key: ValueError(item) if key == "error" else item for key, item in line["ctx"].items()}
    try:
        PydanticKnownError(kind, context or None)
    except (KeyError, TypeError, ValueError):
        kind, context = PydanticCustomError(kind, line["msg"]), {}
    return {"type": kind, "loc": line["loc"], "input": line["input"], "ctx": context}


def _stand_in(
    node: Node, args: tuple[Any, ...], codec: Codec, bases: list[str], known: tuple[type[BaseException], ...]
) -> BaseException:
    """Make a RemoteError of the recorded name that derives from every recorded base known here, as far as it can."""
    needed: list[type[BaseException]] = []
    for cls in known:
        if not issubclass(RemoteError, cls) and not any(issubclass(chosen, cls) for chosen in needed):
            needed.append(cls)
    for count in range(len(needed), -1, -1):
        key = (tuple(bases), tuple(needed[:count]))
        made = codec.stand_ins.get(key) or _stand_in_class(node["type"], bases, needed[:count])
        error = _bare(made, args, node, codec) if made is not None else None
        if made is not None and error is not None:
            codec.stand_ins[key] = made
            _set(error, MESSAGE, str(node.get("message", "")))
            return error
    raise SerializationError("can't read a recorded exception: no class can stand for it")


def _stand_in_class(class_name: str, bases: list[str], known: list[type[BaseException]]) -> type[BaseException] | None:
    module, _, qualname = class_name.partition(":")
    namespace = {
        "__module__": module,
        "__qualname__": qualname,
        "__doc__": "Stands for an exception class that this process doesn't know.",
        "__str__": _recorded_message,
        "name": shown_name(class_name),
        BASES: tuple(bases),
    }
    try:
        return type(qualname.rpartition(".")[2] or "Error", (RemoteError, *known), namespace)
    except Exception:  # noqa: BLE001 (layouts that don't go together, a user's __init_subclass__)
        return None


def _recorded_message(error: BaseException) -> str:
    return str(error.__dict__.get(MESSAGE, ""))


# -- its contents


def _restore_fields(error: BaseException, recorded: dict[str, object]) -> None:
    """Set the C fields through the builtin classes that have them, past properties of the user's class.

    A field that was not recorded was not set: what the builtin `__init__` has read from the arguments is deleted again
    (a subclass of OSError whose arguments mean something else has no errno).
    """
    for name, _ in [*c_fields_of(error)]:
        if name not in recorded:
            _quietly(lambda name=name: _c_field(error, name).__delete__(error))  # type: ignore[misc]
    for name, value in recorded.items():
        _quietly(lambda name=name, value=value: _c_field(error, name).__set__(error, value))  # type: ignore[misc]


def _c_field(error: BaseException, name: str) -> Any:
    return next((vars(cls)[name] for cls in type(error).__mro__ if is_builtin(cls) and name in vars(cls)), None)


def _set_state(error: BaseException, name: str, value: object) -> None:
    """Set an attribute past properties and `__setattr__`: in its slot, else in the instance dict."""
    for cls in type(error).__mro__:
        if name in getattr(cls, "__dict__", {}) and name in _slots(cls):
            vars(cls)[name].__set__(error, value)
            return
    error.__dict__[name] = value


def _slots(cls: type) -> tuple[str, ...]:
    slots = vars(cls).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _add_texts(error: BaseException, node: Node, dropped: list[str]) -> None:
    notes = [note for note in node.get("notes", ()) if isinstance(note, str)]
    if dropped:
        notes.append(f"wfc: not recorded with this exception: {', '.join(dropped)}")
    if notes:
        _set(error, "__notes__", notes)
    _set(error, TRACEBACK, str(node.get("traceback", "")))


def _quietly(action: Callable[[], object]) -> None:
    """Do what may be refused for this class (a read-only field, another signature); the rest must still arrive."""
    try:
        action()
    except Exception:  # noqa: BLE001 (C setters raise what they like)
        return


def _find(class_name: str, codec: Codec) -> type[BaseException] | None:
    if class_name.startswith("builtins:"):
        found = vars(builtins).get(class_name[9:])
    else:
        found = codec.resolver.find(class_name)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None
