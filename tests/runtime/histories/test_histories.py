"""What a release has written, today's code reads, replays and goes on with. See `record.py`.

Every run of every recorded set is replayed on the build that was made then: it has to ask for the same, byte for byte,
and to end the same way.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.handmade import open_project
from tests.runtime.histories import record
from tests.runtime.invariants import check_file
from wfc.builds import Builds
from wfc.codec.exceptions import describe_exception
from wfc.effective import effective
from wfc.engine.replay import rebuild
from wfc.flow.commands import (
    CallStep,
    CancelStep,
    Command,
    Complete,
    CreateHook,
    DisposeHook,
    Ending,
    Fail,
    SetAttributes,
    StartChild,
    StartWait,
    Unrecorded,
)
from wfc.flow.flowrun import FlowRun
from wfc.model import DELIVERED, ISSUED, Event, Run
from wfc.store.protocol import RunQuery
from wfc.store.sqlite.store import SqliteStore

HERE = Path(__file__).parent
VERSIONS = sorted(path.name for path in HERE.iterdir() if (path / "state.sql").is_file())

# Each kind of event is in the set, so that none can change unnoticed.
COVERED = DELIVERED | ISSUED
COVERED |= {"run_created", "run_completed", "run_failed", "run_cancelled", "run_reopened"}
COVERED |= {"step_started", "step_retrying"}


class Recording(FlowRun):
    """A flow that keeps all that it asks for."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.asked: list[Command] = []

    def deliver(self, event: Event) -> list[Command]:
        commands = super().deliver(event)
        self.asked += [command for command in commands if not isinstance(command, Unrecorded)]
        return commands


class Recorded:
    """A recorded set, put back where a project has it."""

    def __init__(self, version: str, root: Path) -> None:
        self.root = root
        build = json.loads((HERE / version / "build.json").read_text())
        for path, text in build["files"].items():
            file = root / ".wfc" / "builds" / build["buildId"] / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        (root / ".wfc" / "current").write_text(f"{build['buildId']}\n")
        with closing(sqlite3.connect(self.store)) as database:
            database.executescript((HERE / version / "state.sql").read_text())
        self.builds = Builds(root / ".wfc", root)

    @property
    def store(self) -> Path:
        return self.root / ".wfc" / "state.db"

    def logs(self) -> list[tuple[Run, list[Event]]]:
        """Open the store as today's wfc does, and read it."""

        async def read() -> list[tuple[Run, list[Event]]]:
            store = SqliteStore(self.store)
            try:
                return [(run, await store.events(run.run_id)) for run in await store.runs(RunQuery(1000))]
            finally:
                await store.close()

        return asyncio.run(read())


@pytest.fixture(scope="module", params=VERSIONS)
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Return a set; routes are imported once for all tests of it."""
    return Recorded(request.param, tmp_path_factory.mktemp("history"))


def test_there_are_histories_of_this_version_or_before() -> None:
    """A set that nobody finds would be replayed by nobody."""
    assert VERSIONS


def test_the_set_holds_all_kinds_of_events(recorded: Recorded) -> None:
    """And a run of each workflow."""
    logs = recorded.logs()
    assert {event.type for _, log in logs for event in log} >= COVERED
    entries = [entry.workflow_id for _, entry in recorded.builds.current().manifest.workflow_entries()]
    assert {run.workflow_id for run, _ in logs} == set(entries)


def test_every_run_asks_for_the_same(recorded: Recorded) -> None:
    """Byte for byte what the log has, in its order, and the same end."""
    for run, log in recorded.logs():
        flow = replayed(recorded, run, log)
        issued = [shown(event) for event in effective(log) if event.is_issued and not _after_the_end(event, log)]
        endings = [command for command in flow.asked if isinstance(command, Ending)]
        asked = [shown_command(flow, command) for command in flow.asked if not isinstance(command, Ending)]
        assert asked == issued, run.run_id
        assert [type(ending).__name__.lower() for ending in endings] == expected_ending(run, log), run.run_id
        for ending in endings:
            if isinstance(ending, Complete):
                assert ending.output == run.output, run.run_id
            elif isinstance(ending, Fail):
                assert told(ending.error) == told(run.error or b""), run.run_id


def test_every_beginning_of_a_log_replays(recorded: Recorded) -> None:
    """Wherever a worker had died, today's would have gone on: no prefix that ends with a turn diverges."""
    for run, log in recorded.logs():
        turns = [event.seq for event in log if event.is_delivered or event.type == "run_reopened"]
        for seq in turns:
            replayed(recorded, run, log[: seq - 1])


def test_a_run_goes_on_with_what_is_installed_now(recorded: Recorded, tmp_path: Path) -> None:
    """The one that waited when the set was recorded takes its payload, runs its step and ends."""
    again = Recorded(recorded_version(recorded), tmp_path)

    async def main() -> Any:
        async with open_project(tmp_path) as project:
            await project.store.post_payload("waits", b'{"text":"at last","n":0}')
            project.work()
            return await project.outcome(await project.store.run("waits"))

    assert asyncio.run(main()) == "at last True"
    check_file(again.store)


def test_a_set_is_never_written_again(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Recording what is there is refused."""
    monkeypatch.setattr(record, "VERSION", VERSIONS[-1])
    assert record.main() == 1
    assert "stay as they are" in capsys.readouterr().err


# --- what the tests above compare


def recorded_version(recorded: Recorded) -> str:
    return next(
        version
        for version in VERSIONS
        if json.loads((HERE / version / "build.json").read_text())["buildId"] == recorded.builds.current_id()
    )


def replayed(recorded: Recorded, run: Run, log: list[Event]) -> Recording:
    flows: list[Recording] = []

    def make(*args: Any) -> Recording:
        flows.append(Recording(*args))
        return flows[-1]

    route = recorded.builds.get(run.build_id).flow(run.workflow_id)
    rebuild(route, run, log, make_flow=make).flow.evict()
    return flows[0]


def shown(event: Event) -> tuple[Any, ...]:
    data = event.data
    match event.type:
        case "step_created":
            return event.type, event.call_id, data["stepName"], event.payload, data.get("cancellable") is True
        case "wait_created":
            return event.type, event.call_id, data["resumeAt"]
        case "hook_created":
            return event.type, event.call_id, data["token"], data["hookClass"], event.payload
        case "hook_disposed":
            return event.type, event.call_id, data["token"]
        case "attr_set" | "step_cancelling":
            return event.type, event.call_id, data.get("reason"), event.payload
        case _:
            return event.type, event.call_id, data["workflowName"], data["childRunId"], event.payload


def shown_command(flow: FlowRun, command: Command) -> tuple[Any, ...]:
    match command:
        case CallStep():
            return "step_created", command.call_id, command.step_id, command.input, command.cancellable
        case StartWait():
            return "wait_created", command.call_id, command.due_at
        case CreateHook():
            return "hook_created", command.call_id, command.token, command.hook_class, command.metadata
        case DisposeHook():
            return "hook_disposed", command.call_id, command.token
        case SetAttributes():
            return "attr_set", command.call_id, None, flow.route.codec.encode(command.changes)
        case CancelStep():
            return "step_cancelling", command.call_id, command.reason, None
        case StartChild():
            return "child_started", command.call_id, command.workflow_id, command.run_id, command.input
        case _:
            raise AssertionError(command)


def _after_the_end(event: Event, log: list[Event]) -> bool:
    """Is this a hook that the end of the run gave back, rather than the workflow?"""
    ends = [e.seq for e in effective(log) if e.type in ("run_completed", "run_failed", "run_cancelled")]
    return event.type == "hook_disposed" and bool(ends) and event.seq > ends[-1]


def expected_ending(run: Run, log: list[Event]) -> list[str]:
    if run.status == "cancelled" and not any(event.type == "run_cancelling" for event in log):
        return []  # terminated
    return {"completed": ["complete"], "failed": ["fail"], "cancelled": ["cancel"]}.get(run.status, [])


def told(error: bytes) -> tuple[str, str]:
    """Return what an error says; lines of wfc's own in its traceback may differ."""
    described = describe_exception(error)
    return described["type"], described["message"]
