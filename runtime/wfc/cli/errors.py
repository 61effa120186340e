"""Recorded errors as text for a person: in one line, the place in the source, the whole traceback."""

from __future__ import annotations

import re
from typing import Any

from ..codec.exceptions import headline
from .session import shortened

Json = dict[str, Any]

_FILE_LINE = re.compile(r'File "([^"]+)", line (\d+)')
_LIBRARY = re.compile(r"[/\\](site-packages|dist-packages|lib[/\\]python\d[\d.]*)[/\\]|^<")


def error_line(error: Json | None) -> str:
    """Return an error in one line."""
    return shortened(headline(error), 200) if error else ""


def place_of(error: Json) -> str:
    """Return `file:line` of where an error was raised first; empty where its traceback tells none.

    That is in code of the user's, where there is some: a line of the standard library says little.
    """
    first = str(error.get("traceback") or "").partition("\nraised again by:")[0]
    places = _FILE_LINE.findall(first)
    own = [place for place in places if not _LIBRARY.search(place[0])] or places
    return f"{own[-1][0]}:{own[-1][1]}" if own else ""


def with_causes(error: Json) -> str:
    """Return a traceback as Python prints it, its causes first; the headline where there is none."""
    text = str(error.get("traceback") or f"{error['type']}: {error['message']}").rstrip()
    if "cause" not in error:
        return text
    told = "The above exception was the direct cause of the following exception:"
    return f"{with_causes(error['cause'])}\n\n{told}\n\n{text}"
