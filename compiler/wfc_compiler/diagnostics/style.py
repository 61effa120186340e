"""Colour for terminals, the same text with and without it, and how wide they are.

In: a stream and the environment. Out: a `Style`, which `text` and the commands paint with.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

from .values import Severity

_WIDEST = 140
_NARROWEST = 40
_CODES = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.INFO: "1;36"}


@dataclass(frozen=True)
class Style:
    """Wraps text in ANSI codes, or leaves it alone; `width` is how many columns code may take."""

    colour: bool = False
    width: int = _WIDEST

    def severity(self, text: str, severity: Severity) -> str:
        """Return text in the colour of a severity."""
        return self._wrap(text, _CODES[severity])

    def bold(self, text: str) -> str:
        """Return emphasised text."""
        return self._wrap(text, "1")

    def dim(self, text: str) -> str:
        """Return text that may be overlooked."""
        return self._wrap(text, "2")

    def _wrap(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text


PLAIN = Style()


def style_for(stream: TextIO, environ: Mapping[str, str] = os.environ) -> Style:
    """Return the style for a stream: `NO_COLOR` and `FORCE_COLOR` win over what it is."""
    terminal = stream.isatty()
    width = _WIDEST
    if terminal:
        width = min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)
    if environ.get("NO_COLOR"):
        return Style(width=width)
    forced = bool(environ.get("FORCE_COLOR"))
    return Style(colour=forced or (terminal and environ.get("TERM") != "dumb"), width=width)
