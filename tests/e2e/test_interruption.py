"""Processes that end in the middle of a workflow, by `kill -9`, Ctrl-C and SIGTERM, and what goes on after."""

import signal
from pathlib import Path

import pytest

from tests.e2e.conftest import traces
from tests.project import Process, Project, assert_recorded_once, wait_until


def let_go(project: Project, name: str = "go") -> None:
    """Let the step that waits for this name end."""
    Path(project.env["TRACES"], name).touch()


def wait_for_trace(project: Project, process: Process, count: int) -> None:
    """Wait until the bodies have left `count` lines, or the process has ended by itself."""
    wait_until(lambda: len(traces(project)) >= count or not process.running, f"{count} traces")
    assert process.running, process.err


def only_run(project: Project) -> str:
    (run,) = project.runs()
    return str(run["runId"])


def test_a_killed_run_is_finished_by_a_worker(project: Project) -> None:
    """What was recorded before `kill -9` is not done again; the body in flight is."""
    with project.spawn("run", "paused", "--json") as process:
        wait_for_trace(project, process, 2)
        process.kill()
    let_go(project)
    project.wfc("worker", "--until-idle")
    inspected = project.inspect(only_run(project))
    assert (inspected["run"]["status"], inspected["run"]["result"]) == ("completed", [2, "go", 4])
    assert traces(project) == ["note 1", "pause go", "pause go", "note 2"]
    assert_recorded_once(inspected)


def test_a_killed_run_is_finished_by_the_next_run(project: Project) -> None:
    """`wfc run` starts a run of its own, says that it finishes older ones, and does."""
    with project.spawn("run", "paused", "--json") as process:
        wait_for_trace(project, process, 2)
        process.kill()
    killed = only_run(project)
    let_go(project)
    done = project.wfc("run", "count", "--input", '{"upto": 2}', "--json")
    assert done.json()["result"] == 2
    project.wait_for_status(killed, "completed")
    assert_recorded_once(project.inspect(killed))


def test_a_killed_run_can_be_attached_to(project: Project) -> None:
    """`wfc run --run-id` drives the same run to its end and prints its result."""
    with project.spawn("run", "paused", "--run-id", "mine", "--json") as process:
        wait_for_trace(project, process, 2)
        process.kill()
    let_go(project)
    done = project.wfc("run", "paused", "--run-id", "mine", "--json").json()
    assert (done["runId"], done["result"]) == ("mine", [2, "go", 4])
    assert len(project.runs()) == 1


@pytest.mark.parametrize("killed_after", [1, 7, 19])
def test_a_sequence_killed_anywhere_records_each_step_once(project: Project, killed_after: int) -> None:
    """Killed again and again, each time a few steps further, the sequence ends complete."""
    steps, kills = 40, 0
    project.wfc("start", "count", "--input", f'{{"upto": {steps}}}')
    for at in range(killed_after, steps, 13):
        with project.spawn("worker") as process:
            wait_for_trace(project, process, at)
            process.kill()
        kills += 1
    project.wfc("worker", "--until-idle")
    inspected = project.inspect(only_run(project))
    assert inspected["run"]["result"] == sum(2 * number for number in range(steps))
    assert_recorded_once(inspected)
    assert steps <= len(traces(project)) <= steps + kills


def test_a_fan_out_killed_in_the_middle_records_each_step_once(project: Project) -> None:
    """Of a hundred steps at once none is lost and none has two results."""
    project.wfc("start", "fan_out", "--input", '{"width": 100}')
    with project.spawn("worker") as process:
        wait_for_trace(project, process, 10)
        process.kill()
    project.wfc("worker", "--until-idle")
    inspected = project.inspect(only_run(project))
    assert inspected["run"]["result"] == sum(2 * number for number in range(100))
    assert len(inspected["steps"]) == 100
    assert_recorded_once(inspected)


def test_ctrl_c_ends_with_130_and_loses_nothing(project: Project) -> None:
    """An interrupted run says how to go on, and goes on."""
    with project.spawn("run", "paused") as process:
        wait_for_trace(project, process, 2)
        process.send(signal.SIGINT)
        done = process.wait()
    run_id = only_run(project)
    assert done.code == 130
    assert run_id in done.err
    assert "Traceback" not in done.err
    let_go(project)
    project.wfc("worker", "--until-idle")
    assert_recorded_once(project.wait_for_status(run_id, "completed"))


def test_sigterm_drains_the_worker(project: Project) -> None:
    """A worker that is told to stop lets the body in flight end, records it, and exits with 0."""
    project.wfc("start", "paused")
    with project.spawn("worker") as process:
        wait_for_trace(project, process, 2)
        process.send(signal.SIGTERM)
        let_go(project)
        assert process.wait().code == 0
    project.wfc("worker", "--until-idle")
    inspected = project.wait_for_status(only_run(project), "completed")
    assert traces(project) == ["note 1", "pause go", "note 2"]
    assert_recorded_once(inspected)


def test_a_step_that_is_deaf_to_cancellation_does_not_keep_the_worker(project: Project) -> None:
    """Two signals end a worker within seconds, whatever its steps do; it says what it waits for."""
    project.wfc("start", "held_up")
    with project.spawn("worker") as process:
        wait_for_trace(project, process, 1)
        process.send(signal.SIGTERM)
        wait_until(lambda: "1 running step(s) may finish first" in process.err, "what is waited for")
        process.send(signal.SIGTERM)
        assert process.wait().code == 0


def test_a_worker_takes_over_from_a_dead_one_by_itself(project: Project) -> None:
    """A worker that runs already notices that its neighbour died."""
    project.wfc("start", "paused")
    with project.spawn("worker") as first:
        wait_for_trace(project, first, 2)
        with project.spawn("worker"):
            first.kill()
            let_go(project)
            inspected = project.wait_for_status(only_run(project), "completed")
    assert_recorded_once(inspected)


def test_two_workers_share_the_runs(project: Project) -> None:
    """Twenty runs, two processes on one store: each step has one result."""
    for _ in range(20):
        project.wfc("start", "count", "--input", '{"upto": 5}')
    with project.spawn("worker", "--until-idle") as first, project.spawn("worker", "--until-idle") as second:
        assert (first.wait().code, second.wait().code) == (0, 0)
    for run in project.runs():
        assert run["status"] == "completed"
        assert_recorded_once(project.inspect(run["runId"]))
    assert len(traces(project)) == 100


def test_print_in_a_flow_comes_once(project: Project) -> None:
    """Neither the sleep nor the replay after it repeats what the flow has printed."""
    done = project.wfc("run", "sleepy", "--input", '{"name": "owl"}', "--fast-forward")
    assert done.err.count("owl goes to sleep") == 1
    assert done.err.count("owl wakes up") == 1


def test_a_parked_run_does_not_hold_the_worker(project: Project) -> None:
    """`--until-idle` ends while a run still sleeps, and a cancelled sleeper is cancelled at once."""
    started = project.wfc("start", "sleepy", "--input", '{"name": "bat"}', "--json").json()
    project.wfc("worker", "--until-idle")
    assert project.inspect(started["runId"])["run"]["status"] == "running"
    project.wfc("cancel", started["runId"])
    project.wfc("worker", "--until-idle")
    assert project.inspect(started["runId"])["run"]["status"] == "cancelled"
