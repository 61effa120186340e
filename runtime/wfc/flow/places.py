"""Where a workflow stands in the user's source, for messages.

Comes in: a task, or a frame of the thread that runs a turn. Goes out: `file:line` of the innermost code that is neither
asyncio's nor wfc's own.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

# A trailing separator, since `asyncio_extras` may be what the user wrote.
NOT_THE_USERS = (f"{Path(asyncio.__file__).parent}{os.sep}", f"{Path(__file__).parents[1]}{os.sep}")


def place_of(task: asyncio.Task[Any]) -> str:
    """Return where a task stands as `file:line`: the innermost place that is neither asyncio's nor wfc's own."""
    place = "the start of its body"
    awaited: Any = task.get_coro()
    while (frame := getattr(awaited, "cr_frame", None)) is not None:
        file = frame.f_code.co_filename
        if not file.startswith(NOT_THE_USERS):
            place = f"{file}:{frame.f_lineno}"
        awaited = awaited.cr_await
    return place


def place_of_frame(frame: FrameType | None, *, until: CodeType | None = None, others: tuple[str, ...] = ()) -> str:
    """Return where the innermost code of the user's stands among a frame and its callers; empty where there is none.

    `until` is the code whose callers are no part of the turn; `others` are beginnings of file names that aren't the
    user's either.
    """
    found = frame
    while found is not None and found.f_code is not until:
        file = found.f_code.co_filename
        if not file.startswith((*NOT_THE_USERS, *others)):
            return f"{file}:{found.f_lineno}"
        found = found.f_back
    return ""
