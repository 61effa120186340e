"""Colour for terminals: the same text with and without it.

In: a stream and the environment. Out: a `Style`, which `render` and the commands paint with.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

from .values import Severity

_CODES = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.INFO: "1;36"}


@dataclass(frozen=True)
class Style:
    """Wraps text in ANSI codes, or leaves it alone."""

    colour: bool = False

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
    if environ.get("NO_COLOR"):
        return PLAIN
    if environ.get("FORCE_COLOR"):
        return Style(colour=True)
    return Style(colour=stream.isatty() and environ.get("TERM") != "dumb")
