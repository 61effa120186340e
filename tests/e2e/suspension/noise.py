"""What Python and its libraries have to complain of while a workflow runs, or is put aside."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch


def complaints(noise: Iterable[str]) -> frozenset[str]:
    """Return what the interpreter itself couldn't raise anywhere; a replay may repeat it."""
    return frozenset(line for line in noise if line.startswith("unraisable"))


@contextmanager
def silence() -> Iterator[list[str]]:
    """Collect warnings, unraisable exceptions and log records; there should be none."""
    noise: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            noise.append(record.getMessage())

    def unraisable(args: Any) -> None:
        noise.append(f"unraisable {args.exc_value!r}")

    handler = Handler(logging.WARNING)
    logging.getLogger().addHandler(handler)
    try:
        with patch.object(sys, "unraisablehook", unraisable), warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = lambda message, *_args, **_options: noise.append(str(message))
            yield noise
    finally:
        logging.getLogger().removeHandler(handler)
