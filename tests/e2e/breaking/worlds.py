"""Two processes that have as little in common as two machines: where runs are played, and where they are brought back.

They differ in hash seed, process id, user, home, working directory, arguments, time zone and environment, and in the
order in which they load routes.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.e2e.breaking.plays import Afterlife, Life, Lives, Play

_REPOSITORY = Path(__file__).parents[3]
_SECONDS = 300
# These two hash seeds give {"a", "b"}, {"eu", "us"} and {"new", "sale"} in different orders, and "text" an odd and an
# even hash.
_WORLDS = {
    "one": {
        "PYTHONHASHSEED": "1",
        "TZ": "Asia/Tokyo",
        "LC_ALL": "C",
        # What examples read from the environment.
        "CHARGE": "yes",
        "FLAG_ONE": "1",
        "MOST": "1",
        "REGION": "eu",
        "STOP": "1",
        "TIMES": "1",
        "TWICE": "1",
    },
    "other": {
        "PYTHONHASHSEED": "16",
        "TZ": "America/New_York",
        "LC_ALL": "C.UTF-8",
        "DRY_RUN": "1",
        "FLAG_OTHER": "1",
        "MOST": "2",
        "REGION": "us",
        "TIMES": "2",
    },
}


def play(plays: Sequence[Play], scratch: Path) -> list[tuple[Lives, Afterlife | None]]:
    """Play workflows and steps in one world, and bring the workflows' runs back in the other."""
    lives: list[Lives] = _in_a_process("one", plays, scratch)
    left = [life.first for life in reversed(lives) if life.first.log and life.again is not life.first]
    afterlives: list[Afterlife] = _in_a_process("other", left, scratch)
    found = {id(life): afterlife for life, afterlife in zip(left, afterlives, strict=True)}
    return [(life, found.get(id(life.first))) for life in lives]


def _in_a_process(world: str, jobs: Sequence[Play | Life], scratch: Path) -> list[Any]:
    home = scratch / world
    home.mkdir(parents=True)
    asked, seen = home / "asked", home / "seen"
    asked.write_bytes(pickle.dumps(list(jobs)))
    inherited = {"PATH": os.environ["PATH"], "PYTHONPATH": str(_REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
    own = {"HOME": str(home)} | dict.fromkeys(("USER", "LOGNAME", "NAME", "TOKEN"), world)
    with (home / "played").open("w") as played:
        code = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.breaking.player", str(asked), str(seen)],
            cwd=home,
            env={**inherited, **own, **_WORLDS[world]},
            stdin=subprocess.DEVNULL,
            stdout=played,
            stderr=played,
        ).wait(_SECONDS)
    assert code == 0, f"exit {code}\n{(home / 'played').read_text()[-4000:]}"
    return list(pickle.loads(seen.read_bytes()))
