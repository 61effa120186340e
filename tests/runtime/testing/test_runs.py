"""What a test can do with runs: time, hooks, ends, children, streams, attributes."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, assert_type

import pytest

import wfc
from lab.flows import Verdict, judge, judge_all, report, watch, weigh, weigh_exactly, weigh_weekly
from lab.samples import Reading, Sample
from lab.steps import archive, measure
from tests.runtime.testing.conftest import PROJECT
from wfc.testing import Environment, TestRun, WaitingError


def test_a_run_goes_as_far_as_it_gets(env: Environment) -> None:
    """Steps that sleep, and ones in threads, are waited for, in no time."""
    began = time.monotonic()
    run = env.start(weigh, Sample(name="iron", grams=7.5))
    assert run.status == "completed"
    assert run.result() == "iron=15"
    assert time.monotonic() - began < 2
    assert [(step["name"], step["status"], step["output"]) for step in run.steps] == [
        ("measure", "completed", {"name": "iron", "value": 15.0}),
        ("archive", "completed", "iron=15"),
    ]


def test_time_is_that_of_the_steps(build: Path) -> None:
    """The clock starts where it is told to, moves by what a step sleeps, and stands still while a thread works."""
    start = datetime(2030, 1, 1, tzinfo=UTC)
    with Environment(PROJECT, build=build, start=start) as env:
        run = env.start(weigh, Sample(name="iron"))
        assert env.now == start + timedelta(seconds=4)
        assert run.events[-1].at == round(env.now.timestamp() * 1e6)


def test_a_workflows_timer_waits_for_the_test(env: Environment) -> None:
    """Time passes by as much as is asked for, and what is due on the way happens then."""
    run = env.start(weigh_weekly, Sample(name="iron"), 3)
    began = env.now
    assert run.steps == []
    env.advance("6 days")
    assert run.steps == []
    assert env.now - began == timedelta(days=6)
    env.advance(timedelta(days=1))
    assert len(run.steps) == 1
    assert env.now - began == timedelta(days=7, seconds=2)
    env.advance("20 days")
    assert len(run.steps) == 3
    assert run.result() == [Reading("iron", 1.0)] * 3


@pytest.mark.parametrize(("weeks", "replay"), [(520, False), (50, True)])
def test_a_result_takes_the_time_that_it_takes(build: Path, weeks: int, replay: bool) -> None:
    """Years pass at once, each wake-up on the microsecond."""
    began = time.monotonic()
    with Environment(PROJECT, build=build, replay=replay) as env:
        run = env.start(weigh_weekly, Sample(name="iron"), weeks)
        assert len(run.result()) == weeks
        assert time.monotonic() - began < 10
        waits = [event for event in run.events if event.type in ("wait_created", "wait_completed")]
        assert all(done.at == asked.data["resumeAt"] for asked, done in zip(waits[::2], waits[1::2], strict=True))


def test_a_result_stops_the_clock_at_the_end_of_its_run(env: Environment) -> None:
    """Other runs' timers are not rung for it."""
    long = env.start(weigh_weekly, Sample(name="gold"), 2)
    env.start(weigh_weekly, Sample(name="iron"), 1).result()
    env.start(judge, "later").cancel()
    assert (long.status, len(long.steps)) == ("running", 1)


def test_attempts_are_counted_and_pauses_skipped(env: Environment) -> None:
    """A step that fails is tried again by its own policy: in virtual time, so at once."""
    began = env.now
    assert env.run(weigh_exactly, 0.5) == "offset 0.5"
    assert env.now - began == timedelta(seconds=10 + 20)


def test_a_hook_is_resumed(env: Environment) -> None:
    """By its run, whose token nobody can guess, or by its token."""
    one, other = env.start(judge, "one"), env.start(judge, "other")
    one.resume(Verdict(good=True))
    env.resume(other.hooks[0].token, Verdict(good=False))
    assert (one.result(), other.result()) == ("good", "bad")
    assert one.event_types.count("hook_received") == 1


def test_what_nobody_resumes_times_out(env: Environment) -> None:
    """The run's own time limit passes when its result is asked for."""
    assert env.run(judge, "nothing") == "nobody cared"


def test_a_cancelled_run_cleans_up(env: Environment) -> None:
    """CancelledError reaches the workflow and its cancellable step; what `finally` asks for is done."""
    archived = env.replace(archive, returns="")
    env.replace("observe", lambda hours: asyncio.Event().wait())
    run = env.start(watch, 1)
    run.cancel("enough")
    assert run.status == "cancelled"
    assert archived.calls == [{"reading": Reading("watch", 1)}]
    with pytest.raises(wfc.WorkflowCancelledError, match="enough"):
        run.result()


def test_a_terminated_run_does_not(env: Environment) -> None:
    """None of its code runs any more."""
    archived = env.replace(archive, returns="")
    env.replace("observe", lambda hours: asyncio.Event().wait())
    run = env.start(watch, 1)
    run.terminate("now")
    assert (run.status, archived.count) == ("cancelled", 0)


def test_children_are_runs_like_any_other(env: Environment) -> None:
    """They can be resumed and looked at; the parent waits for them."""
    run = env.start(judge_all, ["a", "b"])
    first, second = run.children
    assert [child.attributes for child in run.children] == [{"subject": "a"}, {"subject": "b"}]
    second.resume(Verdict(good=True))
    assert (first.status, second.status, run.status) == ("running", "completed", "running")
    assert run.result() == ["nobody cared", "good"]
    assert {each.run_id for each in env.runs} == {run.run_id, first.run_id, second.run_id}


def test_a_stream_is_read(env: Environment) -> None:
    """What steps wrote so far, in order."""
    run = env.start(report, ["a", "b"])
    assert run.stream() == ["a", "b"]
    assert run.stream("other") == []


def test_the_types_of_a_workflow_are_the_tests(env: Environment) -> None:
    """mypy knows what a run returns; what doesn't fit is its error, and one at run time."""
    assert_type(env.run(weigh, Sample(name="iron")), str)
    assert_type(env.start(weigh_weekly, Sample(name="iron"), 1), TestRun[list[Reading]])
    assert_type(env.replace(archive, returns="").calls, list[dict[str, Any]])
    with pytest.raises(TypeError, match="weeks"):
        env.start(weigh_weekly, Sample(name="iron"))  # type: ignore[call-arg]


def test_host_code_is_called_where_it_works(env: Environment) -> None:
    """An endpoint of the host that starts, finds and resumes runs uses the environment's store."""

    async def endpoint() -> wfc.Run[str]:
        return await wfc.start_options(idempotency_key="k").start(judge, "x")

    run = env.get_run(env.call(endpoint()))
    assert env.call(endpoint()).run_id == run.run_id
    env.call(Verdict(good=True).resume(run.hooks[0].token))
    assert env.get_run(run.run_id).result() == "good"


def test_it_works_in_an_async_test(env: Environment) -> None:
    """A test that runs on a loop of its own uses the same calls; host code on that loop reaches the same store."""

    async def test() -> str:
        run = env.start(judge, "x")
        await Verdict(good=True).resume(run.hooks[0].token)
        await asyncio.sleep(0)
        return run.result()

    assert asyncio.run(test()) == "good"


def test_a_crash_loses_nothing_that_was_stored(env: Environment) -> None:
    """Another worker goes on: results are not asked for again, timers ring when they were due."""
    measured = env.replace(measure, lambda sample: Reading(sample.name, env_count()))
    counts = iter(range(10))

    def env_count() -> float:
        return float(next(counts))

    run = env.start(weigh_weekly, Sample(name="iron"), 2)
    for _ in range(3):
        env.crash()
        env.advance("7 days")
    assert run.result() == [Reading("iron", 0.0), Reading("iron", 1.0)]
    assert measured.count == 2


def test_a_crash_spends_the_attempt_that_was_running(env: Environment) -> None:
    """The body is cut off and started once more, by its policy."""
    attempts: list[int] = []

    async def observed(hours: int) -> str:
        attempts.append(wfc.get_step_metadata().attempt)
        if len(attempts) == 1:
            await asyncio.Event().wait()
        return "seen"

    env.replace("observe", observed)
    run = env.start(watch, 1)
    assert run.status == "running"
    env.crash()
    assert (run.result(), attempts) == ("seen", [1, 2])


def test_the_log_can_be_read(env: Environment) -> None:
    """As events, as types, and as lines for people."""
    run = env.start(judge, "x")
    assert run.event_types[:3] == ["run_created", "run_started", "attr_set"]
    lines = run.timeline().splitlines()
    assert len(lines) == len(run.events)
    assert any("hook_created" in line and run.hooks[0].token in line for line in lines)


def test_environments_follow_one_another(build: Path) -> None:
    """Each begins with nothing; two at a time are refused."""
    with Environment(PROJECT, build=build) as first:
        first.start(judge, "x")
        with pytest.raises(RuntimeError, match="another environment is open"):
            Environment(PROJECT, build=build)
    with Environment(PROJECT, build=build) as second:
        assert second.runs == []
    with pytest.raises(RuntimeError, match="closed"):
        second.start(judge, "x")


def test_without_a_build_the_project_is_built() -> None:
    """By the `wfc` command, into a folder that is gone afterwards."""
    with Environment(PROJECT) as env:
        out = env._builds.out
        assert env.run(judge, "x") == "nobody cared"
    assert not out.exists()


def test_a_run_that_waits_for_a_person_says_so(env: Environment) -> None:
    """WaitingError names the hook, its token and what to call."""

    async def for_ever(hours: int) -> Any:
        await asyncio.Event().wait()

    env.replace("observe", for_ever)
    run = env.start(watch, 1)
    with pytest.raises(WaitingError, match=r"nothing more happens by itself: run .* of watch waits for\n.* observe"):
        run.result()
