"""The facts about library functions, by canonical dotted name.

    Facts.load({}).kind("httpx.AsyncClient.get", has_arguments=True)    "network"
    Facts.load({}).returns("httpx.AsyncClient.get")                     "httpx.Response"

In: `library/stdlib.toml`, whose head says what may stand in these files; for another package `library/<package>.toml`,
read when a name of its is asked for first, or its name in `library/packages.toml`. Out: one answer per name, the most
specific fact first.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

_STANDARD = "stdlib"
_PLAIN = "packages"
_TABLES = frozenset({"returns", "bases", "same", "traits"})


@dataclass(frozen=True)
class Library:
    """What one file says: kinds and results by name, base classes, other names of the same thing, names by trait."""

    kinds: Mapping[str, str] = field(default_factory=dict)
    returns: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)
    traits: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Facts:
    """What the shipped files say, and before them what a project declares itself."""

    def __init__(self, own: Mapping[str, str]) -> None:
        self._own = own
        self._known: dict[tuple[str, bool], str | None] = {}

    @classmethod
    def load(cls, declarations: Mapping[str, str]) -> Facts:
        """Return the shipped facts under a project's own (`"pkg.fn" = "pure" | "impure:network"`)."""
        return cls({name: kind.removeprefix("impure:") for name, kind in declarations.items()})

    def kind(self, dotted: str, *, has_arguments: bool) -> str | None:
        """Return the kind of a callable; None where nothing is known of it, not even of its package."""
        key = (dotted, has_arguments)
        if key not in self._known:
            self._known[key] = self._kind(dotted.removesuffix(".__init__"), has_arguments)
        return self._known[key]

    def _kind(self, dotted: str, has_arguments: bool) -> str | None:
        own = _lookup(Library(self._own), dotted, has_arguments=has_arguments) if self._own else None
        if own is not None:
            return own
        library = library_of(dotted)
        shipped = _lookup(library, spelled(library, dotted), has_arguments=has_arguments)
        if shipped is None and dotted.startswith("_") and dotted.partition(".")[0] in sys.stdlib_module_names:
            return self._kind(dotted[1:], has_arguments) or "pure"  # `_socket` is what `socket` is made of
        return shipped

    def returns(self, dotted: str) -> str | None:
        """Return the class of what a callable gives, or of what an attribute of a class holds."""
        library = library_of(dotted)
        return next(_results(library, spelled(library, dotted)), None)

    def has(self, trait: str, dotted: str) -> bool:
        """Say whether a callable has a trait: it `blocks` its thread, `holds` state of the process, or `repeats`."""
        library = library_of(dotted)
        return _has(library, spelled(library, dotted), trait)


def library_of(dotted: str) -> Library:
    """Return what the file says that a dotted name belongs to, nothing where there is none."""
    root = dotted.partition(".")[0]
    return _read(_STANDARD) if root in _standard_roots() else _read(root)


def spelled(library: Library, dotted: str) -> str:
    """Return the name under which the facts stand: `requests.sessions.Session` is `requests.Session`."""
    prefix = dotted if library.same else ""
    while prefix:
        if prefix in library.same:
            return library.same[prefix] + dotted[len(prefix) :]
        prefix = prefix.rpartition(".")[0]
    return dotted


def _lookup(library: Library, dotted: str, *, has_arguments: bool) -> str | None:
    """Return the most specific kind: of the name, of its class, of the bases of that, then of ever shorter prefixes."""
    kinds = library.kinds
    if not has_arguments and f"{dotted}()" in kinds:
        return kinds[f"{dotted}()"]
    if dotted in kinds:
        return kinds[dotted]
    prefix = dotted
    while "." in prefix:
        prefix = prefix.rpartition(".")[0]
        if f"{prefix}.*" in kinds:
            return kinds[f"{prefix}.*"]
        for base in library.bases.get(prefix, ()):
            found = _lookup(library_of(base), base + dotted[len(prefix) :], has_arguments=has_arguments)
            if found is not None:
                return found
    return None


def _has(library: Library, dotted: str, trait: str) -> bool:
    """Say whether a name, its class, a base of that or any shorter prefix is listed under a trait."""
    names = library.traits.get(trait, ())
    if dotted in names:
        return True
    prefix = dotted
    while "." in prefix:
        prefix = prefix.rpartition(".")[0]
        if f"{prefix}.*" in names:
            return True
        if any(_has(library_of(base), base + dotted[len(prefix) :], trait) for base in library.bases.get(prefix, ())):
            return True
    return False


def _results(library: Library, dotted: str) -> Iterator[str]:
    """Yield what is said of the name, of all members of its class that send nothing, and what the bases say."""
    owner, _, name = dotted.rpartition(".")
    if dotted in library.returns:
        yield library.returns[dotted]
    if f"{owner}.*" in library.returns and _lookup(library, dotted, has_arguments=True) == "pure":
        yield library.returns[f"{owner}.*"]
    for base in library.bases.get(owner, ()):
        yield from _results(library_of(base), f"{base}.{name}")


@cache
def _standard_roots() -> frozenset[str]:
    return frozenset(name.partition(".")[0] for name in _read(_STANDARD).kinds)


@cache
def _read(name: str) -> Library:
    path = files(__package__) / "library" / f"{name}.toml"
    if not name.isidentifier() or name == _PLAIN or not path.is_file():
        kind = _plain_packages().get(name)
        return Library({f"{name}.*": kind} if kind is not None else {})
    tables = tomllib.loads(path.read_text("utf-8"))
    kinds = {entry: kind for kind, names in tables.items() if kind not in _TABLES for entry in names}
    return Library(kinds, *(tables.get(table, {}) for table in ("returns", "bases", "same", "traits")))


@cache
def _plain_packages() -> Mapping[str, str]:
    text = (files(__package__) / "library" / f"{_PLAIN}.toml").read_text("utf-8")
    return {package: kind for kind, packages in tomllib.loads(text).items() for package in packages}
