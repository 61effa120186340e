"""Runs that are ended, taken up again and removed from the command line."""

from __future__ import annotations

from pathlib import Path

from tests.project import Project, events_of


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
