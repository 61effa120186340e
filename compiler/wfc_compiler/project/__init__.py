"""Find a project on disk: root, configuration, source roots, entrypoints, the files they reach."""

from .discovery import LoadedProject, find_root, load_project
from .imports import absolute_module, import_statements
from .values import Config, Entrypoint, Project, SourceFile

__all__ = [
    "Config",
    "Entrypoint",
    "LoadedProject",
    "Project",
    "SourceFile",
    "absolute_module",
    "find_root",
    "import_statements",
    "load_project",
]
