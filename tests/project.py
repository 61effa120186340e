"""A project in a folder of its own, driven by the `wfc` command in subprocesses as a user would.

Waiting is for what a command or a file shows, with a deadline; no test sleeps and hopes.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

PYTHON = Path(sys.executable)
WFC = PYTHON.parent / "wfc"
# Generous, since CI machines stall; a test that waits this long has failed anyway.
DEADLINE_SECONDS = 60.0

T = TypeVar("T")


@dataclass(frozen=True)
class Done:
    """What a finished command left behind."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


def wait_until(look: Callable[[], T | None], what: str) -> T:
    """Call `look` until it gives something true; fail naming `what` at the deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.01)  # only how often to look: what counts is what is seen
    raise AssertionError(f"waited {DEADLINE_SECONDS:.0f} s in vain for {what}")


class Process:
    """A command that is still running; its output goes to files, so that it never blocks."""

    def __init__(self, command: list[str | Path], cwd: Path, env: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.with_suffix(".out").open("w") as out, log.with_suffix(".err").open("w") as err:
            self._process = subprocess.Popen(
                command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err
            )

    @property
    def err(self) -> str:
        return self._log.with_suffix(".err").read_text()

    @property
    def out(self) -> str:
        return self._log.with_suffix(".out").read_text()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> Done:
        """Wait for the end of the process by itself."""
        try:
            code = self._process.wait(DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running; stderr so far:\n{self.err}") from None
        return Done(code, self.out, self.err)

    def kill(self) -> Done:
        """End the process at once, as `kill -9` does."""
        self._process.kill()
        return self.wait()


@dataclass
class Project:
    """A project folder, and what its user would type in it."""

    root: Path
    logs: Path
    env: dict[str, str] = field(default_factory=dict)

    def write(self, relpath: str, text: str) -> Path:
        path = self.root / relpath
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def environment(self) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("WFC_", "PYTEST_"))}
        return {**inherited, "NO_COLOR": "1", "COLUMNS": "100", **self.env}

    def wfc(self, *arguments: str, code: int = 0, stdin: str = "") -> Done:
        """Run a command to its end, and expect this exit code and no traceback of ours."""
        process = subprocess.run(
            [WFC, *arguments],
            cwd=self.root,
            env=self.environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=2 * DEADLINE_SECONDS,
            check=False,
        )
        done = Done(process.returncode, process.stdout, process.stderr)
        assert done.code == code, f"wfc {' '.join(arguments)}: exit {done.code}\n{done.out}\n{done.err}"
        return done

    def run(self, workflow: str, arguments: Mapping[str, object], *options: str, code: int = 0) -> Any:
        """Run a workflow to its end and return the one JSON object that is printed."""
        return self.wfc("run", workflow, "--input", json.dumps(arguments), "--json", *options, code=code).json()

    @contextmanager
    def spawn(self, *arguments: str | Path, program: Path = WFC) -> Iterator[Process]:
        """Start a command, and make sure that it doesn't outlive the test."""
        log = self.logs / f"{len(list(self.logs.iterdir())):03}"
        process = Process([program, *arguments], self.root, self.environment(), log)
        try:
            yield process
        finally:
            if process.running:
                process.kill()

    def runs(self) -> list[dict[str, Any]]:
        return list(self.wfc("list", "--json").json()["runs"])

    def inspect(self, run_id: str) -> Any:
        return self.wfc("inspect", run_id, "--json").json()

    def wait_for_hook(self, token: str, process: Process | None = None) -> str:
        """Wait until a run waits at this token, and return the run's id; `process` must live to bring it there."""

        def look() -> str | None:
            assert process is None or process.running, process.err
            for run in self.runs():
                if any(hook["token"] == token for hook in self.inspect(run["runId"])["hooks"]):
                    return str(run["runId"])
            return None

        return wait_until(look, f"a hook with token {token}")

    def wait_for_status(self, run_id: str, status: str) -> Any:
        """Wait until the run has this status, and return all that is known of it."""

        def look() -> Any:
            found = self.inspect(run_id)
            return found if found["run"]["status"] == status else None

        return wait_until(look, f"{run_id} to be {status}")


def events_of(inspected: Any, kind: str) -> list[dict[str, Any]]:
    return [event for event in inspected["events"] if event["type"] == kind]


def assert_recorded_once(inspected: Any) -> None:
    """Every step that was created has one result, and the log has no hole."""
    created = [event["correlationId"] for event in events_of(inspected, "step_created")]
    ended = [
        event["correlationId"] for event in inspected["events"] if event["type"] in ("step_completed", "step_failed")
    ]
    assert len(created) == len(set(created))
    assert sorted(ended) == sorted(created)
    numbers = [event["seq"] for event in inspected["events"]]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
