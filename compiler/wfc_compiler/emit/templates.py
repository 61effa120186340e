"""Render the files of a route that are the compiler's own: view models in, text out.

The templates are data of the package `wfc_templates` and decide nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined


@dataclass(frozen=True)
class ModuleImport:
    """A module of its own tree that a route imports for what happens then."""

    package: str
    name: str


@dataclass(frozen=True)
class RouteView:
    """What the templates of a route show."""

    kind: str
    id: str
    name: str
    module: str
    source: str
    line: int
    version: str
    first_imports: tuple[ModuleImport, ...] = ()
    also_imports: tuple[ModuleImport, ...] = ()


def render_route(view: RouteView) -> str:
    """Render `route.py`."""
    return _render(f"{view.kind}_route.py", view)


def render_package(view: RouteView) -> str:
    """Render the route's own `__init__.py`."""
    return _render("route_package.py", view)


def _render(name: str, view: RouteView) -> str:
    return _environment().get_template(name).render(asdict(view))


@cache
def _environment() -> Environment:
    sources = {
        entry.name.removesuffix(".jinja"): entry.read_text(encoding="utf-8")
        for entry in files("wfc_templates").iterdir()
        if entry.name.endswith(".jinja")
    }
    return Environment(
        loader=DictLoader(sources),
        autoescape=False,  # what is rendered is Python
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
