"""Log records that say which run, step and attempt they belong to.

Comes in: whatever this process logs. Goes out: the same records with the attributes `run_id`, `workflow`, `step` and
`attempt`, empty outside of a run, so that any handler's format may name them: `%(run_id)s`. The worker's own records
have them, those of step bodies, and those of workflows, which are logged once, not again on each replay.

`wfc worker` and `wfc run` do this by themselves. A program with a worker of its own calls `carry_context()`, and then
sets up handlers as it likes.
"""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from .context import current_run, current_step
from .ids import short_name

Format = Literal["text", "json"]
Fields = dict[str, str | int]

NAMES = ("run_id", "workflow", "step", "attempt")
_TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"} | set(NAMES)
_OUTSIDE: Fields = dict.fromkeys(NAMES, "")

_about: ContextVar[Fields | None] = ContextVar("wfc_log_fields", default=None)


def carry_context() -> None:
    """Give every record of this process the attributes above; idempotent.

    When the record is handled, not when it is made: the standard library refuses `extra` with names that are taken.
    """
    original = logging.Logger.handle
    if getattr(original, "_wfc_context", False):
        return

    def handle(logger: logging.Logger, record: logging.LogRecord) -> None:
        record.__dict__.update({**_OUTSIDE, **present_fields(), **_given(record)})
        original(logger, record)

    handle._wfc_context = True  # type: ignore[attr-defined]
    logging.Logger.handle = handle  # type: ignore[method-assign, assignment]


def present_fields() -> Fields:
    """Return what is known of the step or workflow whose code is running."""
    step = current_step.get()
    if step is not None:
        return {
            "run_id": step.run_id,
            "workflow": short_name(step.workflow_id),
            "step": short_name(step.step_name),
            "attempt": step.attempt,
        }
    flow = current_run.get()
    if flow is not None:
        return {"run_id": flow.run_id, "workflow": short_name(flow.route.workflow_id)}
    return _about.get() or {}


@contextmanager
def about(run_id: str, workflow_id: str) -> Iterator[None]:
    """In its block, what is logged is of this run."""
    token = _about.set({"run_id": run_id, "workflow": short_name(workflow_id)})
    try:
        yield
    finally:
        _about.reset(token)


def set_up(format: Format, level: str) -> TextIO | Printed:
    """Log to stderr in this format, and return what stands for stdout: what is printed is no data of the command.

    With `json`, each printed line is a record of its own, so that every line of stderr can be read.
    """
    carry_context()
    handler = StderrHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if format == "json" else TextFormatter(_TEXT))
    logging.basicConfig(level=level.upper(), handlers=[handler])
    return Printed() if format == "json" else sys.stderr


class StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to stderr as long as somebody reads it: what can't be told is no reason to stop working."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Drop the record. The original would write to stderr, and raise where a step has closed that."""


class TextFormatter(logging.Formatter):
    """A line for people, with the run, step and attempt at its end."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and a traceback where there is one."""
        known = [f"{name}={value}" for name in NAMES if (value := getattr(record, name, ""))]
        first, *rest = super().format(record).split("\n")
        return "\n".join([f"{first} [{' '.join(known)}]" if known else first, *rest])


class JsonFormatter(logging.Formatter):
    """One JSON object on a line: time, level, logger, message, the fields, an exception, and what `extra` holds."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object; what JSON can't say is written as text."""
        shown: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        shown |= {name: value for name in NAMES if (value := getattr(record, name, ""))}
        shown |= {name: value for name, value in vars(record).items() if name not in _STANDARD and name not in shown}
        if record.exc_info and record.exc_info[0] is not None:
            shown["exception"] = "".join(traceback.format_exception(*record.exc_info)).rstrip()
        return json.dumps(shown, ensure_ascii=False, default=str)


class Printed(io.TextIOBase):
    """Stands for stdout where lines have to be records: each line that is printed is one, of the logger `wfc.printed`.

    Pieces of a line are kept apart by who prints them.
    """

    def __init__(self) -> None:
        self._log = logging.getLogger("wfc.printed")
        self._begun: dict[tuple[object, ...], str] = {}

    def write(self, text: str) -> int:
        """Take text, and log the lines that it completes."""
        whose = (threading.get_ident(), *present_fields().values())
        *lines, rest = (self._begun.pop(whose, "") + text).split("\n")
        if rest:
            self._begun[whose] = rest
        for line in lines:
            self._log.info("%s", line)
        return len(text)

    def writable(self) -> bool:
        """Return True."""
        return True


def _given(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name in NAMES if (value := record.__dict__.get(name))}
