"""Make the files of all routes of a plan, and check every module of them.

In: a plan. Out: per route its directory of files as bytes, `tree.RouteFiles`, which `manifest` describes and
`write` puts on disk.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..discover import Program
from ..slice import RoutePlan
from .check import check_route
from .tree import RouteFiles, TreeBuilder


def build_routes(program: Program, plans: Sequence[RoutePlan]) -> list[RouteFiles]:
    """Return the files of the routes, in the order of the plans; raises MiscompiledError."""
    builder = TreeBuilder(program)
    routes = [builder.build(plan) for plan in plans]
    for route in routes:
        check_route(program, route)
    return routes
