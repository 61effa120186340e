"""The statements of the language that run code on the way out of a block."""

import asyncio

from .steps import note, wf, work


@wf.workflow
async def in_finally() -> str:
    try:
        await work("body")
    finally:
        note("left")
        await work("clean")
        note("cleaned")
    return "end"


@wf.workflow
async def in_nested_finally() -> str:
    try:
        try:
            await work("body")
        finally:
            note("inner")
            await work("inner clean")
            note("inner done")
    finally:
        note("outer")
        await asyncio.sleep(1)
        note("outer done")
    return "end"


@wf.workflow
async def in_finally_that_returns() -> str:
    try:
        await work("body")
        raise ValueError("lost")
    finally:
        note("left")
        await work("clean")
        return "from finally"  # wfc: ignore[WFC310] -- asyncio drops it, too  # noqa: B012


@wf.workflow
async def in_finally_of_a_loop() -> str:
    count = 0
    while True:
        try:
            await work(f"body {count}")
            count += 1
            if count == 1:
                continue
            if count == 3:
                break
        finally:
            note(f"left {count}")
            await asyncio.sleep(1)
            note(f"slept {count}")
    return str(count)


@wf.workflow
async def in_try_in_finally() -> str:
    try:
        await work("body")
    finally:
        try:
            note("first")
            await work("clean")
        except ValueError:
            note("failed")
            await work("repair")
        else:
            note("else")
            await work("after")
        finally:
            note("second")
            await work("clean more")
    return "end"


@wf.workflow
async def in_except_exception() -> str:
    for tag in ("a", "b"):
        try:
            await work(tag)
            raise LookupError(tag)
        except Exception as error:
            note(f"caught {error}")
            await work(f"clean {tag}")
            note(f"cleaned {tag}")
    return "end"


@wf.workflow
async def in_except_base_exception() -> str:
    try:
        await work("body")
    except BaseException as error:
        note(type(error).__name__)
        await work("clean")
        raise
    return "end"


@wf.workflow
async def in_bare_except() -> str:
    try:
        await work("body")
        raise RuntimeError("caught")
    except:  # wfc: ignore[WFC308] -- it goes on, as a plain coroutine does  # noqa: E722
        note("bare")
        await work("clean")
    return str(await work("after"))


@wf.workflow
async def in_except_generator_exit() -> str:
    try:
        await work("body")
    except GeneratorExit:
        note("exit")
        raise
    except (RuntimeError, GeneratorExit, SystemExit):
        note("never")
        raise
    return str(await work("after"))


@wf.workflow
async def in_except_cancelled() -> str:
    async def inner() -> None:
        try:
            await work("inner")
        except asyncio.CancelledError:
            note("cancelled")
            await work("compensate")
            note("compensated")
            raise

    task = asyncio.create_task(inner())
    await work("first")
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        note("seen")
        await work("after")
    return "end"


@wf.workflow
async def in_except_star() -> str:
    async def fails(tag: str) -> None:
        await work(tag)
        raise ValueError(tag)

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails("a"))
            group.create_task(fails("b"))
    except* ValueError as errors:
        note(f"{len(errors.exceptions)} failed")
        await work("clean")
    except* BaseException:
        note("others")
        await work("clean others")
    return "end"


@wf.workflow
async def in_except_star_of_everything() -> str:
    try:
        try:
            await work("body")
        except* BaseException as errors:  # wfc: ignore[WFC308] -- it goes on, as a plain coroutine does
            note(repr(errors))
            await work("clean")
    except BaseException as error:
        note(repr(error))
        raise
    return str(await work("after"))


@wf.workflow
async def in_one_line_suites() -> str:
    try: await work("body")
    except ValueError: note("failed"); await work("clean")
    else: note("else"); await work("more")
    finally: note("left"); await work("last")
    return "end"


@wf.workflow
async def in_match() -> str:
    for case in (1, "two", [3, 4]):
        try:
            match case:
                case int():
                    await work("int")
                case str() as text:
                    await work(text)
                case [first, *_]:
                    await asyncio.sleep(first)
        finally:
            match case:
                case int() | str():
                    note("scalar")
                case _:
                    note("list")
                    await work("clean")
    return "end"


@wf.workflow
async def in_else_of_loops() -> str:
    try:
        for tag in "ab":
            await work(tag)
        else:
            await work("for else")
        count = 0
        while count < 1:
            count += 1
            await asyncio.sleep(1)
        else:
            await work("while else")
    finally:
        note("left")
    return "end"


@wf.workflow
async def in_a_loop_that_swallows() -> str:
    done = 0
    while done < 3:
        try:
            await work(f"try {done}")
            done += 1
        except BaseException:  # wfc: ignore[WFC308] -- that it swallows everything is what is tried
            note("swallowed")
            done += 1
            continue
    return str(done)


@wf.workflow
async def in_a_retry_loop() -> str:
    for attempt in range(3):
        try:
            await work(f"attempt {attempt}")
            if attempt < 2:
                raise ConnectionError(attempt)
        except (ConnectionError, TimeoutError) as error:
            note(f"again after {error}")
            await asyncio.sleep(2**attempt)
        else:
            note("done")
            break
        finally:
            note(f"attempted {attempt}")
    return "end"


class Matching:
    """What to catch is computed when something is raised."""

    @property
    def errors(self) -> tuple[type[BaseException], ...]:
        note("asked which errors")
        return (ValueError,)

    def more(self) -> type[BaseException]:
        note("asked for more")
        return LookupError


@wf.workflow
async def in_computed_handlers() -> str:
    matching = Matching()
    for tag, error in (("a", ValueError), ("b", LookupError)):
        try:
            await work(tag)
            raise error(tag)
        except matching.errors:
            note("errors")
        except (matching.more(), *matching.errors):
            note("more")
            await work("clean")
    return "end"
