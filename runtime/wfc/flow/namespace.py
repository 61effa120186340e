"""`locals()`, `vars()` and `dir()` in lowered code: the caller's variables, without the one that lowering adds."""

from __future__ import annotations

import builtins
import sys
from inspect import CO_OPTIMIZED
from types import FrameType
from typing import Any

from .guards import ADDED


def locals() -> Any:
    """Return the local variables of the caller."""
    return _variables(sys._getframe(1))


def vars(*objects: Any) -> Any:
    """Return the attributes of an object; without one, the local variables of the caller."""
    return builtins.vars(*objects) if objects else _variables(sys._getframe(1))


def dir(*objects: Any) -> list[str]:
    """Return the names of an object's attributes; without one, those of the caller's variables."""
    return builtins.dir(*objects) if objects else sorted(_variables(sys._getframe(1)))


def _variables(frame: FrameType) -> Any:
    if not frame.f_code.co_flags & CO_OPTIMIZED:
        return frame.f_locals  # the namespace of a class body, which it may write into
    return {name: value for name, value in frame.f_locals.items() if not isinstance(value, ADDED)}
