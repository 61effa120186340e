"""`wfc list`: what it finds, how it goes on, and what it says to mistakes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.runtime.cli.conftest import Command, play
from tests.runtime.handmade import Project, write_build
from wfc.codec import Codec

FLOWS = """
@wf.workflow
async def main(n: int) -> int:
    return n

@wf.workflow
async def other(n: int) -> int:
    return n
"""


@pytest.fixture(autouse=True)
def _five_runs(tmp_path: Path) -> None:
    write_build(tmp_path, "", FLOWS)

    async def start(project: Project) -> None:
        for n in range(5):
            id_ = f"workflow//app.w//{'other' if n == 4 else 'main'}"
            attributes = {"parity": "odd" if n % 2 else "even"}
            await project.client.start(id_, partial(Codec().encode, {"n": n}), run_id=f"r{n}", attributes=attributes)

    play(tmp_path, start)


def test_pages_follow_one_another(call: Command) -> None:
    """`next` leads on until it is null; a person is told the command."""
    first = call("listing:list_runs", "--limit", "3", "--json").json()
    rest = call("listing:list_runs", "--limit", "3", "--json", "--cursor", first["next"]).json()
    assert [run["runId"] for run in first["runs"] + rest["runs"]] == ["r4", "r3", "r2", "r1", "r0"]
    assert rest["next"] is None
    said = call("listing:list_runs", "--limit", "3", "--attribute", "parity=even", "--status", "pending").err
    assert not said
    said = call("listing:list_runs", "--limit", "2", "--attribute", "parity=even", "--status", "pending").err
    assert "more: wfc list --status pending --attribute parity=even --limit 2 --cursor " in said


@pytest.mark.parametrize("name", ["other", "app.w:other", "workflow//app.w//other"])
def test_a_workflow_is_named_in_any_way(call: Command, name: str) -> None:
    """By its id, its module and name, or its name alone."""
    assert [run["runId"] for run in call("listing:list_runs", "--workflow", name, "--json").json()["runs"]] == ["r4"]


def test_attributes_choose_runs_and_are_shown(call: Command) -> None:
    """In JSON and in the table."""
    (run, _) = call("listing:list_runs", "--attribute", "parity=odd", "--json").json()["runs"]
    assert run["attributes"] == {"parity": "odd"}
    table = call("listing:list_runs").out
    assert "parity=odd" in table
    assert table.splitlines()[0].split() == ["run", "workflow", "status", "created", "(UTC)", "attributes"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--attribute", "parity"], "write it as KEY=VALUE"),
        (["--attribute", "=odd"], "write it as KEY=VALUE"),
        (["--attribute", "a=1", "--attribute", "a=2"], "given twice with different values"),
        (["--cursor", "nonsense"], "is none that `wfc list` has printed"),
        (["--status", "sleeping"], "'sleeping' is not one of"),
        (["--limit", "0"], "0 is not in the range"),
    ],
)
def test_mistakes_are_named(call: Command, arguments: list[str], complaint: str) -> None:
    """One line that says what is wrong, and exit code 2."""
    assert complaint in call("listing:list_runs", *arguments, code=2).err


def test_nothing_found_is_no_mistake(call: Command) -> None:
    """It says so, on stderr."""
    said = call("listing:list_runs", "--workflow", "nobody")
    assert (said.out, said.err) == ("", "no runs fit\n")


def test_a_start_that_finds_a_run_that_has_ended_says_so(call: Command, tmp_path: Path) -> None:
    """No worker will execute it."""
    again = ("start:start", "main", "--run-id", "r1", "--input", '{"n": 1}')
    assert "a worker executes it" in call(*again).err

    async def finish(project: Project) -> None:
        project.work()
        await project.client.wait("r1")

    play(tmp_path, finish)
    assert call(*again).err == "it exists already, and is completed\n"


def test_looking_makes_no_store(call: Command, tmp_path: Path) -> None:
    """In the wrong folder, "no runs" is said with its reason, and nothing is left there."""
    for file in (tmp_path / ".wfc").glob("state.*"):
        file.unlink()
    said = call("listing:list_runs")
    assert said.err == f"there is no store sqlite:///.wfc/state.db yet in {tmp_path}\nno runs\n"
    assert not list((tmp_path / ".wfc").glob("state.*"))


def test_a_store_that_was_named_has_to_be_there(call: Command, tmp_path: Path) -> None:
    """A misspelt one isn't an empty one."""
    for command in (["listing:list_runs"], ["control:cancel", "r1"], ["prune:prune", "--older-than", "1d"]):
        said = call(*command, "--store", "sqlite:///.wfc/typo.db", code=3)
        assert "there is no store sqlite:///.wfc/typo.db" in said.err
    assert not (tmp_path / ".wfc/typo.db").exists()
