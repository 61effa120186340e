"""The two who must agree about a type: the rule, which reads its source, and the codec, which gets its values."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from wfc.codec import Codec, LoadedClasses, ModuleNames, SignatureCodec
from wfc.errors import SerializationError, TypeValidationError
from wfc_compiler.binder import Module
from wfc_compiler.checking import check_project
from wfc_compiler.rules.values.recordable import Obstacle, Recordable
from wfc_compiler.rules.values.registered import Registered
from wfc_compiler.types import Type, Types

HEAD = """\
import abc, array, asyncio, collections, collections.abc, contextlib, contextvars, dataclasses, datetime, decimal
import email.message, enum, fractions, functools, httpx, io, ipaddress, itertools, logging, os, pathlib, pydantic
import queue, random, re, sqlite3, string, subprocess, threading, time, types, typing
import typing_extensions, urllib.parse, uuid, weakref, zoneinfo
from collections import OrderedDict, defaultdict, deque
from typing import (
    IO, Annotated, Any, Callable, ClassVar, Dict, Generic, Iterable, Iterator, List, Literal, Mapping, NamedTuple,
    NewType, NotRequired, Optional, Protocol, Required, Sequence, Set, Tuple, Type, TypeAlias, TypedDict, TypeVar,
    Union,
)
import pydantic.dataclasses
import wfc

wf = wfc.Workflows()
T = TypeVar("T")
U = TypeVar("U", bound="Callable[[], int]")


"""
_numbers = itertools.count()


class Read:
    """A source whose types both can be asked about."""

    def __init__(self, root: Path, text: str) -> None:
        self.text = f"{HEAD}{text}\n\n@wf.workflow\nasync def nothing(): ...\n"
        (root / "app.py").write_text(self.text, "utf-8")
        program = check_project(root).program
        self.module: Module = program.modules["app"]
        self.types = Types(program.names)
        self.recordable = Recordable(self.types, Registered(program, self.types))
        self._loaded: ModuleType | None = None

    @property
    def loaded(self) -> ModuleType:
        """Return the source, run."""
        if self._loaded is None:
            self._loaded = ModuleType(f"typed_{next(_numbers)}")
            sys.modules[self._loaded.__name__] = self._loaded
            exec(compile(self.text, "app.py", "exec", dont_inherit=True), vars(self._loaded))
        return self._loaded

    def type(self, name: str) -> Type:
        """Return the parameter `x` of a function as the rule reads it."""
        function: Any = self.module.bindings[name][-1].node
        return self.types.of(self.module, function.args.args[0].annotation)

    def leaving(self, name: str) -> Obstacle | None:
        return self.recordable.leaving(self.type(name))

    def arriving(self, name: str) -> Obstacle | None:
        return self.recordable.arriving(self.type(name))

    def codec(self, name: str) -> SignatureCodec:
        """Return what the runtime reads and writes the function's arguments with."""
        return SignatureCodec(getattr(self.loaded, name), Codec(ModuleNames(), LoadedClasses()))


def goes_out(codec: SignatureCodec, value: object) -> bool:
    """Say whether the codec writes a value."""
    return _works(lambda: codec.encode_args((value,), {}))


def comes_in(codec: SignatureCodec, value: object) -> bool:
    """Say whether a value can be given for the parameter: written, read, and found to fit the annotation."""
    return _works(lambda: codec.decode_args(codec.encode_args((value,), {})))


def _works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (SerializationError, TypeValidationError):
        return False
    return True
