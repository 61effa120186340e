"""What a run leaves behind in its process, where the next run finds it.

In: the route of a workflow. Out: what its modules hold, by name, as text: to be taken before and after a run, and
compared. Memos are left out: what they hold is there to be found again.
"""

from __future__ import annotations

import decimal
import os
import sys
import warnings
from dataclasses import dataclass
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

_DEEP = 4


def traces_of(package: str) -> dict[str, str]:
    """Return what the modules below a route's package hold, with the environment and what else code may set."""
    found = {"os.environ": str(os.environ), "decimal": str(decimal.DefaultContext.prec)}
    for name in _modules_below(package):
        held = {key: value for key, value in vars(sys.modules[name]).items() if not key.startswith("__")}
        found |= {f"{name.partition('.')[2]}.{key}": _text(value, _DEEP) for key, value in held.items()}
    return found


@cache
def _modules_below(package: str) -> list[str]:
    return [name for name in sys.modules if name.startswith(f"{package}.")]


@dataclass
class ProcessState:
    """What all code of a process shares: where it writes, what it warns of, where it is."""

    stdout: object
    stderr: object
    filters: Any
    folder: str
    environment: dict[str, str]

    @classmethod
    def present(cls) -> ProcessState:
        """Return the state as it is."""
        return cls(sys.stdout, sys.stderr, warnings.filters, os.getcwd(), dict(os.environ))

    def differing(self) -> list[str]:
        """Return the names of what isn't as it was."""
        now = ProcessState.present()
        same = {
            "stdout": now.stdout is self.stdout,
            "stderr": now.stderr is self.stderr,
            "filters": now.filters is self.filters,
            "folder": now.folder == self.folder,
            "environment": now.environment == self.environment,
        }
        return [name for name, is_same in same.items() if not is_same]

    def restore(self) -> None:
        """Make the state what it was."""
        sys.stdout, sys.stderr, warnings.filters = self.stdout, self.stderr, self.filters
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.environment)


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Return the names of what a run has changed."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _text(value: Any, deep: int) -> str:
    if deep == 0 or isinstance(value, ModuleType) or type(value).__module__.startswith(("wfc.", "functools")):
        return type(value).__name__
    if isinstance(value, dict):
        return str([(_text(key, deep - 1), _text(item, deep - 1)) for key, item in value.items()])
    if isinstance(value, list | tuple | set | frozenset):
        return str([_text(item, deep - 1) for item in value])
    if isinstance(value, type):
        own = {key: item for key, item in vars(value).items() if not key.startswith("__") and not callable(item)}
        return _text(own, deep) if value.__module__.startswith("_r_") else value.__name__
    if isinstance(value, FunctionType):
        return _text([value.__defaults__, value.__kwdefaults__, vars(value)], deep)
    if hasattr(value, "__dict__"):
        return f"{type(value).__name__} {_text(dict(vars(value)), deep - 1)}"
    return repr(value)
