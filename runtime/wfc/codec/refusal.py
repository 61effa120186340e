"""What the codec says about a value that it can't write: where it is, what it is, what to do instead.

Comes in: the value that can't be written. Goes out: a `RefusedError`, which the encoder's containers complete with the
path on its way up and which `Encoder.encode` turns into `wfc.errors.SerializationError`.
"""

from __future__ import annotations

import collections
import io
import sys
import threading
import types
from collections.abc import Callable
from typing import TypeAlias

from ..errors import SerializationError

MAX_DEPTH = 200

_Kind: TypeAlias = tuple[tuple[type, ...], str, str]  # the types, what one is called, what to do instead


class RefusedError(Exception):
    """Raised where a value can't be written; each container on the way up adds its own step of the path.

    It never leaves the codec. The path is built only on failure, so that success pays nothing for it.
    """

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fix = fix
        self.steps: list[tuple[str, int]] = []

    def below(self, step: str, container: object) -> RefusedError:
        """Add the step that leads from `container` to the refused value."""
        self.steps.append((step, id(container)))
        return self

    def as_error(self, path: str) -> SerializationError:
        """Return the public error, with the whole path under `path`."""
        steps = self.steps[::-1]
        seen: set[int] = set()
        for index, (_, container) in enumerate(steps):
            if container in seen:
                where = path + "".join(step for step, _ in steps[:index])
                return SerializationError(
                    f"can't record the value{_at(where)}: it contains itself (a cycle); pass identifiers instead of "
                    "objects that refer to each other"
                )
            seen.add(container)
        where = path + "".join(step for step, _ in steps)
        if len(where) > 300:
            where = f"{where[:150]}...{where[-60:]}"
        return SerializationError(f"can't record the value{_at(where)}: {self.reason}; {self.fix}")


def too_deep() -> RefusedError:
    """Return the refusal of a value that is nested beyond the limit (or that contains itself)."""
    return RefusedError(f"it is nested more than {MAX_DEPTH} levels deep", "flatten it, or store it and pass its key")


def refuse(value: object, name: str) -> RefusedError:
    """Return the refusal of a value whose type the codec doesn't write; `name` is the type's name."""
    for kinds, what, fix in (*_asyncio_kinds(), *_KNOWN):
        if isinstance(value, kinds):
            return RefusedError(f"{what} ({name}) can't be recorded", fix)
    for base in (str, int, float, bytes, dict, list, tuple, set, frozenset, complex):
        if isinstance(value, base):
            return RefusedError(
                f"{name} is a subclass of {base.__name__} that the codec doesn't know",
                f"pass {base.__name__}(value), or register the class with @wfc.serializable",
            )
    top = type(value).__module__.partition(".")[0]
    if top in ("numpy", "pandas", "torch", "polars"):
        return RefusedError(f"{name} can't be recorded", "pass .item(), .tolist() or .to_dict(), or a file's path")
    if top in ("pydantic", "pydantic_core") and type(value).__name__.startswith("Secret"):
        return RefusedError(f"{name} is a secret, and what is recorded can be read", "read the secret in the step")
    if top in sys.stdlib_module_names:
        return RefusedError(f"{name} can't be recorded", "pass the data it is made from, for example str(value)")
    return RefusedError(
        f"{name} is not a type that can be recorded",
        "make it a dataclass or a pydantic model, or register it with @wfc.serializable",
    )


def _asyncio_kinds() -> tuple[_Kind, ...]:
    """Return the kinds of asyncio, where it is loaded: importing it takes longer than all of the codec."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return ()
    locks = (asyncio.Lock, asyncio.Event, asyncio.Condition, asyncio.Semaphore, asyncio.Queue)
    return (((asyncio.Future,), *_AWAIT), (locks, *_LOCK))


def _at(where: str) -> str:
    return f" at {where}" if where else ""


_AWAIT = ("something that has not been awaited", "await it and pass its result")
_LOCK = ("a lock", "create it where it is used")
_LOCK_MAKERS: tuple[Callable[[], object], ...] = (
    threading.Lock,
    threading.RLock,
    threading.Condition,
    threading.Event,
    threading.Semaphore,
)
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.MethodWrapperType)
_LAZY = (types.GeneratorType, types.AsyncGeneratorType, map, filter, zip, range, enumerate)
_VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()), collections.deque)
# The first match wins, so subclasses stand before their bases.
_KNOWN: tuple[_Kind, ...] = (
    ((types.CoroutineType,), *_AWAIT),
    (_FUNCTIONS, "a function", "pass data, and choose the function where it is called"),
    ((type, types.GenericAlias), "a class", "pass its name, and choose the class where it is used"),
    ((types.ModuleType,), "a module", "import it where it is used"),
    ((io.IOBase,), "an open file", "pass its path or its content"),
    (_LAZY, "an iterator", "pass list(value)"),
    (_VIEWS, "a view or a queue", "pass list(value)"),
    ((bytearray, memoryview), "a buffer", "pass bytes(value)"),
    ((types.MappingProxyType,), "a view of a dict", "pass dict(value)"),
    ((BaseException,), "an exception", "raise it, or pass str(value)"),
    (tuple({type(make()) for make in _LOCK_MAKERS}), *_LOCK),
)
