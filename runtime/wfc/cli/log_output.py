"""What `wfc worker` and `wfc run` log, on stderr: lines for people, or an object on each line for machines.

Comes in: the records of this process, with the run, step and attempt that they belong to (logs.py), and what is
printed. Goes out: text. stdout stays free for the result of the command.
"""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import traceback
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from ..logs import NAMES, carry_context, present_fields

Format = Literal["text", "json"]

_TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"} | set(NAMES)


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
