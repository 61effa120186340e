"""The arguments and the result of one function, as they are recorded.

Comes in: a step's or workflow's function. Goes out: bytes for a call's arguments, and the arguments again, each as its
annotation has it. Arguments are bound by the signature and recorded by parameter name, in the order of the signature,
without the defaults, so that adding a parameter with a default breaks no run in flight. What can't be named
(positional-only parameters, and whatever stands before a filled `*args`) is recorded by position.

    async def add(a: int, *, b: int = 1): ...        add(2, b=3)   ->   {"a":2,"b":3}
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Optional

from ..errors import TypeValidationError
from .decode import Arguments
from .validation import MismatchError, hints_of

if TYPE_CHECKING:
    from . import Codec

_Parameter = inspect.Parameter
_NAMED = (_Parameter.POSITIONAL_OR_KEYWORD, _Parameter.KEYWORD_ONLY)
_POSITIONAL = (_Parameter.POSITIONAL_ONLY, _Parameter.POSITIONAL_OR_KEYWORD)


class SignatureCodec:
    """Writes and reads the calls of one function; annotations are resolved on first use."""

    def __init__(self, func: Callable[..., Any], codec: Codec) -> None:
        self.name: str = getattr(func, "__qualname__", repr(func))
        self._call, self._result = f"{self.name}()", f"{self.name}() result"
        self.signature = inspect.signature(func)
        self._func = func
        self._codec = codec
        self._lazy_hints: dict[str, Any] | None = None
        parameters = self.signature.parameters.values()
        self._names = [parameter.name for parameter in parameters if parameter.kind in _NAMED]
        self._all_names = frozenset(self._names)
        self._required = [p.name for p in parameters if p.kind in _NAMED and p.default is _Parameter.empty]
        # With nothing but named parameters a call can be bound without `Signature.bind`, which takes 3 us.
        self._simple = len(self._names) == len(parameters)
        self._positional = [p.name for p in parameters if p.kind in _POSITIONAL] if self._simple else []

    # -- the caller's side

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Arguments:
        """Return the call's arguments by position and by name; `TypeError` as Python's own where they don't fit."""
        if self._simple:
            bound = self._bind_names(args, kwargs)
            if bound is not None:
                return Arguments([], bound)
        try:
            arguments = self.signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise TypeError(f"{self.name}() {error}") from None
        return self._split(arguments)

    def encode_args(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bytes:
        """Bind a call and return its recorded arguments; errors name the parameter and the path inside its value."""
        return self._write(self.bind(args, kwargs))

    def decode_result(self, data: bytes) -> Any:
        """Return a recorded result as the return annotation has it."""
        return self._checked(self._codec.decode(data), self._hints.get("return", Any), "the result")

    # -- the callee's side

    def decode_args(self, data: bytes) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return `(args, kwargs)` to call the function with, each value as its annotation has it."""
        args, kwargs = self._read(data)
        fits = (
            self._simple and not args and (kwargs.keys() == self._all_names or self._bind_names((), kwargs) is not None)
        )
        if not fits:
            try:
                self.signature.bind(*args, **kwargs)
            except TypeError as error:
                raise TypeValidationError(
                    f"{self.name}: the recorded arguments don't fit its signature any more: {error}"
                ) from error
        return self._validate(args, kwargs, self._checked)

    def encode_result(self, value: object) -> bytes:
        """Return the recorded form of what the function returned."""
        return self._codec.encode(value, self._result)

    # -- the command line's side

    def from_plain_args(self, given: object) -> bytes:
        """Return recorded arguments for a JSON object with a value per parameter name.

        `TypeValidationError` names every parameter that is missing, unexpected or of the wrong type.
        """
        if not isinstance(given, dict):
            raise TypeValidationError(
                f"{self.name}: the input must be a JSON object with a value per parameter "
                f"({', '.join(self._accepted()) or 'it takes none'}), not {_kind(given)}"
            )
        problems = self._misfits(given)
        values: dict[str, Any] = {}
        for name, value in given.items():
            try:
                values[name] = self._plain_value(name, value)
            except TypeValidationError as error:
                problems.append(str(error).removeprefix(f"{self.name}: "))
        if problems:
            raise TypeValidationError(f"{self.name}: {'; '.join(problems)}")
        rest = next((p.name for p in self.signature.parameters.values() if p.kind is _Parameter.VAR_POSITIONAL), None)
        if values.get(rest or ""):
            # What follows by position needs its place: the defaults before it are given, too.
            values = {**{name: self.signature.parameters[name].default for name in self._before_rest()}, **values}
        return self._write(self._split(self._ordered(values)))

    def _before_rest(self) -> list[str]:
        """Return the parameters with a default that a call can give by position."""
        positional = (_Parameter.POSITIONAL_ONLY, _Parameter.POSITIONAL_OR_KEYWORD)
        parameters = self.signature.parameters.values()
        return [p.name for p in parameters if p.kind in positional and p.default is not _Parameter.empty]

    def _bind_names(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any] | None:
        """Bind a call to named parameters only; None where it doesn't fit, so that `bind` says why."""
        if len(args) > len(self._positional):
            return None
        values = dict(zip(self._positional, args, strict=False))
        if not kwargs and len(values) == len(self._names):
            return values  # in the order of the signature, and complete
        if kwargs:
            values = {
                name: values[name] if name in values else kwargs[name]
                for name in self._names
                if name in values or name in kwargs
            }
        if len(values) != len(args) + len(kwargs):
            return None
        return values if all(name in values for name in self._required) else None

    def _split(self, arguments: Mapping[str, Any]) -> Arguments:
        """Divide bound arguments into those by position and those by name."""
        parameters = self.signature.parameters
        by_position = any(p.kind is _Parameter.VAR_POSITIONAL and arguments.get(p.name) for p in parameters.values())
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        for name, value in arguments.items():
            kind = parameters[name].kind
            if kind is _Parameter.VAR_POSITIONAL:
                args.extend(value)
            elif kind is _Parameter.VAR_KEYWORD:
                kwargs.update(value)
            elif kind is _Parameter.POSITIONAL_ONLY or (by_position and kind is _Parameter.POSITIONAL_OR_KEYWORD):
                args.append(value)
            else:
                kwargs[name] = value
        return Arguments(args, kwargs)

    # -- bytes

    def _write(self, bound: Arguments) -> bytes:
        args, kwargs = bound
        if not args and "$" not in kwargs:
            return self._codec.encode(kwargs, self._call)
        return self._codec.encode_arguments(bound, self._call)

    def _read(self, data: bytes) -> Arguments:
        recorded = self._codec.decode(data)
        if type(recorded) is Arguments:
            return recorded
        if type(recorded) is dict:
            return Arguments([], recorded)
        raise TypeValidationError(f"{self.name}: what was recorded for this call are no arguments")

    # -- annotations

    @property
    def _hints(self) -> dict[str, Any]:
        if self._lazy_hints is None:
            self._lazy_hints = hints_of(self._func)
            for name, parameter in self.signature.parameters.items():
                # `x: int = None` is wrong and common; the default itself must stay acceptable.
                if parameter.default is None and name in self._lazy_hints:
                    self._lazy_hints[name] = Optional[self._lazy_hints[name]]  # noqa: UP045 (it may be no type)
        return self._lazy_hints

    def _hint(self, name: str) -> Any:
        return self._hints.get(name, Any)

    def _validate(
        self, args: list[Any], kwargs: dict[str, Any], check: Callable[[Any, Any, str], Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if not args and self._simple:
            hints = self._hints
            return (), {
                name: check(value, hints.get(name, Any), f"argument {name!r}") for name, value in kwargs.items()
            }
        checked_args = tuple(
            check(value, self._hint(name), f"argument {name!r}")
            for value, name in zip(args, self._position_names(len(args)), strict=True)
        )
        checked_kwargs = {}
        for name, value in kwargs.items():
            known = name if name in self.signature.parameters else self._variadic(_Parameter.VAR_KEYWORD)
            checked_kwargs[name] = check(value, self._hint(known), f"argument {name!r}") if known else value
        return checked_args, checked_kwargs

    def _position_names(self, count: int) -> list[str]:
        names = [p.name for p in self.signature.parameters.values() if p.kind in _POSITIONAL][:count]
        variadic = self._variadic(_Parameter.VAR_POSITIONAL)
        return names + [variadic or ""] * (count - len(names))

    def _variadic(self, kind: Any) -> str | None:
        return next((p.name for p in self.signature.parameters.values() if p.kind is kind), None)

    def _checked(self, value: Any, annotation: Any, what: str) -> Any:
        try:
            return self._codec.validators.check(value, annotation)
        except MismatchError as mismatch:
            raise TypeValidationError(
                f"{self.name}: {what} doesn't match its annotation: {mismatch}"
            ) from mismatch.__cause__

    # -- plain input

    def _accepted(self) -> list[str]:
        return list(self.signature.parameters)

    def _misfits(self, given: dict[str, Any]) -> list[str]:
        """Say which parameters are missing from a plain input and which of its keys are none."""
        from difflib import get_close_matches

        parameters = self.signature.parameters
        problems = [
            f"missing {name!r}"
            for name, p in parameters.items()
            if p.default is _Parameter.empty and p.kind in (*_NAMED, _Parameter.POSITIONAL_ONLY) and name not in given
        ]
        if self._variadic(_Parameter.VAR_KEYWORD) is None:
            for name in given:
                if name not in parameters:
                    near = get_close_matches(name, parameters, 1)
                    hint = f" (did you mean {near[0]!r}?)" if near else ""
                    accepted = ", ".join(parameters) or "no parameters"
                    problems.append(f"unexpected {name!r}{hint}; it takes {accepted}")
        return problems

    def _plain_value(self, name: str, value: Any) -> Any:
        parameter = self.signature.parameters.get(name)
        if parameter is None:
            variadic = self._variadic(_Parameter.VAR_KEYWORD)
            hint = self._hint(variadic) if variadic else Any
        else:
            hint = self._hint(name)
            if parameter.kind is _Parameter.VAR_POSITIONAL:
                hint = list[hint]  # type: ignore[valid-type]  # made at run time
        try:
            return self._codec.validators.check_plain(value, hint)
        except MismatchError as mismatch:
            raise TypeValidationError(f"{self.name}: argument {name!r} doesn't match: {mismatch}") from mismatch

    def _ordered(self, values: dict[str, Any]) -> dict[str, Any]:
        """Put plain values in the order of the signature; what only `**kwargs` takes comes last, under its name."""
        arguments = {name: values[name] for name in self.signature.parameters if name in values}
        rest = {name: value for name, value in values.items() if name not in arguments}
        variadic = self._variadic(_Parameter.VAR_KEYWORD)
        return {**arguments, variadic: rest} if rest and variadic else arguments


def _kind(value: object) -> str:
    return {list: "a list", str: "a text", type(None): "null", bool: "a boolean"}.get(type(value), "a number")
