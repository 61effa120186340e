"""Find a project on disk: root, configuration, source roots, entrypoints, the files they reach."""

from .config import read_settings
from .discovery import LoadedProject, find_root, load_project
from .imports import absolute_module, import_statements
from .modules import find_source_roots
from .reading import NO_BUFFERS, Buffers, read_regular
from .snapshot import Snapshot, State, take_snapshot
from .values import Config, Entrypoint, Project, SourceFile

__all__ = [
    "NO_BUFFERS",
    "Buffers",
    "Config",
    "Entrypoint",
    "LoadedProject",
    "Project",
    "Snapshot",
    "SourceFile",
    "State",
    "absolute_module",
    "find_root",
    "find_source_roots",
    "import_statements",
    "load_project",
    "read_regular",
    "read_settings",
    "take_snapshot",
]
