"""Tell the person at the terminal what happens to a run, a line for each thing, as it is committed."""

from __future__ import annotations

import time

from ..codec.exceptions import describe_exception, headline
from ..history import iso, resume_command
from ..ids import short_name
from ..model import Event, Run
from .session import say


class Progress:
    """Watches one run; events of other runs pass unseen."""

    def __init__(self, run_id: str, *, fast_forward: bool) -> None:
        self._run_id = run_id
        self._fast_forward = fast_forward
        self._steps: dict[str, tuple[str, int, int]] = {}
        self._began = time.monotonic()
        self.ended_after: float | None = None

    @property
    def elapsed(self) -> float:
        """Return the seconds since the watching began."""
        return time.monotonic() - self._began

    def end(self) -> None:
        """Note that the run has ended now."""
        self.ended_after = self.elapsed

    def note(self, run: Run, event: Event) -> None:
        """Say what a committed event means, if it means something to a person."""
        if run.run_id != self._run_id:
            return
        line = self._line(event)
        if line is not None:
            say(line)

    def _line(self, event: Event) -> str | None:
        id_ = event.call_id or ""
        match event.type:
            case "step_created":
                self._steps[id_] = (short_name(str(event.data["stepName"])), 0, event.at)
            case "step_started":
                name, _, _ = self._steps.get(id_, (id_, 0, 0))
                self._steps[id_] = (name, int(event.data["attempt"] or 0), event.at)
            case "step_completed" | "step_failed" | "step_retrying":
                return self._step_line(id_, event)
            case "wait_created":
                skipped = ", fast-forwarded" if self._fast_forward else ""
                return f"  waits until {iso(int(event.data['resumeAt'] or 0))}{skipped}"
            case "hook_created":
                name = str(event.data["hookClass"]).partition(":")[2]
                return f"  waits for hook {name}: {resume_command(str(event.data['token']))}"
            case "hook_received":
                return f"  hook {event.data.get('token', '')} received"
            case "run_completed" | "run_failed" | "run_cancelled":
                return f"  {event.type.removeprefix('run_')}"
        return None

    def _step_line(self, id_: str, event: Event) -> str:
        name, attempt, started = self._steps.get(id_, (id_, 0, event.at))
        took = f"{(event.at - started) / 1000:.0f} ms"
        times = f", attempt {attempt}" if attempt > 1 else ""
        if event.type == "step_completed":
            return f"  step {name}: completed in {took}{times}"
        if event.payload is None:
            return f"  step {name}: stopped; its attempt is not spent"
        reason = headline(describe_exception(event.payload))
        if event.type == "step_failed":
            return f"  step {name}: failed{times}: {reason}"
        pause = (int(event.data["retryAfter"] or 0) - event.at) / 1e6
        return f"  step {name}: attempt {attempt or event.data['attempt']} failed ({reason}); again in {pause:.1f} s"
