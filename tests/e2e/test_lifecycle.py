"""Runs that are ended, taken up again and removed from the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.conftest import traces
from tests.project import Project, events_of


def failed(project: Project, workflow: str = "picky") -> None:
    """Start a run called `mine`, and let it fail for want of a file."""
    project.wfc("run", workflow, "--input", '{"name": "file"}', "--run-id", "mine", code=1)


def test_terminate_runs_no_clean_up(project: Project) -> None:
    """The run has ended once a worker took note; terminating it again says how it ended."""
    project.wfc("start", "sleepy", "--input", '{"name": "ann"}', "--run-id", "ann")
    project.wfc("worker", "--until-idle")
    done = project.wfc("terminate", "ann", "--reason", "too slow", "--json").json()
    assert done == {"runId": "ann", "status": "running", "terminating": True}
    project.wfc("worker", "--until-idle")
    inspected = project.inspect("ann")
    assert inspected["run"]["status"] == "cancelled"
    assert [event["data"] for event in events_of(inspected, "run_cancelled")] == [{"reason": "too slow"}]
    again = project.wfc("terminate", "ann", code=1)
    assert again.err == "error: run 'ann' has ended: it is cancelled\n"
    assert "there is no run 'bob'" in project.wfc("terminate", "bob", code=1).err


def test_a_cancel_of_a_blocked_run_names_the_way_out(project: Project) -> None:
    """Its workflow can't hear of it; terminate ends it without its build."""
    project.wfc("start", "sleepy", "--input", '{"name": "ann"}', "--run-id", "ann")
    project.wfc("worker", "--until-idle")
    for folder in (project.root / ".wfc" / "builds").iterdir():
        folder.rename(Path(project.env["TRACES"], folder.name))
    project.wfc("cancel", "ann")
    project.wfc("worker", "--until-idle")
    assert "wfc terminate" in project.wfc("cancel", "ann").err
    project.wfc("terminate", "ann")
    project.wfc("worker", "--until-idle")
    assert project.inspect("ann")["run"]["status"] == "cancelled"


def test_a_run_that_failed_at_night_is_retried_until_it_is_done(project: Project) -> None:
    """It fails once more while the file is missing, and goes on when it is there; nothing that was done is repeated."""
    failed(project)
    told = project.wfc("retry", "mine").err
    assert "step needs is tried again" in told
    assert "wfc worker" in told
    project.wfc("worker", "--until-idle")
    assert project.inspect("mine")["run"]["status"] == "failed"
    Path(project.env["TRACES"], "file").write_text("here")
    retried = project.wfc("retry", "mine", "--json").json()
    assert (retried["runId"], retried["status"], retried["step"]) == ("mine", "running", "needs")
    project.wfc("worker", "--until-idle")
    inspected = project.inspect("mine")
    assert inspected["run"]["result"] == [2, "here", 4]
    assert traces(project) == ["note 1", "needs file", "needs file", "needs file", "note 2"]
    assert [step["status"] for step in inspected["steps"]] == ["completed"] * 3
    assert [step["attempt"] for step in inspected["steps"]] == [1, 3, 1]
    numbers = [event["seq"] for event in inspected["events"]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(events_of(inspected, "run_reopened")) == 2
    assert "goes on after event" in project.wfc("inspect", "mine").out


def test_a_retry_of_anything_but_a_failed_run_says_why_not(project: Project) -> None:
    """Exit code 1, one line, and nothing changes."""
    assert "there is no run 'nobody'" in project.wfc("retry", "nobody", code=1).err
    project.wfc("start", "count", "--input", '{"upto": 1}', "--run-id", "mine")
    assert "is pending, and only a failed run can be retried" in project.wfc("retry", "mine", code=1).err
    project.wfc("worker", "--until-idle")
    told = project.wfc("retry", "mine", code=1)
    assert told.err == ("error: run 'mine' is completed, and only a failed run can be retried: it has its result\n")
    assert told.out == ""


def test_a_compensation_is_named_before_it_is_undone(project: Project) -> None:
    """What the handler did would stay done: --force says that this is known."""
    failed(project, "sorry")
    told = project.wfc("retry", "mine", code=1).err
    assert "after step needs failed" in told
    assert "step note" in told
    Path(project.env["TRACES"], "file").write_text("here")
    project.wfc("retry", "mine", "--force")
    project.wfc("worker", "--until-idle")
    assert project.inspect("mine")["run"]["status"] == "completed"


def test_a_changed_workflow_is_checked_against_the_log(project: Project) -> None:
    """The current build goes on with the run where it asks for the same so far, and is refused where it doesn't."""
    failed(project)
    Path(project.env["TRACES"], "file").write_text("here")
    source = (project.root / "work.py").read_text()
    other = "five = 5\n    return [await note(five), await needs(name), await note(2)]"
    project.write("work.py", source.replace("return [await note(1), await needs(name), await note(2)]", other))
    project.wfc("build")
    told = project.wfc("retry", "mine", "--build", "current", code=1).err
    assert "can't go on with build" in told
    line = source[: source.index("return [await note(1), await needs")].count("\n") + 1
    assert f"note with {json.dumps({'number': 1})} (at work.py:" in told
    assert f"work.py:{line}" in told
    assert f"asks for it with {json.dumps({'number': 5})} (at work.py:{line + 1})" in told
    more = "return [await note(1), await needs(name), await note(2), await note(3)]"
    project.write("work.py", source.replace("return [await note(1), await needs(name), await note(2)]", more))
    project.wfc("build")
    assert "isn't what it was" in project.wfc("retry", "mine", "--build", "current").err
    project.wfc("worker", "--until-idle")
    assert project.inspect("mine")["run"]["result"] == [2, "here", 4, 6]


def test_prune_removes_what_is_older(project: Project) -> None:
    """Without a duration it says where to write one; a dry run only counts; live runs and their builds stay."""
    told = project.wfc("prune", code=2).err
    assert "--older-than" in told
    assert "retention" in told
    project.wfc("start", "sleepy", "--input", '{"name": "ann"}', "--run-id", "live")
    project.wfc("start", "count", "--input", '{"upto": 1}', "--run-id", "mine")
    project.wfc("worker", "--until-idle")
    kept = project.wfc("prune", "--older-than", "1 day", "--json").json()
    assert (kept["runs"], kept["builds"], kept["dryRun"]) == (0, [], False)
    counted = project.wfc("prune", "--older-than", "0s", "--dry-run")
    assert counted.err.startswith("would remove 1 run(s) with 6 event(s) that ended before ")
    project.wfc("prune", "--older-than", "0s")
    assert [run["runId"] for run in project.runs()] == ["live"]
    assert project.wfc("prune", "--older-than", "0s", "--json").json()["runs"] == 0
    assert 'did you mean "7 days"' in project.wfc("prune", "--older-than", "7 dayz", code=2).err


def test_a_worker_goes_by_the_retention(project: Project) -> None:
    """`[tool.wfc] retention` needs no command, and an unreadable one stops the worker before it works."""
    project.wfc("run", "count", "--input", '{"upto": 1}')
    project.write("pyproject.toml", '[tool.wfc]\nretention = "1 banana"\n')
    assert "retention" in project.wfc("worker", "--until-idle", code=2).err
    project.write("pyproject.toml", '[tool.wfc]\nretention = "0s"\n')
    told = project.wfc("worker", "--until-idle").err
    assert "removed 1 run(s)" in told
    assert project.runs() == []
