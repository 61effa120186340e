"""What a test does wrong, and what it is told."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import wfc
from lab.flows import Verdict, judge, judge_all, moody, slow, weigh, weigh_weekly
from lab.samples import Reading, Sample
from lab.steps import archive, measure
from tests.runtime.testing.conftest import PROJECT
from wfc.testing import BuildFailedError, Environment, StuckError, WaitingError

Act = Callable[[Any], object]

MISTAKES: dict[str, tuple[Act, type[BaseException], str]] = {
    "unknown step": (
        lambda env: env.replace("archiv", lambda: None),
        wfc.ConfigError,
        r"no step 'archiv'; did you mean 'archive'\?",
    ),
    "a workflow as step": (lambda env: env.replace(weigh, lambda: None), TypeError, "weigh is a workflow"),
    "a function as step": (lambda env: env.replace(len, lambda: None), TypeError, "len is no step of a `wfc.Workflows"),
    "other parameters": (
        lambda env: env.replace(archive, lambda: ""),
        TypeError,
        r"archive\(reading: .*Reading\) -> str, the replacement takes \(\)",
    ),
    "a value as function": (lambda env: env.replace(archive, "done"), TypeError, "has to be a function, not 'done'"),
    "two replacements": (lambda env: env.replace(archive, returns=1, raises=OSError), TypeError, "takes one of"),
    "a step as workflow": (lambda env: env.start(archive), TypeError, "archive is a step: await it, or start a"),
    "a function as workflow": (lambda env: env.start(len), TypeError, "len is no workflow"),
    "missing argument": (lambda env: env.start(weigh), TypeError, r"weigh\(\) missing a required argument: 'sample'"),
    "wrong type of argument": (
        lambda env: env.start(weigh, "iron"),
        wfc.TypeValidationError,
        "weigh: argument 'sample' doesn't match its annotation",
    ),
    "a dict as payload": (lambda env: env.resume("t", {"good": True}), TypeError, "an instance of the hook's class"),
    "not a duration": (lambda env: env.advance("7 dayz"), ValueError, "7 dayz"),
    "unknown run": (lambda env: env.get_run("wrun_x").result(), wfc.RunNotFoundError, "wrun_x"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named(env: Environment, mistake: str) -> None:
    """The message says what is wrong with the call; the environment goes on."""
    act, error, message = MISTAKES[mistake]
    with pytest.raises(error, match=message):
        act(env)
    env.start(judge, "x").resume(Verdict(good=True))


def test_a_token_that_nobody_holds(env: Environment) -> None:
    """The message lists what runs wait for instead."""
    run = env.start(judge, "x")
    with pytest.raises(WaitingError) as caught:
        env.resume("draft-124", Verdict(good=True))
    text = str(caught.value)
    assert "no live hook holds the token 'draft-124'" in text
    assert f"a payload of the hook Verdict: resume('{run.hooks[0].token}', Verdict(...))" in text
    assert "a timer that is due in 1 day, 0:00:00: advance(...)" in text


def test_a_hook_that_the_run_does_not_have(env: Environment) -> None:
    """A run that waits for no such hook says what it waits for."""
    run = env.start(weigh_weekly, Sample(name="iron"), 1)
    with pytest.raises(WaitingError, match=r"no hook of class Verdict to resume; .*\n.* a timer that is due in 7 days"):
        run.resume(Verdict(good=True))
    with pytest.raises(WaitingError, match="no live hook holds the token 'x'"):
        run.resume(Verdict(good=True), token="x")


def test_two_hooks_of_a_class(env: Environment) -> None:
    """Which of them is for the test to say: all runs that wait are listed with their children."""
    env.replace(measure, returns=Reading("x", 1.0))
    run = env.start(judge_all, ["a"])
    assert "the end of its child run" in run.describe()
    assert "of judge waits for\n  - a payload of the hook Verdict" in env.describe()


def test_a_result_of_another_type(env: Environment) -> None:
    """A replacement that returns what the step can't return fails the workflow as the step would, and by name."""
    replaced = env.replace(archive, returns=7)
    with pytest.raises(wfc.WorkflowRunFailedError, match="archive: the result doesn't match its annotation"):
        env.run(weigh, Sample(name="iron"))
    assert replaced.count == 1
    env.replace(archive, returns=object())
    with pytest.raises(wfc.WorkflowRunFailedError, match="object"):
        env.run(weigh, Sample(name="iron"))


def test_real_time_is_noticed(build: Path) -> None:
    """A `time.sleep` in a step takes as long as anywhere: past the patience the test hears where it is."""
    with Environment(PROJECT, build=build, patience=0.3) as env:
        with pytest.raises(StuckError) as caught:
            env.start(slow, 1.5)
        text = str(caught.value)
        assert "after 0.3 seconds something was still going on" in text
        assert re.search(r"lab/steps.py:\d+: time.sleep\(seconds\)", text)
        assert "Only what waits by asyncio" in text
        with pytest.raises(StuckError, match="can't be used any more"):
            env.start(judge, "x")


def test_a_step_that_polls_for_ever_is_noticed(build: Path) -> None:
    """Virtual time would go on and on."""

    async def poll(reading: Reading) -> str:
        for _ in itertools.count():
            await asyncio.sleep(1)
        return ""

    with Environment(PROJECT, build=build, patience=0.3) as env:
        env.replace(archive, poll)
        with pytest.raises(StuckError, match="attempts of steps: archive #1"):
            env.start(weigh, Sample(name="iron"))


def test_a_workflow_that_does_not_replay(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its run is blocked after the first wait, and the result shows both calls."""
    run = env.start(moody)
    monkeypatch.setenv("MOOD", "wild")
    with pytest.raises(WaitingError, match=r"can't be continued: .*diverged.*wait.*calibrate"):
        run.result()


def test_calls_from_inside_are_refused(env: Environment) -> None:
    """A replacement that moves the environment it runs in would wait for itself."""
    env.replace(archive, lambda reading: env.advance(1))
    with pytest.raises(wfc.WorkflowRunFailedError, match="called by the test, not by a step"):
        env.run(weigh, Sample(name="iron"))


def test_waiting_on_a_loop_of_ones_own(env: Environment) -> None:
    """An async test, or a thread, that awaits a run itself would wait for ever; one that has ended is no trouble."""
    run = env.start(judge, "x")
    with pytest.raises(WaitingError, match=r"use get_run\(run\).result\(\)"):
        asyncio.run(run.handle.return_value())
    with pytest.raises(WaitingError, match="nothing happens between the calls"):
        run.handle.result_sync()
    assert run.result() == "nobody cared"
    assert run.handle.result_sync() == "nobody cared"


def test_a_traceback_shows_the_users_code(env: Environment) -> None:
    """How the loop in its thread got there is left out."""

    async def endpoint() -> None:
        raise LookupError("in host code")

    with pytest.raises(LookupError) as caught:
        env.call(endpoint())
    names = [entry.name for entry in caught.traceback]
    assert names[-1] == "endpoint"
    assert not {"run_until_complete", "_noted", "called"} & set(names)


def test_a_start_without_a_zone(build: Path) -> None:
    """Which moment it is would depend on the machine."""
    with pytest.raises(ValueError, match="has no time zone"):
        Environment(PROJECT, build=build, start=datetime(2030, 1, 1))


def test_a_project_with_findings(tmp_path: Path) -> None:
    """The compiler's words are the test's."""
    (tmp_path / "pyproject.toml").write_text("[tool.wfc]\n")
    (tmp_path / "flows.py").write_text(
        "import wfc\nwf = wfc.Workflows()\n\n@wf.workflow\nasync def nap() -> None:\n    await wfc.sleep('7 dayz')\n"
    )
    with pytest.raises(BuildFailedError, match=r"(?s)`wfc build` failed in .*WFC323"):
        Environment(tmp_path)


def test_a_folder_without_a_build(tmp_path: Path) -> None:
    """What to do is said."""
    with pytest.raises(wfc.ConfigError, match="run `wfc build` first"):
        Environment(PROJECT, build=tmp_path)
