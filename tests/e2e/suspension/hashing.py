"""Run programs in a process of its own, where strings hash as PYTHONHASHSEED says: `python -m ... FOLDER`.

Comes in: a folder of rendered programs. Goes out: on stdout, a line for each: how it ended, what it called and did, and
its log, put aside before every move and left in memory.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.e2e.suspension.durable import ALWAYS, run_durably
from tests.e2e.suspension.project import compile_files
from tests.e2e.suspension.scenario import Scenario


def _main(folder: Path, shared: Path) -> None:
    files = {path.name: path.read_text() for path in sorted(folder.glob("*.py"))}
    settings = (folder / "pyproject.toml").read_text()
    helpers = {name: (shared / name).read_text() for name in ("steps.py", "scopes.py")}
    with tempfile.TemporaryDirectory() as root:
        routes = compile_files({**helpers, **files}, Path(root), settings=settings)
        for name in files:
            route = routes[f"{name.removesuffix('.py')}.program"]
            hot = run_durably(route, Scenario(), code=Path(root))
            assert run_durably(route, Scenario(), ALWAYS, code=Path(root)) == hot, name
            print(name, *hot)


_main(Path(sys.argv[1]), Path(__file__).parent / "corpus")
