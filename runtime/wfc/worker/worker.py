"""A worker: owns runs, drives their flows, runs their steps, and hands over cleanly.

The async part (`run`) looks at the store: it claims what is due, fetches what has arrived, and notices dead workers.
The rest is callbacks of the event loop: a body ends or an alarm rings, the run is advanced, the transition joins the
next commit, and after the commit the next bodies start. Flow turns always run in a plain callback, never inside a
task of this loop: CPython 3.14 refuses to enter a task of another loop there.

    claim -> ActiveRun -> [mailbox -> advance -> commit -> bodies, effects]* -> parked or ended
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from math import inf

from ..builds import Builds
from ..engine.advance import Surroundings, advance
from ..engine.deliveries import Arrived, Begin, Delivery, TimerDue
from ..engine.lost import lost_attempts
from ..engine.policy import StepPolicy
from ..engine.state import Advanced, RunState, StepState
from ..errors import StoreError
from ..ids import ulid
from ..logs import about
from ..model import Run
from ..origin import origin_of
from ..store.protocol import Committed, Store
from .active import ActiveRun
from .attempts import Attempts
from .background import Background
from .blocking import UnwritableError, reason_of, unheard_results
from .bodies import Ended, wait_for_bodies
from .committer import Committer
from .heartbeat import beating
from .options import WorkerOptions
from .recall import Recall
from .retention import Retention
from .slots import Slots
from .telling import tell_claimed, tell_ended
from .warm import WarmRuns
from .watchdog import watching_turns

_log = logging.getLogger("wfc.worker")

CLAIM_AT_ONCE = 200
ABANDON_SECONDS = 5.0
LINGER_US = 60_000_000  # the longest pause of the default retry policy


class Worker:
    """See the module. One worker runs in one event loop; a process may have several. `active` are its runs by id."""

    def __init__(self, store: Store, builds: Builds, clock: Callable[[], int], options: WorkerOptions) -> None:
        self.worker_id = f"worker_{ulid()}"
        self._store = store
        self._builds = builds
        self._clock = clock
        self._options = options
        self.active: dict[str, ActiveRun] = {}
        self._warm = WarmRuns(options.parked)
        self._recall = Recall(store, builds, self._warm, clock)
        self._slots = Slots(options.concurrency, self._schedule, clock)
        self.attempts = Attempts(options.concurrency, clock, self._body_ended)
        self._committer = Committer(store, self._committed, self._refused, self._store_failed)
        self._random = random.Random()
        self._news = asyncio.Event()
        self._stopping = False
        self._cancelling = False
        self._failure: StoreError | None = None
        self._background = Background(self._store_failed)
        self._retention = Retention(store, clock, options.retention_us, lambda: self._stopping)

    async def run(self, finished: Callable[[], Awaitable[bool]] | None = None) -> None:
        """Work until `stop` is called or, where `finished` is given, until it answers True and nothing is due.

        Then drain: bodies get `grace` seconds, what they return is committed, everything else is handed back. Raises
        StoreError when the store can't be used any more; another worker then takes the runs over.
        """
        await self._store.register(self.worker_id)
        self._news = self._store.subscribe()
        try:
            await self._store.retry_blocked()
            if self._options.fast_forward is not None:  # the run may have been parked by a worker that died then
                await self._store.skip_ahead(self._options.fast_forward)
            beats = beating(self._store, self.worker_id, self._options.heartbeat, self._store_failed)
            with beats, watching_turns(self._options.turn_seconds):
                await self._work(finished)
                await self._drain()
        finally:
            self._store.unsubscribe(self._news)
            self.attempts.close()
            await self._evict_all()
            if self._failure is None:
                await self._store.unregister(self.worker_id)
        if self._failure is not None:
            raise self._failure

    def stop(self, *, now: bool = False) -> None:
        """Begin to drain; with `now`, running bodies are cancelled at once (their attempts are not spent)."""
        self._stopping = self.attempts.stopping = True
        self._cancelling = self._cancelling or now
        self._news.set()

    @property
    def bodies(self) -> int:
        """How many step bodies are running."""
        return len(self.attempts)

    @property
    def has_stuck_bodies(self) -> bool:
        """Are there step bodies that don't end, in threads or deaf to cancellation? They keep a process alive."""
        return self.attempts.are_stuck

    # --- the async part: what the store has for us

    async def _work(self, finished: Callable[[], Awaitable[bool]] | None) -> None:
        loop = asyncio.get_running_loop()
        swept = -inf
        while not self._stopping and self._failure is None:
            self._news.clear()
            if loop.time() - swept >= self._options.sweep:
                await self._store.release_dead(self.worker_id)
                if self._builds.has_another_current():
                    await self._store.retry_blocked()
                self._retention.begin_if_due(self._background)
                swept = loop.time()
            claimed = await self._look()
            if claimed == CLAIM_AT_ONCE:
                await asyncio.sleep(0)  # these go ahead before more are brought into memory
                continue
            due = await self._store.next_due()
            idle = not self.active and (due is None or due > self._clock())
            if idle and finished is not None and await finished():
                return
            await self._rest(due)

    async def _look(self) -> int:
        """Claim what is due and fetch what has arrived; how many runs were claimed."""
        claimed = await self._store.claim(self.worker_id, CLAIM_AT_ONCE)
        for run in claimed:
            await self._adopt(run)
        # What has arrived is fetched before the first turn: it may be older than what is due by the clock.
        if self.active:
            for item in await self._store.inbox(self.worker_id):
                active = self.active.get(item.run_id)
                if active is not None and active.is_new(item):
                    active.mailbox.append(Arrived(item.at, item))
                    self._schedule(active)
        for run in claimed:
            if run.run_id in self.active:
                self._schedule(self.active[run.run_id])
        return len(claimed)

    async def _rest(self, due: int | None) -> None:
        """Sleep until something changes, something is due, or the next sweep."""
        sweep = self._options.sweep
        seconds = sweep if due is None else min(sweep, max(0.0, (due - self._clock()) / 1e6))
        try:
            async with asyncio.timeout(None if seconds == inf else seconds):
                await self._news.wait()
        except TimeoutError:
            return

    async def _adopt(self, run: Run) -> None:
        """Make a claimed run active."""
        lost = self.active.get(run.run_id)
        if lost is not None:  # the run was taken from this worker without its noticing, and has come back
            self._drop(lost)
        state = await self._recall.bring_back(run)
        if isinstance(state, str):
            await self._recall.block_or_end(run, state)
        else:
            self._activate(state)

    def _activate(self, state: RunState) -> None:
        run = state.run
        tell_claimed(run)
        now = self._clock()
        active = ActiveRun(state, self._builds.get(run.build_id), served_at=now)
        self.active[run.run_id] = active
        if run.status == "pending":
            active.mailbox.append(Begin(now))
        active.mailbox.extend(lost_attempts(state, now))
        self._collect_due(active)

    # --- callbacks: one run forward

    def _schedule(self, active: ActiveRun) -> None:
        if not active.scheduled and not active.committing:
            active.scheduled = True
            asyncio.get_running_loop().call_soon(self._advance, active)

    def _advance(self, active: ActiveRun) -> None:
        active.scheduled = False
        # What comes during a commit waits for it: the next transition follows from what the store has made of this one.
        if active.committing or self.active.get(active.run_id) is not active or self._failure is not None:
            return
        active.silence()
        deliveries, active.mailbox = active.mailbox, []
        slots = 0 if self._stopping else self._slots.room(active)
        # A run that is fast-forwarded has to be parked for it: its retries are skipped, too.
        linger = 0 if active.run_id == self._options.fast_forward else LINGER_US
        around = Surroundings(
            self.worker_id,
            self._clock(),
            slots,
            policy_of=partial(self._policy, active),
            draw=self._random.random,
            origin_of=partial(origin_of, build_id=active.build.manifest.build_id),
            linger_us=linger,
        )
        try:
            advanced = advance(active.state, deliveries, around)
        except Exception as error:  # noqa: BLE001 - one run's trouble must not end the worker that serves the others
            self._block(active, error, deliveries)
            self._slots.offer()
            return
        self._slots.take(active, len(advanced.started))
        self._slots.offer()
        active.committing = True
        self._committer.add(active, advanced)

    def _policy(self, active: ActiveRun, step_id: str) -> StepPolicy:
        return StepPolicy.of(active.build.manifest.step(step_id))

    def _committed(self, active: ActiveRun, advanced: Advanced, result: Committed) -> None:
        active.committing = False
        if result.run is None:
            _log.warning("the run was taken over by another worker", extra={"run_id": active.run_id})
            self._drop(active)
            self._slots.give_back(len(advanced.started))
            return
        if result.run.wake_at != advanced.transition.run.wake_at:
            self._news.set()  # the store has put something into the inbox
        active.state.run = result.run
        if advanced.effects:
            with about(result.run.run_id, result.run.workflow_id):
                for effect in advanced.effects:
                    self._show(effect)
        observer = self._options.observer
        if observer is not None:
            for event in advanced.transition.events:
                self._show(observer, result.run, event)
        if not result.run.is_terminal and self.active.get(active.run_id) is not active:
            self._slots.give_back(len(advanced.started))  # lost meanwhile, and claimed again: that claim goes on
            return
        for step in advanced.started:
            self._start_body(active, step)
        for step in advanced.stopped:
            active.stop_body(step)
        self._after_commit(active)

    def _refused(self, active: ActiveRun, advanced: Advanced, error: Exception) -> None:
        """Block a run whose transition the store can't hold; the others of the batch are not affected."""
        active.committing = False
        self._block(active, UnwritableError(f"what the run did can't be written: {error}"), [])
        self._slots.give_back(len(advanced.started))

    def _after_commit(self, active: ActiveRun) -> None:
        """Decide what becomes of a run whose transition is durable."""
        run = active.state.run
        if run.is_terminal:
            tell_ended(run)
            self._drop(active)
        elif run.owner is None:
            self._park(active)
        elif active.mailbox:
            self._schedule(active)
        else:
            self._set_alarm(active)

    def _set_alarm(self, active: ActiveRun) -> None:
        """Ring at the next wait or retry. A step that could start now and has no slot waits for one in line."""
        now, offset = self._clock(), active.state.run.clock_offset
        wait, attempt = active.state.next_wait, active.state.next_attempt
        if attempt is not None and attempt - offset <= now:
            if not self._stopping:  # a stopping worker starts nothing: in line, runs would wake each other for ever
                if self._slots.room(active) > 0:
                    self._schedule(active)
                    return
                self._slots.wait(active)
            attempt = None
        else:
            self._slots.leave(active)
        due = [time - offset for time in (wait, attempt) if time is not None]
        if due:
            seconds = max(0, min(due) - now) / 1e6
            active.alarm = asyncio.get_running_loop().call_later(seconds, self._ring, active)

    def _ring(self, active: ActiveRun) -> None:
        active.alarm = None
        self._collect_due(active)
        self._schedule(active)

    def _collect_due(self, active: ActiveRun) -> None:
        offset = active.state.run.clock_offset
        for due, wait_id in active.state.flow.due_by(self._clock() + offset):
            active.mailbox.append(TimerDue(due - offset, wait_id))

    # --- bodies

    def _start_body(self, active: ActiveRun, step: StepState) -> None:
        if self._stopping:
            active.mailbox.append(self.attempts.returned(step))
            self._slots.give_back()
        else:
            self.attempts.start(active, step)

    def _body_ended(self, active: ActiveRun, ended: Ended | None) -> None:
        if ended is None or self.active.get(active.run_id) is not active:
            self._slots.give_back()
            return
        active.mailbox.append(ended)
        if active.bodies or active.scheduled or active.committing:
            self._slots.give_back()
            self._schedule(active)
        else:  # nothing else can come in this turn of the loop: the run needn't wait for the next one
            self._slots.give_back_to(active)
            self._advance(active)

    # --- leaving

    def _park(self, active: ActiveRun) -> None:
        """Keep a run that waits warm, as long as there is room. What is in its mailbox is in its inbox, too."""
        run = active.state.run
        self._forget(active)
        self._warm.keep(active.state)
        if run.run_id == self._options.fast_forward and run.wake_at is not None:
            self._background.run(self._skip_ahead(run.run_id))

    async def _skip_ahead(self, run_id: str) -> None:
        await self._store.skip_ahead(run_id)
        self._news.set()

    def _drop(self, active: ActiveRun) -> None:
        """Let go of a run that has ended or isn't ours any more; bodies still running finish for nothing."""
        self._forget(active)
        asyncio.get_running_loop().call_soon(active.state.flow.evict)

    def _forget(self, active: ActiveRun) -> None:
        active.silence()
        if self.active.get(active.run_id) is active:
            del self.active[active.run_id]
        self._slots.leave(active)
        self._news.set()

    def _block(self, active: ActiveRun, error: Exception, deliveries: Sequence[Delivery]) -> None:
        """Block a run whose last transition is worthless. Results of bodies that were in it are delivered later."""
        self._drop(active)
        results = unheard_results(active.run_id, [*deliveries, *active.mailbox])
        run = replace(active.state.run, owner=self.worker_id)
        self._background.run(self._store.block(run, reason_of(error, active.run_id), results))

    def _store_failed(self, error: StoreError) -> None:
        _log.error("the store failed: %s", error)
        self._failure = error
        self._news.set()

    async def _drain(self) -> None:
        """Let bodies finish within the grace period, then cancel them, and commit how they ended."""
        self._stopping = self.attempts.stopping = True
        bodies = [task for active in self.active.values() for task in active.bodies.values()]
        if bodies and not self._cancelling and self._failure is None:
            await wait_for_bodies(bodies, self._news, self._options.grace, lambda: self._cancelling)
        for task in bodies:
            task.cancel()
        if bodies:
            await asyncio.wait(bodies, timeout=ABANDON_SECONDS)
        await asyncio.sleep(0)  # the done callbacks
        await asyncio.sleep(0)  # the advances they have scheduled
        await self._committer.idle()
        await self._background.idle()

    async def _evict_all(self) -> None:
        """Cancel bodies that still run, and close the coroutines of all runs: garbage would complain."""
        for active in self.active.values():
            active.silence()
            for task in active.bodies.values():
                task.cancel()
            asyncio.get_running_loop().call_soon(active.state.flow.evict)
        self._warm.let_go()
        await asyncio.sleep(0)
        self.active.clear()

    def _show(self, effect: Callable[..., object], *arguments: object) -> None:
        try:
            effect(*arguments)
        except Exception:  # noqa: BLE001 - a closed pipe is no reason to stop working
            _log.exception("what a workflow printed or logged couldn't be written")
