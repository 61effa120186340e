"""Several tasks, and what asyncio has to coordinate them."""

import asyncio
import contextvars

from .steps import note, wf, work


async def leaving(tag: str, seconds: int = 0) -> str:
    try:
        result = await work(tag)
        await asyncio.sleep(seconds)
        return result
    except asyncio.CancelledError:
        note(f"{tag} cancelled")
        await work(f"{tag} compensate")
        raise
    finally:
        note(f"{tag} left")


@wf.workflow
async def in_gather() -> str:
    return "".join(await asyncio.gather(leaving("a", 1), leaving("b", 2), leaving("c", 3)))


@wf.workflow
async def in_gather_with_exceptions() -> str:
    found = await asyncio.gather(leaving("a", 1), leaving("b"), return_exceptions=True)
    return str([type(item).__name__ for item in found])


@wf.workflow
async def in_a_task_group() -> str:
    async with asyncio.TaskGroup() as group:
        for n, tag in enumerate("abc"):
            group.create_task(leaving(tag, n))
        await work("in the group")
    return "end"


@wf.workflow
async def in_nested_task_groups() -> str:
    async def inner() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(leaving("inner a", 1))
            group.create_task(leaving("inner b", 2))

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(inner())
            group.create_task(leaving("outer", 4))
    finally:
        note("groups left")
    return "end"


@wf.workflow
async def in_a_race() -> str:
    tasks = [asyncio.create_task(leaving(tag, n)) for n, tag in enumerate("abc")]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    return str(len(done))


@wf.workflow
async def in_shield() -> str:
    inner = asyncio.create_task(leaving("shielded", 7))
    try:
        async with asyncio.timeout(2):
            await asyncio.shield(inner)
    except TimeoutError:
        note("not waiting any longer")
    return await inner


@wf.workflow
async def in_nested_timeouts() -> str:
    try:
        async with asyncio.timeout(10):
            try:
                async with asyncio.timeout(3):
                    await leaving("slow", 60)
            except TimeoutError:
                note("inner")
                await asyncio.sleep(60)
    except TimeoutError:
        note("outer")
    return await work("last")


@wf.workflow
async def in_wait_for() -> str:
    try:
        await asyncio.wait_for(leaving("slow", 60), 3)
    except TimeoutError:
        note("timed out")
    return await work("last")


@wf.workflow
async def in_locks() -> str:
    lock, gate = asyncio.Lock(), asyncio.Semaphore(1)

    async def one(tag: str) -> None:
        async with lock:
            await leaving(tag)
            async with gate:
                await work(f"{tag} in the gate")

    await asyncio.gather(one("a"), one("b"), one("c"))
    return "end"


@wf.workflow
async def in_a_condition() -> str:
    condition = asyncio.Condition()
    ready: list[str] = []

    async def producer() -> None:
        for tag in "ab":
            await work(tag)
            async with condition:
                ready.append(tag)
                condition.notify_all()

    task = asyncio.create_task(producer())
    async with condition:
        try:
            await condition.wait_for(lambda: len(ready) == 2)
        finally:
            note("no longer waiting")
    await task
    return "".join(ready)


@wf.workflow
async def in_queues() -> str:
    queue: asyncio.Queue[str | None] = asyncio.Queue(maxsize=1)

    async def consumer() -> list[str]:
        found = []
        try:
            while (item := await queue.get()) is not None:
                try:
                    found.append(await work(f"consume {item}"))
                finally:
                    queue.task_done()
        finally:
            note("consumer left")
        return found

    task = asyncio.create_task(consumer())
    for item in (*"abc", None):
        await queue.put(item)
    return str(await task)


@wf.workflow
async def in_events_and_barriers() -> str:
    event, barrier = asyncio.Event(), asyncio.Barrier(2)

    async def waiter(tag: str) -> None:
        try:
            await event.wait()
            await work(tag)
            async with barrier:
                note(f"{tag} passed")
        finally:
            note(f"{tag} left")

    tasks = [asyncio.create_task(waiter(tag)) for tag in "ab"]
    await work("first")
    event.set()
    await asyncio.gather(*tasks)
    return "end"


@wf.workflow
async def with_done_callbacks() -> str:
    task = asyncio.create_task(leaving("a", 1))
    task.add_done_callback(lambda _: note("done callback"))
    later = asyncio.get_running_loop().call_later(30, note, "called later")
    await work("meanwhile")
    await task
    later.cancel()
    return "end"


@wf.workflow
async def with_tasks_left_behind() -> str:
    left = [asyncio.create_task(leaving(tag, 50)) for tag in "ab"]  # wfc: ignore[WFC303] -- left behind on purpose
    await work("body")
    return str(len(left))


@wf.workflow
async def with_a_task_in_a_context_of_its_own() -> str:
    note("begin")
    task = asyncio.create_task(leaving("a", 1), context=contextvars.Context())
    try:
        await task
    finally:
        note("workflow left")
    return "end"


@wf.workflow
async def with_a_context_variable() -> str:
    variable = contextvars.ContextVar("variable", default="outside")

    async def inner(value: str) -> None:
        token = variable.set(value)
        try:
            await work(variable.get())
        finally:
            note(f"was {variable.get()}")
            variable.reset(token)

    await asyncio.gather(inner("a"), inner("b"))
    return variable.get()


@wf.workflow
async def with_calls_not_awaited_yet() -> str:
    calls = iter([work("x"), work("y")])
    pending: asyncio.Queue[object] = asyncio.Queue()
    pending.put_nowait(work("queued"))
    held = {"later": (work("deep"), lambda: closed_over), "slots": Slotted(work("slotted"))}
    closed_over = work("closed over")
    for call in calls:
        await work("before")
        await call
    await held["later"][0]
    await held["slots"].call
    await held["later"][1]()
    await pending.get_nowait()
    return "end"


class Slotted:
    """Holds a call without a dictionary."""

    __slots__ = ("call",)

    def __init__(self, call: object) -> None:
        self.call = call


@wf.workflow
async def in_a_task_that_is_woken_as_the_workflow_returns() -> str:
    gate = asyncio.Event()

    async def late() -> None:
        await gate.wait()
        await asyncio.sleep(0)
        await work("never asked for")

    task = asyncio.create_task(late())
    await work("first")
    gate.set()
    return f"{task.done()}"
