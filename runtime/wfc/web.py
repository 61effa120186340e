"""Errors that a web framework should answer with 404.

Comes in: a HookNotFoundError or RunNotFoundError that host code is about to see. Goes out: the same error; in a process
that has loaded Starlette, with a class that Starlette and FastAPI answer with its status. They look at nothing but
their own exception class: without this, a late resume or a mistyped run id would be a server error.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .errors import HookNotFoundError, RunNotFoundError


@contextmanager
def not_found_as_404() -> Iterator[None]:
    """Let what isn't found leave the block as an error that ASGI frameworks know."""
    try:
        yield
    except (HookNotFoundError, RunNotFoundError) as error:
        raise _for_starlette(error) from None


def _for_starlette(error: HookNotFoundError | RunNotFoundError) -> BaseException:
    starlette: Any = sys.modules.get("starlette.exceptions")
    if starlette is None or isinstance(error, starlette.HTTPException):
        return error
    base = type(error)
    cls = type(f"Http{base.__name__}", (base, starlette.HTTPException), {"headers": None})
    answer: BaseException = cls.__new__(cls, *error.args)
    answer.args = error.args
    answer.__dict__.update(error.__dict__)
    return answer
