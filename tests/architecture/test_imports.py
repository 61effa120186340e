"""Who imports whom: the contracts of pyproject.toml, and what light imports really load.

The contracts are import-linter's (`[tool.importlinter]`). They see import statements; what an
interpreter ends up with is seen by importing in a fresh one.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = frozenset({"libcst", "jinja2", "starlette", "asyncpg", "click", "rich", "wfc_compiler"})

LOADED = """
import importlib, json, sys
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def loaded_after(*names: str) -> frozenset[str]:
    """Return the top-level modules that a fresh interpreter holds after importing `names`."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, json.dumps(names)],
        capture_output=True,
        text=True,
        check=True,
    )
    return frozenset(json.loads(done.stdout))


@pytest.mark.parametrize("name", ["wfc", "wfc.route", "wfc.flow"])
def test_a_light_import_loads_nothing_heavy(name: str) -> None:
    """What users and emitted routes import brings neither compiler, server nor terminal."""
    assert loaded_after(name) & HEAVY == frozenset()


def test_a_step_route_brings_no_loop() -> None:
    """asyncio and tempfile (by way of `importlib.abc`) take longer than all that a route needs to be imported."""
    assert loaded_after("wfc.route") & {"asyncio", "concurrent", "tempfile", "ssl", "pydantic"} == frozenset()


def test_heavy_imports_are_seen() -> None:
    """The probe reports what is loaded, nested imports too."""
    assert {"click", "libcst", "json"} <= loaded_after("click", "libcst.matchers")


def test_the_contracts_hold() -> None:
    """Every import goes in a direction that the contracts in pyproject.toml allow."""
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
