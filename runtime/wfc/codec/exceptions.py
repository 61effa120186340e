"""Exceptions to bytes: what is recorded when a step or a workflow fails.

Comes in: an exception. Goes out: JSON with its class and the names of that class's bases, its arguments, what it
holds (instance dict, slots, and the fields that C code keeps: `errno`, `encoding`, `name`, `code` ...), notes, cause,
context, children of a group, and the traceback as text. `raised` makes the exception again.

Every value is written on its own, so that one that can't be written (a `response`) costs that attribute alone: it is
dropped and listed. An exception must always be recorded, so nothing here lets an error of the user's `__str__` or
`__repr__` out.
"""

from __future__ import annotations

import builtins
import json
import os
import traceback as traceback_module
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from types import FrameType, GetSetDescriptorType, MemberDescriptorType, TracebackType
from typing import TYPE_CHECKING, Any

from ..errors import EXHAUSTED, PayloadLimitError, SerializationError
from ..limits import LARGEST_PAYLOAD_BYTES
from .scalars import Node

if TYPE_CHECKING:
    from . import Codec

MAX_DEPTH = 16
MAX_CHILDREN = 100
MAX_TEXT = 20_000

TRACEBACK = "_wfc_traceback"
MESSAGE = "_wfc_message"
BASES = "_wfc_bases"
OWN_ATTRIBUTES = frozenset({EXHAUSTED, TRACEBACK, MESSAGE, "__notes__"})

_RUNTIME = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def encode_exception(error: BaseException, codec: Codec) -> bytes:
    """Return the recorded form of `error`; never raises for what the exception holds."""
    return json.dumps(_Recorder(codec).node(error, 0), separators=(",", ":")).encode("ascii")


def describe_exception(data: bytes) -> dict[str, Any]:
    """Return `{"type", "message", "traceback", "cause"?}` of a recorded exception, for people and other tools."""
    return _described(read_node(data))


def headline(described: Mapping[str, Any]) -> str:
    """Return a described exception in one line: its type, and the first line of its message."""
    return f"{described['type']}: {described['message']}".partition("\n")[0]


def traceback_of(error: BaseException) -> str | None:
    """Return the text of the traceback that a rebuilt exception had where it was raised first."""
    text = getattr(error, "__dict__", {}).get(TRACEBACK)
    return text if isinstance(text, str) else None


def read_node(data: bytes) -> Node:
    """Return the recorded parts; `SerializationError` where `data` is no recorded exception."""
    try:
        node = json.loads(data.decode("ascii"))
    except (ValueError, RecursionError) as error:
        raise SerializationError(f"can't read a recorded exception: {error}") from error
    if not isinstance(node, dict) or not isinstance(node.get("type"), str):
        raise SerializationError("can't read a recorded exception: these are not the parts of one")
    return node


class _Recorder:
    """Writes one exception with everything that hangs on it; each exception object once."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._seen: set[int] = set()
        self._room = LARGEST_PAYLOAD_BYTES // 2  # what is left is for messages and tracebacks, which are cut to size

    def node(self, error: BaseException, depth: int) -> Node:
        self._seen.add(id(error))
        cls = type(error)
        message = _shortened(_safe(lambda: str(error)))
        node: Node = {"type": self._codec.names.name_of(cls), "bases": self._bases(cls), "message": message}
        dropped: list[str] = []
        # The arguments of a group are its message and its children, which are written as such.
        args = () if isinstance(error, BaseExceptionGroup) else _arguments(error)
        if written := self._values(((f"args[{i}]", arg) for i, arg in enumerate(args)), dropped, depth):
            node["args"] = [*written.values()]
        for part, attributes in (("state", state_of(error)), ("fields", c_fields_of(error))):
            if values := self._values(attributes, dropped if part == "state" else [], depth, replace=False):
                node[part] = values
        if cls.__name__ == "ValidationError" and cls.__module__.partition(".")[0] == "pydantic_core":
            with suppress(PayloadLimitError):
                node["details"] = self._validation_details(error)
        if notes := [note for note in getattr(error, "__notes__", ()) if isinstance(note, str)]:
            node["notes"] = [_shortened(note) for note in notes[:MAX_CHILDREN]]
        if dropped:
            node["dropped"] = dropped
        if isinstance(error, BaseExceptionGroup):
            node["message"] = error.message
            node["children"] = [
                self.node(child, depth + 1)
                for child in error.exceptions[:MAX_CHILDREN]
                if depth < MAX_DEPTH and id(child) not in self._seen
            ]
        self._add_chain(node, error, depth)
        node["traceback"] = self._traceback(error, message)
        return node

    def _bases(self, cls: type[BaseException]) -> list[str]:
        """Name the classes from this one down to BaseException; those of a stand-in are those that were recorded."""
        recorded = vars(cls).get(BASES)
        if recorded is not None:
            return list(recorded)
        return [self._codec.names.name_of(base) for base in cls.__mro__ if base is not object]

    def _values(
        self, values: Iterator[tuple[str, Any]], dropped: list[str], depth: int, replace: bool = True
    ) -> dict[str, Any]:
        """Write each value as text of its own; what can't be written is replaced by its `repr`, or dropped."""
        written: dict[str, Any] = {}
        for name, value in values:
            if isinstance(value, BaseException) and depth < MAX_DEPTH and id(value) not in self._seen:
                written[name] = self.node(value, depth + 1)
                continue
            try:
                written[name] = self._written(value)
            except Exception:  # noqa: BLE001 (SerializationError, or whatever a registered function raises)
                dropped.append(name)
                if replace:
                    written[name] = json.dumps(_safe(lambda value=value: repr(value))[:500])  # type: ignore[misc]
        return written

    def _written(self, value: Any) -> str:
        """Write one value, as long as there is room for it."""
        data = self._codec.encode(value)
        if len(data) > self._room:
            raise PayloadLimitError("an exception's values take too much room")
        self._room -= len(data)
        return data.decode("ascii")

    def _add_chain(self, node: Node, error: BaseException, depth: int) -> None:
        context = None if error.__suppress_context__ else error.__context__
        for part, linked in (("cause", error.__cause__), ("context", context)):
            if linked is not None and id(linked) not in self._seen and depth < MAX_DEPTH:
                node[part] = self.node(linked, depth + 1)

    def _validation_details(self, error: Any) -> str:
        """Write what pydantic needs to make its ValidationError again; inputs that can't be written as text."""
        lines = []
        for line in error.errors(include_url=False):
            context = {key: _writable(self._codec, item) for key, item in line.get("ctx", {}).items()}
            written = {"type": line["type"], "loc": line["loc"], "msg": line["msg"], "ctx": context}
            lines.append({**written, "input": _writable(self._codec, line["input"])})
        return self._written({"title": error.title, "lines": lines})

    def _traceback(self, error: BaseException, message: str) -> str:
        """Format where the error came from: in this process, and before that where it was recorded first."""
        frames = "".join(_frames(error.__traceback__))
        head = f"{shown_name(self._codec.names.name_of(type(error)))}: {message}".rstrip(": ")
        earlier = traceback_of(error)
        if earlier is not None:
            text = f"{earlier.rstrip()}\n\nraised again by:\n{frames}" if frames else earlier
        else:
            text = f"Traceback (most recent call last):\n{frames}{head}\n" if frames else f"{head}\n"
        return _shortened(text)


def state_of(error: BaseException) -> Iterator[tuple[str, Any]]:
    """Yield the attributes of an exception: its instance dict, then the slots of its Python classes."""
    for name, value in list(BaseException.__getattribute__(error, "__dict__").items()):
        if isinstance(name, str) and name not in OWN_ATTRIBUTES:
            yield (name, value)
    for cls in type(error).__mro__:
        if not is_builtin(cls):
            yield from _descriptors(error, cls, (MemberDescriptorType,))


def c_fields_of(error: BaseException) -> Iterator[tuple[str, Any]]:
    """Yield the fields that the builtin bases keep outside of the instance dict (`errno`, `name`, `code` ...)."""
    for cls in type(error).__mro__:
        if is_builtin(cls) and cls is not object:
            yield from _descriptors(error, cls, (MemberDescriptorType, GetSetDescriptorType))


def is_builtin(cls: type) -> bool:
    """Is `cls` one of the classes in the `builtins` module?"""
    return vars(builtins).get(cls.__name__) is cls


def shown_name(class_name: str) -> str:
    """Return a recorded class name as a traceback shows it: `builtins:ValueError` becomes `ValueError`."""
    return class_name.removeprefix("builtins:").replace(":", ".")


def _descriptors(error: BaseException, cls: type, kinds: tuple[type, ...]) -> Iterator[tuple[str, Any]]:
    for name, found in vars(cls).items():
        if isinstance(found, kinds) and not name.startswith("__") and name != "args":
            descriptor: Any = found
            try:
                value = descriptor.__get__(error)
            except Exception:  # noqa: BLE001 (a slot that is not set, a C field that is not initialised)
                continue
            if value is not None:
                yield (name, value)


def _arguments(error: BaseException) -> tuple[Any, ...]:
    return BaseException.args.__get__(error)  # type: ignore[attr-defined, no-any-return]  # a C field


def _frames(trace: TracebackType | None) -> list[str]:
    """Format the frames; those of wfc's runtime, its threads, route modules and the import system are left out."""
    stack = traceback_module.extract_tb(trace)
    shown = [not _is_machinery(frame) for frame, _ in traceback_module.walk_tb(trace)]
    kept = [summary for summary, keep in zip(stack, shown, strict=True) if keep]
    return traceback_module.StackSummary.from_list(kept).format()


def _is_machinery(frame: FrameType) -> bool:
    name = str(frame.f_globals.get("__name__", ""))
    is_route = name.startswith("_r_") and name.endswith(".route") and name.count(".") == 1
    is_library = name.partition(".")[0] == "importlib" or name == "concurrent.futures.thread"  # where `def` steps run
    return is_route or is_library or frame.f_code.co_filename.startswith(_RUNTIME)


def _writable(codec: Codec, value: object) -> object:
    try:
        codec.encode(value)
    except Exception:  # noqa: BLE001 (as above: whatever can't be written is shown instead)
        return _safe(lambda: str(value) if isinstance(value, BaseException) else repr(value))[:500]
    return value


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT // 2]}\n  ...\n{text[-MAX_TEXT // 2 :]}"


def _safe(text: Callable[[], str]) -> str:
    try:
        return text()
    except Exception as error:  # noqa: BLE001 (a user's __str__ or __repr__)
        return f"<no text: {type(error).__name__}>"


def _described(node: Node) -> dict[str, Any]:
    described = {
        "type": shown_name(node["type"]),
        "message": node.get("message", ""),
        "traceback": _whole_traceback(node),
    }
    if isinstance(node.get("cause"), dict):
        described["cause"] = _described(node["cause"])
    return described


def _whole_traceback(node: Node) -> str:
    """Return a node's traceback with its notes, and those of a group's children, indented."""
    parts = [node.get("traceback", "").rstrip(), *node.get("notes", ())]
    for index, child in enumerate(node.get("children", ()), 1):
        parts.append(f"  +-- {index} --")
        parts.extend(f"  | {line}" for line in _whole_traceback(child).splitlines())
    return "\n".join(parts) + "\n"
