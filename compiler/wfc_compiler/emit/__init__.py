"""Write routes, manifest and source maps: checked, reproducible, all or nothing."""

from .check import MiscompiledError, check_route
from .manifest import build_files, make_manifest
from .tree import RouteFiles, TreeBuilder
from .write import write_build

__all__ = [
    "MiscompiledError",
    "RouteFiles",
    "TreeBuilder",
    "build_files",
    "check_route",
    "make_manifest",
    "write_build",
]
