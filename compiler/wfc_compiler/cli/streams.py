"""stdout and stderr as the commands need them: whatever text there is can be written, wherever it goes.

    a name that the terminal's encoding lacks      \\u540d, which JSON reads, too
    stdout closed before the command began         as /dev/null
    the reader is gone, the disk is full           one line on stderr, exit code 2

In: the process' streams. Out: the same, prepared. Standard library alone: `wfc --help` loads this.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from typing import TextIO

_UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EBADF})


def prepare_streams() -> None:
    """Make stdout and stderr writable for every text."""
    codecs.register_error("wfc-escape", _escaped)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the caller: `wfc check >&-`
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (as long as the process)
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="wfc-escape")


def write(stream: TextIO, text: str) -> None:
    """Write text as it is: `click.echo` strips colour that FORCE_COLOR asked for."""
    stream.write(text)
    stream.flush()


def write_bytes(stream: TextIO, data: bytes) -> None:
    """Write what is to arrive as it is, whatever the encoding of the stream."""
    if isinstance(stream, io.TextIOWrapper):
        stream.flush()
        stream.buffer.write(data)
    else:
        stream.write(data.decode("utf-8", "surrogateescape"))
    stream.flush()


def is_about_output(error: OSError) -> bool:
    """Say whether an error means that what was to be printed can't be."""
    return error.filename is None and error.errno in _UNWRITABLE


def abandon_output() -> None:
    """Keep the interpreter from writing at its end what could not be written before."""
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            os.dup2(null, stream.fileno())


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Return `\\uXXXX` for what can't be encoded, in pairs above U+FFFF: an escape of JSON as of Python."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    escapes = (f"\\u{int.from_bytes(units[at : at + 2], 'big'):04x}" for at in range(0, len(units), 2))
    return "".join(escapes), error.end
