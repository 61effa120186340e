"""What the crash sweep plays: for every feature a workflow, what a client does meanwhile, and what must come of it.

Clients are written as clients have to be: they may be begun again at any time, so they start runs by id, look before
they send what must not come twice, and workflows that can be paid twice look at what they get.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.runtime import probe
from tests.runtime.handmade import Project
from tests.runtime.worker.crashing import Outside
from wfc.client import Client
from wfc.codec import Codec

STEPS = """
def seen():
    probe.note(wfc.get_step_metadata().step_id)

@wf.step
async def plain(n: int) -> int:
    seen()
    return n

@wf.step
async def flaky(n: int) -> int:
    seen()
    if wfc.get_step_metadata().attempt < 2:
        raise wfc.RetryableError("once", retry_after=0.001)
    return n

@wf.step
async def broken(n: int) -> int:
    seen()
    raise wfc.FatalError(f"no {n}")

@wf.step
async def slow() -> str:
    seen()
    await probe.gates["never"].wait()
    return "slow"

@wf.step(timeout=0.01)
async def late() -> str:
    seen()
    if wfc.get_step_metadata().attempt < 2:
        await probe.gates["never"].wait()
    return "in time"

@wf.step(cancellable=True)
async def careful() -> str:
    seen()
    try:
        await probe.gates["never"].wait()
    except asyncio.CancelledError:
        return "stopped"
    return "never"

@wf.step
async def tag(key: str, value: str) -> None:
    seen()
    await wfc.set_attributes({key: value})

@wf.step
async def tell(words: list[str]) -> None:
    seen()
    async with wfc.get_writable() as writer:
        await writer.write_from(words)

@wf.step
async def pay(run_id: str, n: int) -> int:
    seen()
    await _client().store.post_payload(f"t-{run_id}", b'{"n":%d}' % n)
    return n

@wf.step
async def launch(n: int, run_id: str) -> str:
    seen()
    from wfc.client import client_here
    start = client_here().start
    return (await start("workflow//app.w//child", lambda: b'{"n":%d}' % n, run_id=run_id)).run_id

def _client():
    from wfc.client import client_here
    return client_here()
"""
FLOWS = """
@dataclass
class Ping(wfc.BaseHook):
    n: int

@wf.workflow
async def steps() -> list:
    _wfc_run = _flow.run()
    found = [await plain(1), *(await asyncio.gather(flaky(2), plain(3), flaky(4))), await late()]
    try:
        await broken(5)
    except wfc.FatalError as error:
        if not _wfc_run.live:
            raise
        found.append(str(error))
    return found

@wf.workflow
async def sleeps() -> int:
    total = await plain(1)
    await wfc.sleep("1d")
    async with asyncio.timeout(3600):
        total += await plain(2)
    await wfc.sleep("7 days")
    return total

@wf.workflow
async def races() -> list[str]:
    _wfc_run = _flow.run()
    found = []
    for body in (slow, careful):
        try:
            async with _flow.cm(_wfc_run, asyncio.timeout(0.01)):
                found.append("timeout" if await body() == "stopped" else "in time")
        except TimeoutError:
            if not _wfc_run.live:
                raise
            found.append("timeout")
        found.append(str(await plain(1)))
    return found

@wf.workflow
async def stops() -> str:
    _wfc_run = _flow.run()
    task = asyncio.create_task(careful())
    await plain(1)
    task.cancel("enough")
    try:
        return await task
    except asyncio.CancelledError:
        if not _wfc_run.live:
            raise
        return "stopped"

@wf.workflow
async def hooked(run_id: str) -> list[int]:
    got = []
    async with _flow.cm(_flow.run(), Ping.wait(token=f"t-{run_id}")) as hook:
        async for ping in hook:
            if ping.n not in got:
                got.append(await plain(ping.n))
            if len(got) == 3:
                break
    return got

@wf.workflow
async def contested(run_id: str) -> list:
    _wfc_run = _flow.run()
    first = Ping.wait(token=f"t-{run_id}")
    second = Ping.wait(token=f"t-{run_id}")
    found = [await first.get_conflict() is None]
    try:
        await second
    except wfc.HookConflictError as conflict:
        if not _wfc_run.live:
            raise
        found.append(conflict.conflicting_run_id == run_id)
    await pay(run_id, 1)
    found.append((await first).n)
    first.dispose()
    third = Ping.wait(token=f"t-{run_id}")
    await pay(run_id, 2)
    found.append((await third).n)
    return found

@wf.workflow
async def child(n: int) -> int:
    _wfc_run = _flow.run()
    try:
        if n < 0:
            await slow()
        return await plain(n)
    finally:
        if _wfc_run.live:
            await plain(-n)

@wf.workflow
async def family(run_id: str) -> list:
    _wfc_run = _flow.run()
    runs = [await wfc.start(child, 1), await wfc.start_options(run_id=f"{run_id}-2").start(child, 2)]
    keyed = [await wfc.start_options(idempotency_key=run_id).start(child, 3) for _ in range(2)]
    found = [await run.return_value() for run in (*runs, *keyed)]
    found.append(keyed[0].run_id == keyed[1].run_id)
    found.append(await runs[0].status())
    for end in ("cancel", "terminate"):
        other = await wfc.start(child, -1)
        await plain(5)
        await getattr(other, end)("enough")
        try:
            found.append(await other.return_value())
        except wfc.WorkflowCancelledError as error:
            if not _wfc_run.live:
                raise
            found.append(error.reason)
    return found

@wf.workflow
async def launching(run_id: str) -> int:
    launched = await launch(7, f"{run_id}-child")
    return await wfc.get_run(launched).return_value()

@wf.workflow
async def tagging() -> int:
    await wfc.set_attributes({"a": "1", "b": "2"})
    await tag("c", "3")
    await wfc.remove_attributes("a")
    return await plain(1)

@wf.workflow
async def telling() -> int:
    await tell(["x", "y"])
    return await plain(1)

@wf.workflow
async def cleaned() -> str:
    _wfc_run = _flow.run()
    try:
        return await slow()
    finally:
        if _wfc_run.live:
            await plain(1)
            await flaky(2)

@wf.workflow
async def raising() -> None:
    await plain(1)
    raise ValueError("the end")
"""
RETRIES = {
    "plain": 9,
    "broken": 9,
    "flaky": 9,
    "slow": 9,
    "late": 9,
    "careful": 9,
    "tag": 9,
    "tell": 9,
    "pay": 9,
    "launch": 9,
}


async def start(client: Client, run_id: str, workflow: str) -> None:
    """Start a workflow; it is told its own id where it asks for it, for ids and tokens of its own."""
    id_ = f"workflow//app.w//{workflow}"
    signature = client.builds.current().flow(id_).signature
    arguments = {"run_id": run_id} if "run_id" in signature.signature.parameters else {}
    await client.start(id_, lambda: signature.encode_args((), arguments), run_id=run_id)


def starting(workflow: str) -> Outside:
    """Return a client that starts the workflow and does nothing else."""

    async def act(project: Project, client: Client, run_id: str) -> None:
        await start(client, run_id, workflow)

    return act


async def three_pings(project: Project, client: Client, run_id: str) -> None:
    await start(client, run_id, "hooked")
    for n in (1, 2, 3):
        await project.until(lambda: _ready(project, run_id), "the hook")
        if not (await project.store.run(run_id)).is_terminal:
            await client.store.post_payload(f"t-{run_id}", Codec().encode({"n": n}))


async def _ready(project: Project, run_id: str) -> bool:
    return bool(await project.store.hooks(run_id)) or (await project.store.run(run_id)).is_terminal


def ending(workflow: str, kind: Any) -> Outside:
    """Return a client that starts the workflow and ends it once a step runs."""

    async def act(project: Project, client: Client, run_id: str) -> None:
        async def running() -> bool:
            return any(event.type == "step_started" for event in await project.store.events(run_id))

        await start(client, run_id, workflow)
        await project.until(running, "the step")
        await client.store.post(run_id, kind, {"reason": "enough"})

    return act


async def move(project: Project, client: Client, run_id: str) -> None:
    """Start a run on the old build, then make the new one current before a worker looks, even where the client dies."""
    build = project.root / ".wfc" / "current"
    if run_id not in probe.notes:
        probe.note(run_id)
        build.write_text("b0\n")
    try:
        await start(client, run_id, "steps")
    finally:
        build.write_text("b1\n")


async def attributes(project: Project, run_id: str) -> Any:
    return await project.store.attributes(run_id)


async def words(project: Project, run_id: str) -> Any:
    """Return which words a stream has, and whether it was closed; a step that ran twice has told them twice."""
    chunks = await project.store.chunks(run_id, (await project.store.streams(run_id))[0].name, 0, 1000)
    return {Codec().decode(chunk.data) for chunk in chunks}, (await project.store.streams(run_id))[0].closed


async def build_of(project: Project, run_id: str) -> Any:
    return (await project.store.run(run_id)).build_id


@dataclass(frozen=True)
class Scenario:
    """`outcome` is the result, or the status and the error of a run without one; `besides` is what `look` must find."""

    name: str
    outside: Outside
    outcome: Any
    look: Callable[[Project, str], Any] | None = None
    besides: Any = None
    fast_forward: bool = False


_STEPS = [1, 2, 3, 4, "in time", "no 5"]

SCENARIOS = [
    Scenario("steps", starting("steps"), _STEPS),
    Scenario("moves", move, _STEPS, build_of, "b1"),
    Scenario("sleeps", starting("sleeps"), 3, fast_forward=True),
    Scenario("races", starting("races"), ["timeout", "1", "timeout", "1"]),
    Scenario("stops", starting("stops"), "stopped"),
    Scenario("hooked", three_pings, [1, 2, 3]),
    Scenario("contested", starting("contested"), [True, True, 1, 2]),
    Scenario("family", starting("family"), [1, 2, 3, 3, True, "completed", "enough", "enough"]),
    Scenario("launching", starting("launching"), 7),
    Scenario("tagging", starting("tagging"), 1, attributes, {"b": "2", "c": "3"}),
    Scenario("telling", starting("telling"), 1, words, ({"x", "y"}, True)),
    Scenario("cleaned", ending("cleaned", "cancel"), "cancelled"),
    Scenario("terminated", ending("cleaned", "terminate"), "cancelled"),
    Scenario("raising", starting("raising"), "ValueError: the end"),
]
