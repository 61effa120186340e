"""A worker removes what is older than `retention` by itself; builds go when nothing needs them."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from tests.runtime.handmade import Project, open_project, write_build
from wfc.builds import Builds
from wfc.errors import ConfigError, RunNotFoundError
from wfc.model import Run
from wfc.old_builds import YOUNG_SECONDS, remove_builds, unneeded_builds
from wfc.settings import configured_retention
from wfc.store.protocol import RunQuery

FLOWS = """
@wf.workflow
async def main() -> int:
    return 1

@wf.workflow
async def waits() -> None:
    await wfc.sleep("1 hour")
"""
DAY = 86_400_000_000


async def ended(project: Project) -> Run:
    run = await project.start()
    await project.outcome(run)
    return run


def test_a_worker_removes_old_runs_when_it_starts(tmp_path: Path) -> None:
    """With a retention it does, without one it never does; what lives stays."""
    write_build(tmp_path, "", FLOWS)

    async def main() -> None:
        async with open_project(tmp_path) as project:
            project.work()
            old = [await ended(project) for _ in range(3)]
            live = await project.start("waits")
            await project.until(lambda: project.store.timers(live.run_id), "the sleep")
            await project.stop()
            for options in ({}, {"retention_us": DAY}):
                project.work(**options)
                await ended(project)
                await project.stop()
            assert len(await project.store.runs(RunQuery(9))) == 6
            project.work(retention_us=0)

            async def gone() -> bool:
                return len(await project.store.runs(RunQuery(9))) == 1

            await project.until(gone, "the old runs to go")
            for run in old:
                with pytest.raises(RunNotFoundError):
                    await project.store.run(run.run_id)
            assert (await project.store.run(live.run_id)).status == "running"

    asyncio.run(main())


def test_a_round_goes_on_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made of many short commits, and lives are lived in between."""
    monkeypatch.setattr("wfc.store.sqlite.pruning._LOOKED_AT", 2)
    monkeypatch.setattr("wfc.worker.retention.PAUSE_SECONDS", 0.0)
    write_build(tmp_path, "", FLOWS)

    async def main() -> None:
        async with open_project(tmp_path) as project:
            project.work()
            for _ in range(7):
                await ended(project)
            await project.stop()
            project.work(retention_us=0)

            async def gone() -> bool:
                return await project.store.runs(RunQuery(9)) == []

            await project.until(gone, "all runs to go")

    asyncio.run(main())


@pytest.fixture
def builds(tmp_path: Path) -> Builds:
    """Return three builds, made long ago; b3 is current."""
    for build_id in ("b1", "b2", "b3"):
        write_build(tmp_path, "", FLOWS, build_id=build_id)
        long_ago = time.time() - 2 * YOUNG_SECONDS
        os.utime(tmp_path / ".wfc" / "builds" / build_id, (long_ago, long_ago))
    return Builds(tmp_path / ".wfc", tmp_path)


def there(builds: Builds) -> list[str]:
    return sorted(path.name for path in (builds.out / "builds").iterdir())


def test_builds_that_nothing_needs_go(builds: Builds) -> None:
    """Neither the current one, nor those that runs need."""
    assert unneeded_builds(builds, {"b1"}) == ["b2"]
    assert remove_builds(builds, ["b2"]) == ["b2"]
    assert there(builds) == ["b1", "b3"]


def test_a_young_build_stays(builds: Builds) -> None:
    """It may be about to become current."""
    (builds.out / "builds" / "b2").touch()
    assert unneeded_builds(builds, ()) == ["b1"]


def test_a_build_that_becomes_current_meanwhile_stays(builds: Builds) -> None:
    """Whoever builds the same source again finds it whole."""
    (builds.out / "current").write_text("b1\n")
    assert remove_builds(builds, ["b1", "b2"]) == ["b2"]
    assert there(builds) == ["b1", "b3"]
    assert Builds(builds.out, builds.root).current().manifest.build_id == "b1"


def test_without_a_current_build_nothing_goes(builds: Builds) -> None:
    """What isn't known to be unneeded is kept."""
    (builds.out / "current").unlink()
    assert unneeded_builds(builds, ()) == []


@pytest.mark.parametrize(("written", "expected"), [("30 days", 30 * DAY), (None, None)])
def test_the_setting_is_read(tmp_path: Path, written: str | None, expected: int | None) -> None:
    """Without it runs are kept for ever."""
    setting = "" if written is None else f'retention = "{written}"'
    (tmp_path / "pyproject.toml").write_text(f"[tool.wfc]\n{setting}\n")
    assert configured_retention(tmp_path) == expected


def test_a_wrong_setting_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the setting; the environment comes first."""
    (tmp_path / "pyproject.toml").write_text('[tool.wfc]\nretention = "a while"\n')
    with pytest.raises(ConfigError, match=r"retention, of \[tool.wfc\] in pyproject.toml"):
        configured_retention(tmp_path)
    monkeypatch.setenv("WFC_RETENTION", "2 days")
    assert configured_retention(tmp_path) == 2 * DAY
