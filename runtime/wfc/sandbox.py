"""Accepted for source compatibility with the Workflow SDK: flows are compiled, so that there is no sandbox to clean up.

`Workflows(sandbox_policy=sandbox.SandboxPolicy(cleanups=sandbox.ALL_CLEANUPS))` means nothing here, and harms nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from .registry import SandboxPolicy

__all__ = [
    "ALL_CLEANUPS",
    "CleanupHandler",
    "SandboxCleanupContext",
    "SandboxPolicy",
    "clear_pydantic_generics_cache",
    "clear_typing_caches",
]

SandboxCleanupContext: TypeAlias = Any
CleanupHandler: TypeAlias = Callable[[SandboxCleanupContext], None]


def clear_typing_caches(context: SandboxCleanupContext) -> None:
    """Do nothing: no module is loaded anew for each replay, and so no cache holds on to one."""


def clear_pydantic_generics_cache(context: SandboxCleanupContext) -> None:
    """Do nothing; see `clear_typing_caches`."""


ALL_CLEANUPS: tuple[CleanupHandler, ...] = (clear_typing_caches, clear_pydantic_generics_cache)
