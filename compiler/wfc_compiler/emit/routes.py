"""Make the files of all routes of a plan, and check every module of them.

In: a plan, and the last build. Out: per route its directory of files as bytes, `tree.RouteFiles`, or that it is the
last build's, `reuse.SameRoute`; `manifest` describes them and `write` puts them on disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from wfc.manifest import Manifest

from ..discover import Program
from ..slice import RoutePlan
from .check import check_route
from .reuse import LastBuild, SameRoute, files_below
from .tree import RouteFiles, TreeBuilder
from .write import BuildFiles


def build_routes(
    program: Program, plans: Sequence[RoutePlan], last: LastBuild | None, keys: Mapping[str, str]
) -> list[RouteFiles | SameRoute]:
    """Return the routes in the order of the plans, `keys` theirs by directory; raises MiscompiledError."""
    builder = TreeBuilder(program)
    routes: list[RouteFiles | SameRoute] = []
    for plan in plans:
        same = last.same(plan, keys[plan.directory]) if last is not None else None
        routes.append(same or _checked(program, builder.build(plan)))
    return routes


def _checked(program: Program, route: RouteFiles) -> RouteFiles:
    check_route(program, route)
    return route


def build_files(
    manifest: Manifest, routes: Sequence[RouteFiles | SameRoute], last: LastBuild | None, others: Iterable[str] = ()
) -> BuildFiles:
    """Return every file of a build; a route that was made anew and came out as it was is the last build's, too.

    `others` are the directories of further routes of the last build.
    """
    made = {"manifest.json": manifest.dump()}
    linked: dict[str, str] = {}
    for route in routes:
        directory = route.plan.directory
        folder = _on_disk(route, last)
        if folder is not None:
            linked.update((f"{directory}/{path}", f"{folder}/{path}") for path in files_below(folder))
        elif isinstance(route, RouteFiles):
            made.update((f"{directory}/{path}", data) for path, data in route.files.items())
    if last is not None:
        for directory in others:
            folder = last.path / directory
            linked.update((f"{directory}/{path}", f"{folder}/{path}") for path in files_below(folder))
    return BuildFiles(made, linked)


def _on_disk(route: RouteFiles | SameRoute, last: LastBuild | None) -> Path | None:
    if isinstance(route, SameRoute):
        return route.folder
    return last.with_digest(route.plan, route.sha256) if last is not None else None
