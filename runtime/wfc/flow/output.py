"""`print` and `logging` in a workflow happen once, not again on each replay.

What a turn writes is kept with the run and let go after the commit of that turn; a replay throws it away. Lowered code
calls `print` here; for logging, `Logger.callHandlers` is wrapped once in a process that runs flows, so that records of
libraries are covered as well.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import logging
import sys
from typing import Any

from ..context import current_run


def print(
    *values: object, sep: str | None = " ", end: str | None = "\n", file: Any = None, flush: bool = False
) -> None:
    """Print like the builtin, once per run and after the turn is durable. Files of the user's own are written at
    once.
    """
    run = current_run.get()
    target = file if file is not None else sys.stdout
    if run is None or target not in (sys.stdout, sys.stderr):
        builtins.print(*values, sep=sep, end=end, file=file, flush=flush)
        return
    if not run.live:
        return
    text = io.StringIO()
    builtins.print(*values, sep=sep, end=end, file=text)
    stream = "stderr" if target is sys.stderr else "stdout"
    run.add_effect(lambda: builtins.print(text.getvalue(), end="", file=getattr(sys, stream), flush=flush))


def hold_back_log_records() -> None:
    """Make log records of flows wait for their turn's commit; idempotent."""
    original = logging.Logger.callHandlers
    if getattr(original, "_wfc", False):
        return

    def call_handlers(logger: logging.Logger, record: logging.LogRecord) -> None:
        run = current_run.get()
        if run is None:
            original(logger, record)
        elif run.live:
            with contextlib.suppress(Exception):  # the handler says so when arguments don't fit, and raises nothing
                record.msg, record.args = record.getMessage(), None  # the arguments may change before the commit
            run.add_effect(lambda: original(logger, record))

    call_handlers._wfc = True  # type: ignore[attr-defined]
    logging.Logger.callHandlers = call_handlers  # type: ignore[method-assign, assignment]
