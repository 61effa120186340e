"""What can break at run time, and what shows it.

In: what was seen of a program. Out: its breakages, each by the name of its kind with the particulars behind it:

    the run fails: TypeError: charge() missing a required argument: 'amount'
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.e2e.breaking.plays import Afterlife, Life, Lives

DIVERGES = "the replay diverges"
DIFFERS = "the run ends differently when it is brought back"
LEAKS = "a second run ends differently in the same process"
LEAVES = "a run leaves something behind for others"
PUT_ASIDE = "putting the run aside runs its code"
REPEATS = "an effect happens again on replay"
FAILS = "the run fails"
STEP_FAILS = "the step fails"
NEVER_AWAITED = "a coroutine is never awaited"
IDLE = "no step is ever asked for"
CUT_OFF = "the run is completed before a step that it asked for"
UNHEARD = "a hook is never awaited"
HELD_UP = "a turn doesn't end"
RUNAWAY = "a turn runs callbacks without end"
ENDLESS = "the history grows without end"
STALLED = "nothing can wake the run"
WAITS = "the run waits for what nobody sends"
UNSENDABLE = "a hook can't be resumed"
CONFLICTS = "two runs ask for one token"
IGNORES_CANCEL = "a cancelled run goes on"
UNLOADABLE = "the route can't be imported"
UNREAD = "an annotation can't be read, and checks nothing"
UNRECORDABLE = "what fits an annotation can't be recorded"
OTHERWISE = "the outcome isn't that of the plain program"
NO_ROUTE = "the build has no route of it"

KINDS = (
    DIVERGES, DIFFERS, LEAKS, LEAVES, PUT_ASIDE, REPEATS, FAILS, STEP_FAILS, NEVER_AWAITED, IDLE, CUT_OFF, UNHEARD,
    HELD_UP, RUNAWAY, ENDLESS, STALLED, WAITS, UNSENDABLE, CONFLICTS, IGNORES_CANCEL, UNLOADABLE, UNREAD,
    UNRECORDABLE, OTHERWISE, NO_ROUTE,
)  # fmt: skip

BENIGN = (ENDLESS, IDLE, CUT_OFF, LEAVES)
"""What is no mistake by itself: examples are short, may be right to drop a step, and may fill a table once for all."""

_OUTCOMES = {
    "failed": FAILS,
    "held up": HELD_UP,
    "runaway": RUNAWAY,
    "endless": ENDLESS,
    "stalled": STALLED,
    "waits": WAITS,
    "unsendable": UNSENDABLE,
}
_MISSING = re.compile(r"ModuleNotFoundError: No module named '(\w+)")


def breakages(lives: Lives, afterlife: Afterlife | None) -> Iterator[str]:
    """Yield what broke when a workflow or a step was played."""
    first = lives.first
    if first.unloadable:
        yield f"{UNLOADABLE}: {first.unloadable}"
        return
    yield from (f"{UNREAD}: {name}" for name in first.unread)
    yield from (f"{UNRECORDABLE}: {problem}" for problem in first.unrecordable)
    yield from (f"{LEAVES}: {name}" for name in (*first.left_behind, *lives.again.left_behind))
    status, text = first.outcome
    if status in _OUTCOMES:
        yield f"{STEP_FAILS if first.play.is_step and status == 'failed' else _OUTCOMES[status]}: {text}"
    if first.play.circumstances.cancel_at is not None and status != "cancelled" and _was_cancelled(first):
        yield f"{IGNORES_CANCEL}: {first.outcome}"
    if first.plainly not in (None, first.outcome):
        yield f"{OTHERWISE}: {first.outcome} and {first.plainly}"
    yield from (f"{NEVER_AWAITED}: {told}" for told in first.never_awaited)
    types = [event.type for event in first.log]
    if status == "completed" and first.play.calls_steps and "step_created" not in types:
        yield IDLE
    if status == "completed" and types.count("step_created") > types.count("step_completed"):
        yield CUT_OFF
    yield from (f"{UNHEARD}: {token}" for token in _unheard(first))
    if lives.again.outcome != first.outcome or lives.again.asked != first.asked:
        yield f"{LEAKS}: {first.outcome} and {lives.again.outcome}"
    yield from (f"{PUT_ASIDE}: {done}" for done in lives.again.when_put_aside)
    if lives.other is not first:
        yield from (f"{CONFLICTS}: {token}" for token in sorted(_tokens(first) & _tokens(lives.other)))
    if afterlife is not None:
        yield from (f"{DIVERGES}: {message}" for message in afterlife.diverged)
        yield from (f"{DIFFERS}: {first.outcome} and {outcome}" for outcome in afterlife.differs)
        yield from (f"{REPEATS}: {effect}" for effect in afterlife.effects)


def missing_package(found: str) -> str | None:
    """Return the package that keeps a route from being imported where nothing is wrong but that it isn't installed."""
    match = _MISSING.search(found) if found.startswith(UNLOADABLE) else None
    return match[1] if match else None


def _was_cancelled(life: Life) -> bool:
    return any(event.type == "run_cancelling" for event in life.log)


def _tokens(life: Life) -> set[str]:
    return {str(event.data["token"]) for event in life.log if event.type == "hook_created"}


def _unheard(life: Life) -> Iterator[str]:
    """Yield the tokens of hooks that get no payload, and aren't disposed of, before the run is completed."""
    types = [event.type for event in life.log]
    before = life.log[: types.index("run_completed")] if "run_completed" in types else []
    heard = {event.call_id for event in before if event.type in ("hook_received", "hook_disposed")}
    yield from (str(e.data["token"]) for e in before if e.type == "hook_created" and e.call_id not in heard)
