"""What a workflow prints and logs happens once, not again on each replay.

What a turn writes is kept with the run and let go after the commit of that turn; a replay throws it away. Lowered code
calls `print` here. Whatever else writes to stdout or stderr (`sys.stderr.write`, `warnings`, `traceback.print_exc`,
a library's own print) finds them replaced while a turn is going on. For logging, `Logger.callHandlers` is wrapped once
in a process that runs flows, so that records of libraries are covered as well.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import logging
import sys
from collections.abc import Iterable
from typing import Any

from ..context import current_run


class HeldBack:
    """Stands for `sys.stdout` or `sys.stderr` during a turn; what other threads write goes through."""

    def __init__(self, name: str, stream: Any) -> None:
        self._name = name
        self.stream = stream

    def write(self, text: str) -> int:
        """Keep a run's text until its turn is durable."""
        run = current_run.get()
        if run is None:
            return int(self.stream.write(text))
        if run.live:
            run.add_effect(lambda: getattr(sys, self._name).write(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write one after the other."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush what isn't held back."""
        if current_run.get() is None:
            self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


_latest: dict[str, HeldBack] = {}


def _held_back(name: str, stream: Any) -> HeldBack:
    """Return what stands for a stream: the same as in the turn before, unless the stream was replaced since."""
    held = _latest.get(name)
    if held is None or held.stream is not stream:
        held = _latest[name] = HeldBack(name, stream)
    return held


class HeldBackOutput:
    """In its block, what the code of a run writes is held back; stdout and stderr are then left as they were."""

    __slots__ = ("_outside",)

    def __enter__(self) -> None:
        self._outside = out, err = sys.stdout, sys.stderr
        if out is not None:  # a process without a terminal may have none
            sys.stdout = _held_back("stdout", out)
        if err is not None:
            sys.stderr = _held_back("stderr", err)

    def __exit__(self, *_: object) -> None:
        sys.stdout, sys.stderr = self._outside


def print(
    *values: object, sep: str | None = " ", end: str | None = "\n", file: Any = None, flush: bool = False
) -> None:
    """Print like the builtin, once per run and after the turn is durable. Files of the user's own, and what stdout was
    redirected to, are written at once.
    """
    run = current_run.get()
    target = file if file is not None else sys.stdout
    if run is None or not isinstance(target, HeldBack):
        builtins.print(*values, sep=sep, end=end, file=file, flush=flush)
    elif run.live:
        text = io.StringIO()
        builtins.print(*values, sep=sep, end=end, file=text)
        target.write(text.getvalue())
        if flush:
            run.add_effect(target.flush)


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

    call_handlers._wfc = True  # type: ignore[attr-defined]  # the mark of the wrapper
    logging.Logger.callHandlers = call_handlers  # type: ignore[method-assign, assignment]  # on purpose
