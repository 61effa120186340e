"""What the `except` clauses of lowered flow code evaluate, while the exception in question is in flight.

    except FatalError:               ->  except _flow.fatal(FatalError):
    except openai.RateLimitError:    ->  except _flow.caught("openai.RateLimitError"):

Both answer with the exception's own class where it is to be caught. A flow doesn't import a package only to catch what
a step has raised: the classes that an exception derives from are recorded with it, by name.
"""

from __future__ import annotations

import sys
from importlib import import_module

from ..codec.exceptions import BASES
from ..errors import is_exhausted


class _Nothing(BaseException):
    """Is never raised, so that a clause with it matches nothing."""


def fatal(expression: type[BaseException]) -> type[BaseException]:
    """Widen `FatalError` in an `except` clause: a step's last exception is caught, whatever its class."""
    current = sys.exception()
    return type(current) if current is not None and is_exhausted(current) else expression


def caught(*names: str) -> type[BaseException]:
    """Return the class of the exception in flight if it derives from one that is named, else one that catches nothing.

    A name is where the user's source finds the class, which may not be where it is defined, as with
    `pydantic.ValidationError`. So a package is looked into where it is loaded anyway; else it is imported only if the
    exception has a base of the same package or class name, and not of the very name.
    """
    current = sys.exception()
    if current is not None and any(_derives(type(current), name) for name in names):
        return type(current)
    return _Nothing


def _derives(cls: type[BaseException], name: str) -> bool:
    bases = _base_names(cls)
    module, _, class_name = name.rpartition(".")
    if any(base.replace(":", ".") == name for base in bases):
        return True
    package = module.partition(".")[0]
    of_package = [base for base in bases if base.partition(":")[0].partition(".")[0] == package]
    same_name = [base for base in bases if base.rpartition(":")[2] == class_name]
    found = _find(module, class_name, load=bool(of_package or same_name))
    if found is None:  # not installed here: the class's own name has to do
        return any(base in of_package for base in same_name)
    return issubclass(cls, found) or f"{found.__module__}:{found.__qualname__}" in bases


def _base_names(cls: type[BaseException]) -> set[str]:
    names: set[str] = set()
    for base in cls.__mro__:
        names.update(vars(base).get(BASES, (f"{base.__module__}:{base.__qualname__}",)))
    return names


def _find(module: str, class_name: str, *, load: bool) -> type[BaseException] | None:
    try:
        found = getattr(import_module(module) if load else sys.modules.get(module), class_name, None)
    except Exception:  # noqa: BLE001 - whatever keeps a package from being imported here
        return None
    return found if isinstance(found, type) and issubclass(found, BaseException) else None
