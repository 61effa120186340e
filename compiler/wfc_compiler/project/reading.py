"""The bytes of a project's files: from disk, or from whoever holds a newer text of them.

In: a path, and `Buffers` (an editor's text that isn't saved, a fix that isn't written). Out: bytes, or an OSError;
never a wait for a pipe that nobody writes into.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

Buffers = Mapping[Path, bytes]
"""What stands for the content of files, by absolute path; a file needn't be on disk."""

NO_BUFFERS: Buffers = MappingProxyType({})
_WITHOUT_WAITING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read_regular(path: Path) -> bytes:
    """Return the content of a file; raises OSError for one that can't be read, or is a pipe, a device or a folder."""
    handle = os.open(path, _WITHOUT_WAITING)
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        return file.read()
