"""What an emitted `route.py` names: the step or workflow in its shadow tree, with a codec that knows the tree's
classes.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from .codec import Codec, LoadedClasses
from .loading import RouteNames, first_party_names, register_tree


@dataclass(frozen=True, slots=True)
class Target:
    """A loaded route: its package's import name, the object that the route is for, and its codec."""

    package: str
    value: Any
    codec: Codec


def load_target(package: str | None, file: Path, target: str) -> Target:
    """Import the shadow module that defines `module:name`. Raises whatever the user's code raises at import.

    `package` is None or empty where the route module was imported from its own directory (`uvicorn route:app`); its
    tree then gets a name made from that directory.
    """
    directory = file.resolve().parent
    if not package:
        package = f"_r_{directory.name}_{blake2b(str(directory).encode(), digest_size=6).hexdigest()}"
        register_tree(package, directory)
    codec = Codec(RouteNames(), LoadedClasses(package, first_party_names(package)))
    module_name, _, name = target.partition(":")
    module = importlib.import_module(f"{package}.{module_name}")
    return Target(package, getattr(module, name), codec)
