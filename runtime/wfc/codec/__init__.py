"""Values to bytes and back: what the event log holds.

Comes in: any value that may cross a durable boundary. Goes out: tagged JSON in ASCII, the same bytes in every process;
and from such bytes the value again, or plain JSON for people and other tools. Never pickle, and nothing is imported
because data names it.

    encode       values to bytes            decode       bytes to values
    objects      taking objects apart       rebuild      making them again
    scalars      the leaves                 classes      class names, and who finds the class for one
    validation   annotations                signature    the arguments and the result of one function
    registry     @serializable              plain        bytes to plain JSON
    exceptions   exceptions to bytes        raised       bytes to exceptions
    refusal      what can't be written, and what to do instead
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, TypeAlias

from ..errors import TypeValidationError
from ..limits import LARGEST_PAYLOAD_BYTES, check_payload
from .classes import ClassNames, LoadedClasses, ModuleNames, TypeResolver
from .decode import Arguments, Decoder
from .encode import Encoder
from .exceptions import describe_exception, encode_exception, traceback_of
from .plain import to_plain
from .raised import rebuild_exception
from .registry import register_serializable, serializable
from .signature import SignatureCodec
from .validation import MismatchError, Validators

__all__ = [
    "Arguments",
    "ClassNames",
    "Codec",
    "LoadedClasses",
    "ModuleNames",
    "SignatureCodec",
    "TypeResolver",
    "describe_exception",
    "digest",
    "encode_exception",
    "rebuild_exception",
    "register_serializable",
    "serializable",
    "to_plain",
    "traceback_of",
]

CODEC_VERSION = 1

StandIns: TypeAlias = dict[tuple[tuple[str, ...], tuple[type[BaseException], ...]], type[BaseException]]


class Codec:
    """Writes and reads values for one route or process; `names` and `resolver` say what its classes are called."""

    def __init__(self, names: ClassNames | None = None, resolver: TypeResolver | None = None) -> None:
        self.names: ClassNames = names or ModuleNames()
        self.resolver: TypeResolver = resolver or LoadedClasses()
        self.validators = Validators()
        self.stand_ins: StandIns = {}  # the classes made for exceptions whose own class is unknown here
        self._encoder = Encoder(self.names)
        self._decoder = Decoder(self.names, self.resolver, self.validators)

    def encode(self, value: object, path: str = "") -> bytes:
        """Return the bytes of `value`; `SerializationError` names the place (below `path`), the type and a fix.

        `PayloadLimitError`, one of those, where they are too many.
        """
        data = self._encoder.encode(value, path)
        if len(data) > LARGEST_PAYLOAD_BYTES:
            check_payload(data, path)
        return data

    def encode_arguments(self, arguments: Arguments, path: str = "") -> bytes:
        """Return the bytes of a call that has arguments by position."""
        data = self._encoder.encode_arguments(arguments, path)
        if len(data) > LARGEST_PAYLOAD_BYTES:
            check_payload(data, path)
        return data

    def decode(self, data: bytes, annotation: Any = Any) -> Any:
        """Return the value; with an annotation as that has it, else `TypeValidationError`.

        `SerializationError` for bytes that the codec has not written.
        """
        value = self._decoder.decode(data)
        if annotation is Any:
            return value
        try:
            return self.validators.check(value, annotation)
        except MismatchError as mismatch:
            raise TypeValidationError(f"the value doesn't match its annotation: {mismatch}") from mismatch.__cause__

    def to_plain(self, data: bytes) -> Any:
        """Return a recorded value as plain JSON data, without any class."""
        return to_plain(data)

    def from_plain(self, value: Any, annotation: Any = Any) -> Any:
        """Return plain JSON data as `annotation` has it (ISO text for a date, a list for a set)."""
        try:
            return self.validators.check_plain(value, annotation)
        except MismatchError as mismatch:
            raise TypeValidationError(f"the input doesn't match: {mismatch}") from mismatch.__cause__


def digest(data: bytes) -> bytes:
    """Return the 128-bit digest by which recorded and issued arguments are compared."""
    return blake2b(data, digest_size=16).digest()
