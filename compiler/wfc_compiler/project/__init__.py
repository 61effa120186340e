"""Find a project on disk: root, configuration, source roots, entrypoints, the files they reach."""

from .values import Config, Entrypoint, Project, SourceFile

__all__ = ["Config", "Entrypoint", "Project", "SourceFile"]
