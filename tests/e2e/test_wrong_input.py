"""What users get wrong on the command line: exit codes, messages that help, no traceback, nothing written."""

import json
import subprocess
import sys

import pytest

from tests.project import Done, Project


def assert_helpful(done: Done, *words: str) -> None:
    """The message stands on stderr, names the thing, and is no traceback."""
    assert "Traceback" not in done.err + done.out
    for word in words:
        assert word in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["run", "pausd"], ["pausd", "paused"], id="unknown workflow"),
        pytest.param(["run", "count", "--input", "{upto: 3}"], ["JSON"], id="not JSON"),
        pytest.param(["run", "count", "--input", "[3]"], ["object"], id="not an object"),
        pytest.param(["run", "count", "--input", "@missing.json"], ["missing.json"], id="input file missing"),
        pytest.param(["run", "count"], ["upto"], id="missing parameter"),
        pytest.param(["run", "count", "--input", '{"upto": "many"}'], ["upto"], id="wrong type"),
        pytest.param(["run", "count", "--input", '{"upto": 1, "from": 0}'], ["from"], id="unexpected parameter"),
        pytest.param(["start", "pausd"], ["pausd"], id="start of an unknown workflow"),
        pytest.param(["run"], ["WORKFLOW"], id="no workflow"),
        pytest.param(["rum", "count"], ["rum"], id="unknown command"),
        pytest.param(["list", "--project", "nowhere"], ["nowhere"], id="no such project"),
        pytest.param(["run", "paused", "--store", "mysql://x"], ["mysql"], id="unknown kind of store"),
    ],
)
def test_usage_errors_exit_with_2(project: Project, arguments: list[str], words: list[str]) -> None:
    """A command that can't be meant so is refused, and no run comes of it."""
    assert_helpful(project.wfc(*arguments, code=2), *words)
    assert project.runs() == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["resume", "no-such-token", "--data", "{}"], ["no-such-token"], id="unknown token"),
        pytest.param(["inspect", "wrun_missing"], ["wrun_missing"], id="inspect an unknown run"),
        pytest.param(["cancel", "wrun_missing"], ["wrun_missing"], id="cancel an unknown run"),
    ],
)
def test_what_is_not_there_exits_with_1(project: Project, arguments: list[str], words: list[str]) -> None:
    """A run or token that the store doesn't know is an error that names it."""
    assert_helpful(project.wfc(*arguments, code=1), *words)


def test_a_folder_that_is_gone_is_the_users_to_leave(project: Project) -> None:
    """A terminal may stand in a folder that somebody has removed: no mistake of wfc's."""
    leave = "import os, sys; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')"
    done = subprocess.run(
        [sys.executable, "-c", f"{leave}; from wfc_compiler.cli import main; main(['list'])"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "error: the current folder has been removed: change to one that is there\n"


def test_a_store_that_cannot_be_opened_exits_with_3(project: Project) -> None:
    """A path under a file can't hold a database; the message says which path."""
    project.write("file", "")
    done = project.wfc("run", "count", "--input", '{"upto": 1}', "--store", "sqlite:///file/state.db", code=3)
    assert_helpful(done, "file/state.db")


def test_a_store_that_is_no_database_exits_with_3(project: Project) -> None:
    """A file of another kind is left as it is."""
    path = project.write("notes.db", "these are my notes, not a database\n" * 100)
    before = path.read_bytes()
    assert_helpful(project.wfc("list", "--store", "sqlite:///notes.db", code=3), "notes.db")
    assert path.read_bytes() == before


def test_a_failed_run_exits_with_1(project: Project) -> None:
    """The run's error is in the JSON, with its type, message and the user's traceback."""
    failed = project.run("refused", {"reason": "not today"}, code=1)
    assert failed["status"] == "failed"
    assert (failed["error"]["type"], failed["error"]["message"]) == ("RuntimeError", "gave up")
    assert failed["error"]["cause"]["message"] == "not today"
    assert "work.py" in failed["error"]["traceback"]


def test_a_failed_run_reads_well_without_json(project: Project) -> None:
    """A person sees the error and its cause, the lines in their file, and no frame of the runtime."""
    done = project.wfc("run", "refused", "--input", '{"reason": "not today"}', code=1)
    cause, _, error = done.err.partition("was the direct cause of")
    assert "ValueError: not today" in cause
    assert "RuntimeError: gave up" in error
    assert "work.py" in error
    assert "wfc/flow" not in done.err


def test_a_broken_source_leaves_the_build_active(project: Project) -> None:
    """A project with an error isn't run, the finding says where, and the last good build stays."""
    current = (project.root / ".wfc" / "current").read_text()
    project.write("work.py", (project.root / "work.py").read_text() + "\n\ndef broken(:\n")
    done = project.wfc("run", "count", "--input", '{"upto": 1}', code=1)
    assert_helpful(done, "WFC014", "work.py")
    assert (project.root / ".wfc" / "current").read_text() == current
    assert project.wfc("check", "--format", "json", code=1).json()["summary"]["errors"] == 1


def test_a_project_without_workflows_says_so(project: Project) -> None:
    """There is nothing to run, and the message tells what is missing."""
    (project.root / "work.py").unlink()
    project.write("work.py", "print('hello')\n")
    assert_helpful(project.wfc("run", "count", code=2), "count")


def test_results_are_data_on_stdout_alone(project: Project) -> None:
    """With --json stdout is exactly one object; what happened on the way goes to stderr."""
    done = project.wfc("run", "sleepy", "--input", '{"name": "owl"}', "--fast-forward", "--json")
    result = json.loads(done.out)
    assert set(result) == {"runId", "workflow", "status", "result", "steps", "durationMs"}
    assert result["workflow"].endswith("//sleepy")


def test_input_comes_from_stdin_and_files(project: Project) -> None:
    """`--input -` reads stdin, `--input @file` reads a file."""
    project.write("three.json", '{"upto": 3}')
    assert project.wfc("run", "count", "--input", "-", "--json", stdin='{"upto": 3}').json()["result"] == 6
    assert project.wfc("run", "count", "--input", "@three.json", "--json").json()["result"] == 6
