"""What the rules about awaiting and waiting make of the shapes that code comes in, beyond each rule's own examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.rules.test_examples import check_example
from wfc_compiler.rules.scaffold import in_flow

HEAD = "import asyncio, contextlib, functools, itertools, random\nimport random as dice\n"
CODES = frozenset({"WFC302", "WFC303", "WFC308", "WFC310", "WFC312", "WFC313", "WFC314", "WFC321"})


def found_in(body: str, root: Path, before: str = "") -> list[tuple[str, str]]:
    """Return the codes found in a workflow with this body, each with the text that it points at."""
    lines = body.strip("\n").splitlines()
    text = HEAD + before + in_flow("\n    ".join(lines))
    result = check_example(text, root)
    source = text.lstrip("\n").splitlines()
    return [
        (item.code, source[item.span.line - 1][item.span.column - 1 : item.span.end_column - 1])
        for item in result.diagnostics
        if item.code in CODES
    ]


# --- 302

LOST = {
    "a tuple of calls": ("(charge(1), charge(2))", ["charge(1)", "charge(2)"]),
    "a dict of calls": ("{'a': charge(1)}", ["charge(1)"]),
    "a list that nobody reads": ("todo = [charge(i) for i in range(3)]\nreturn name", ["charge(i)"]),
    "a list that is returned": ("return [charge(i) for i in range(3)]", ["charge(i)"]),
    "a list made of a generator": ("list(charge(i) for i in range(3))", ["charge(i)"]),
    "and": ("return await (charge(1) and charge(2))", ["charge(1)"]),
    "not": ("return not charge()", ["charge()"]),
    "a walrus": ("if (found := charge()):\n    return name", ["charge()"]),
    "two aliases": ("first = charge()\nsecond = first\nreturn second", ["charge()"]),
    "an argument of a step": ("await charge(charge(1))", ["charge(1)"]),
    "an alias of the step": ("pay = charge\npay(1)", ["pay(1)"]),
    "augmented": ("total = 0\ntotal += charge()\nreturn total", ["charge()"]),
    "a condition in a comprehension": ("return [i for i in range(3) if charge(i)]", ["charge(i)"]),
    "iterated": ("for item in charge():\n    print(item)", ["charge()"]),
    "entered": ("async with charge() as paid:\n    print(paid)", ["charge()"]),
    "matched": ("match charge():\n    case 1:\n        return name", ["charge()"]),
    "in a method": (
        "class Till:\n    async def pay(self):\n        charge()\nawait Till().pay()",
        ["charge()"],
    ),
    "shield": ("asyncio.shield(charge())\nawait charge()", ["asyncio.shield(charge())"]),
    "gather that is kept": ("all = asyncio.gather(charge())\nreturn name", ["asyncio.gather(charge())"]),
    "a lock": ("lock = asyncio.Lock()\nlock.acquire()\nawait charge()", ["lock.acquire()"]),
    "a child": ("order(name)\nawait charge()", ["order(name)"]),
    "a function that returns the call": ("def later(n):\n    return charge(n)\nlater(1)\nawait charge()", ["later(1)"]),
}

KEPT = {
    "awaited in the end": "calls = []\ncalls.append(charge())\nfor call in calls:\n    await call",
    "awaited in a closure": "call = charge()\nasync def inner():\n    return await call\nawait inner()",
    "handed to a function": "def note(call):\n    return call\nawait note(charge())",
    "an element": "calls = [charge(1), charge(2)]\nawait calls[0]\nawait calls[1]",
    "unpacked": "first, second = charge(1), charge(2)\nawait first\nawait second",
    "a star in a list": "calls = [charge(1)]\nawait asyncio.gather(*[*calls, charge(2)])",
    "concatenated": "calls = [charge(1)] + [charge(2)]\nawait asyncio.gather(*calls)",
    "sorted by name": "calls = sorted([(1, charge(1))], key=lambda c: c[0])\nfor _, call in calls:\n    await call",
    "enumerated": "for i, call in enumerate([charge(1), charge(2)]):\n    await call",
    "a dictionary": "calls = {i: charge(i) for i in range(3)}\nfor i, call in calls.items():\n    await call",
    "closed": "call = charge()\ncall.close()\nawait charge()",
    "a task group": "async with asyncio.TaskGroup() as group:\n    [group.create_task(charge(i)) for i in range(3)]",
    "yielded": "def calls():\n    for i in range(3):\n        yield charge(i)\nfor call in calls():\n    await call",
    "a conditional step": "await (charge if name else charge)(1)",
    "as_completed": "for call in asyncio.as_completed([charge(1), charge(2)]):\n    await call",
    "map": "await asyncio.gather(*map(charge, [1, 2]))",
    "starmap": "await asyncio.gather(*itertools.starmap(charge, [(1,)]))",
    "reduce": "await functools.reduce(lambda call, f: f(call), [], charge())",
    "an attribute": "class Box: ...\nbox = Box()\nbox.call = charge()\nawait box.call",
    "rebound": "call = charge(1)\nif name:\n    call = charge(2)\nawait call",
    "global": "global kept\nkept = charge()\nawait kept",
    "deleted later": "call = charge()\nawait call\ndel call",
    "an assertion of its kind": "call = charge()\nassert asyncio.iscoroutine(call)\nawait call",
    "put into a queue": "queue = asyncio.Queue()\nqueue.put_nowait(charge())\nawait queue.get_nowait()",
    "a default": "async def inner(call=charge()):\n    return await call\nawait inner()",
    "an own __await__": "class C:\n    def __await__(self):\n        return charge().__await__()\nawait C()",
    "a partial in a task": "run = functools.partial(charge, 1)\nawait asyncio.gather(run(), run())",
    "a plain function of the same name": "def charge(n):\n    return n\ncharge(1)",
    "an async generator": "async def numbers():\n    yield 1\nnumbers()\nawait charge()",
    "a shielded task": "task = asyncio.shield(charge())\nawait task",
    "an exit callback": "async with contextlib.AsyncExitStack() as stack:\n    stack.push_async_callback(charge, 1)",
    "printed and awaited": "call = charge()\nprint(call)\nawait call",
}


@pytest.mark.parametrize(("body", "places"), LOST.values(), ids=LOST)
def test_a_coroutine_that_nothing_runs_is_found(body: str, places: list[str], tmp_path: Path) -> None:
    """However it is dropped, the call that made it is shown."""
    assert found_in(body, tmp_path) == [("WFC302", place) for place in places]


@pytest.mark.parametrize("body", KEPT.values(), ids=KEPT)
def test_a_coroutine_that_something_may_run_is_left_alone(body: str, tmp_path: Path) -> None:
    """What is handed on, kept or awaited anywhere is not lost."""
    assert found_in(body, tmp_path) == []


# --- 303, 314, 321

LEFT = {
    "two names": ("task = other = asyncio.create_task(charge())\nawait charge()", "WFC303"),
    "tested only": ("task = asyncio.create_task(charge())\nif task:\n    await charge()", "WFC303"),
    "asyncio's own module": ("from asyncio import create_task as spawn\nspawn(charge())\nawait charge()", "WFC303"),
    "joined text": ("return ''.join(await charge(i) for i in range(3))", "WFC314"),
    "all": ("return all(charge(i) for i in range(3))", "WFC314"),
    "a starred async generator": ("return [*(await charge(i) for i in range(3))]", "WFC314"),
    "gather of awaited": ("await asyncio.gather(*(await charge(i) for i in range(3)))", "WFC314"),
    "a generator that is returned": ("return (charge(i) for i in range(3))", "WFC314"),
    "a filter": ("return list(filter(lambda i: charge(i), [1, 2]))", "WFC314"),
    "the key of sort": ("items = [1, 2]\nitems.sort(key=lambda i: charge(i))", "WFC314"),
    "a stack's callback": ("with contextlib.ExitStack() as stack:\n    stack.callback(charge, 1)", "WFC314"),
    "a hook's token": ("hook = Answer.wait()\nawait charge(hook.token)", "WFC321"),
}
HANDED_ON = {
    "awaited by name": "task = asyncio.create_task(charge())\nawait asyncio.wait([task])",
    "a name in a closure": "task = asyncio.create_task(charge())\nasync def end():\n    await task\nawait end()",
    "kept in a list": "tasks = []\ntasks.append(asyncio.create_task(charge()))\nawait asyncio.gather(*tasks)",
    "polled": "task = asyncio.create_task(charge())\nwhile not task.done():\n    await asyncio.sleep(1)",
    "cancelled in a loop": "tasks = [asyncio.create_task(charge())]\nfor task in tasks:\n    task.cancel()",
    "returned by a helper": "def begin():\n    return asyncio.create_task(charge())\nawait begin()",
    "told when done": "done = asyncio.Event()\ntask = asyncio.create_task(charge())\n"
    "task.add_done_callback(lambda _: done.set())\nawait done.wait()",
    "an async for": "calls = (await charge(i) for i in range(3))\nasync for paid in calls:\n    print(paid)",
    "a first iterable": "return sum(len(x) for x in [await charge(1)])",
    "a generator that is handed on": "async def all_of(calls):\n    return [await c for c in calls]\n"
    "await all_of(charge(i) for i in range(3))",
    "a lambda that is handed on": "async def call(f):\n    return await f()\nawait call(lambda: charge())",
    "a list in a lambda": "key = lambda item: item[0]\nreturn sorted([(1, await charge())], key=key)",
    "enumerated generator": "for i, call in enumerate(charge(i) for i in range(3)):\n    await call",
    "a hook in a race": "asked = asyncio.ensure_future(Answer.wait())\nawait asyncio.wait([asked])",
    "a hook that is gathered": "asked = [Answer.wait(), Answer.wait()]\nawait asyncio.gather(*asked)",
    "a hook with a token that is sent": "hook = Answer.wait()\nawait charge(hook.token)\nreturn (await hook).yes",
    "a callback that is plain": "task = asyncio.create_task(charge())\ntask.add_done_callback(print)\nawait task",
}


@pytest.mark.parametrize(("body", "code"), LEFT.values(), ids=LEFT)
def test_what_is_left_behind_is_found(body: str, code: str, tmp_path: Path) -> None:
    """A task, a held-back call or a hook that nothing looks at again."""
    assert [found for found, _ in found_in(body, tmp_path)] == [code]


@pytest.mark.parametrize("body", HANDED_ON.values(), ids=HANDED_ON)
def test_what_is_handed_on_is_left_alone(body: str, tmp_path: Path) -> None:
    """A task, a held-back call or a hook that something may wait for."""
    assert found_in(body, tmp_path) == []


# --- 308, 310, 312, 313

STOPPED = {
    "pass": ("try:\n    await charge()\nexcept BaseException:\n    pass", "WFC308"),
    "a tuple": ("try:\n    await charge()\nexcept (KeyError, BaseException):\n    print(1)\nreturn name", "WFC308"),
    "cancelled by name": (
        "try:\n    await charge()\nexcept asyncio.CancelledError:\n    print(1)\nreturn name",
        "WFC308",
    ),
    "from its own module": (
        "from asyncio import CancelledError as Gone\ntry:\n    await charge()\nexcept Gone:\n    pass\nawait charge()",
        "WFC308",
    ),
    "clean-up, and on": (
        "try:\n    await charge()\nexcept BaseException:\n    await charge(0)\nawait charge(2)",
        "WFC308",
    ),
    "a hook": ("try:\n    async for a in Answer.wait():\n        break\nexcept:\n    print(1)", "WFC308"),
    "a task group": (
        "try:\n    async with asyncio.TaskGroup() as group:\n        group.create_task(charge())\n"
        "except BaseException:\n    print(1)",
        "WFC308",
    ),
    "an inner function": (
        "async def inner():\n    await charge()\ntry:\n    await inner()\nexcept BaseException:\n    print(1)",
        "WFC308",
    ),
    "the rounds of a loop": (
        "for i in range(3):\n    try:\n        await charge()\n    except BaseException:\n        await charge(0)",
        "WFC308",
    ),
    "suppressed by name": ("with contextlib.suppress(asyncio.CancelledError):\n    await charge()\nreturn 1", "WFC308"),
    "return in a nested if": (
        "try:\n    await charge()\nfinally:\n    if name:\n        print(1)\n    else:\n        return name",
        "WFC310",
    ),
    "break in a with": (
        "for i in range(3):\n    try:\n        await charge()\n    finally:\n"
        "        with contextlib.nullcontext():\n            break",
        "WFC310",
    ),
    "break in the else of a loop": (
        "for i in range(3):\n    try:\n        await charge()\n    finally:\n"
        "        for j in range(2):\n            pass\n        else:\n            break",
        "WFC310",
    ),
    "a wait in the handler": (
        "try:\n    print(1)\nexcept ValueError:\n    await charge()\nfinally:\n    return 1",
        "WFC310",
    ),
    "while 1": ("while 1:\n    await charge()", "WFC312"),
    "while not False": ("while not False:\n    await charge()", "WFC312"),
    "a count": ("from itertools import count\nfor i in count(1):\n    await charge(i)", "WFC312"),
    "a gather": ("while True:\n    await asyncio.gather(charge(1), charge(2))", "WFC312"),
    "a return of an inner function": ("while True:\n    def f():\n        return 1\n    await charge(f())", "WFC312"),
    "ellipsis": ("done = False\nwhile not done:\n    ...", "WFC313"),
    "wfc's sleep": ("done = False\nwhile not done:\n    await workflow.sleep(0)", "WFC313"),
    "an attribute": ("class C:\n    done = False\nc = C()\nwhile not c.done:\n    pass", "WFC313"),
    "printing": ("done = False\nwhile not done:\n    print('waiting')\n    await asyncio.sleep(0)", "WFC313"),
}
GOES_ON = {
    "a handler before": "try:\n    await charge()\nexcept asyncio.CancelledError:\n    raise\nexcept:\n    print(1)",
    "raised from": "try:\n    await charge()\nexcept BaseException as error:\n    raise ValueError(1) from error",
    "raised on one way": "for i in range(3):\n    try:\n        await charge()\n    except BaseException:\n"
    "        if i == 2:\n            raise\n        await workflow.sleep(i)",
    "a race": "tasks = [asyncio.create_task(charge(i)) for i in range(3)]\n"
    "done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)\n"
    "for task in pending:\n    task.cancel()\n    try:\n        await task\n"
    "    except asyncio.CancelledError:\n        pass\nawait charge()",
    "gathered after cancelling": "tasks = [asyncio.create_task(charge(i)) for i in range(3)]\n"
    "for task in tasks:\n    task.cancel()\ntry:\n    await asyncio.gather(*tasks)\n"
    "except asyncio.CancelledError:\n    pass\nawait charge()",
    "clean-up at the end": "try:\n    await charge()\n    return 'done'\nexcept BaseException:\n"
    "    await charge(0)\n    return 'undone'",
    "clean-up that returns early": "try:\n    await charge()\nexcept asyncio.CancelledError:\n    await charge(0)\n"
    "    return 'undone'\nawait charge(2)",
    "clean-up on all ways": "try:\n    await charge()\nexcept BaseException:\n    await charge(0)\n"
    "    if name:\n        return 1\n    else:\n        return 2\nawait charge(2)",
    "a worker that is cancelled": "async def worker(queue):\n    try:\n        while True:\n"
    "            await charge(await queue.get())\n    except asyncio.CancelledError:\n        print('stopped')\n"
    "queue = asyncio.Queue()\ntask = asyncio.create_task(worker(queue))\nawait queue.put(1)\ntask.cancel()\nawait task",
    "a task that says how it ended": "async def one():\n    try:\n        return await charge()\n"
    "    except asyncio.CancelledError:\n        return 'cancelled'\ntask = asyncio.create_task(one())\n"
    "await charge()\ntask.cancel()\nreturn await task",
    "told to a future": "future = asyncio.get_running_loop().create_future()\ntry:\n    await charge()\n"
    "except BaseException as error:\n    future.set_exception(error)\nawait future",
    "uncancel": "try:\n    await charge()\nexcept asyncio.CancelledError:\n"
    "    asyncio.current_task().uncancel()\nawait charge(2)",
    "only exceptions": "try:\n    await charge()\nexcept (ValueError, Exception):\n    pass\nawait charge(2)",
    "suppress an error": "with contextlib.suppress(ValueError):\n    await charge()\nawait charge(2)",
    "nothing durable in it": "try:\n    await asyncio.sleep(0)\nexcept BaseException:\n    pass\nawait charge()",
    "a finally without a wait": "try:\n    print(1)\nfinally:\n    return 1",
    "a return in a function in finally": "try:\n    await charge()\nfinally:\n    f = lambda: 1\n    f()",
    "raise in a loop": "while True:\n    if await charge() == '':\n        raise ValueError(name)",
    "return in a match": "while True:\n    match await charge():\n        case '':\n            return name",
    "break in a with": "while True:\n    async with asyncio.Lock():\n        if await charge():\n            break",
    "a loop that is timed": "async with asyncio.timeout(5):\n    while True:\n        await charge()",
    "under wait_for": "async def go():\n    while True:\n        await charge()\nawait asyncio.wait_for(go(), 5)",
    "a flag": "on = True\nasync def off():\n    nonlocal on\n    on = False\nwhile on:\n    await charge()",
    "nothing durable in the loop": "while True:\n    if random.random() > 0.5:\n        break",
    "a queue that drains": "queue = [1]\nwhile queue:\n    await charge(queue.pop())",
    "a reader with a walrus": "it = iter([1, 0])\nwhile (n := next(it)):\n    pass",
    "a call that may change it": "items = [1]\ndef drop():\n    return items.pop()\nwhile drop():\n    pass",
    "an awaited test": "async def open_():\n    return await charge()\nwhile await open_():\n    pass",
    "an index": "i = 0\nwhile 'abc'[i] != 'c':\n    i += 1",
}


@pytest.mark.parametrize(("body", "code"), STOPPED.values(), ids=STOPPED)
def test_what_stops_or_never_ends_is_found(body: str, code: str, tmp_path: Path) -> None:
    """Cancellations that go no further, and loops without an end."""
    assert [found for found, _ in found_in(body, tmp_path)] == [code]


@pytest.mark.parametrize("body", GOES_ON.values(), ids=GOES_ON)
def test_what_goes_on_or_ends_is_left_alone(body: str, tmp_path: Path) -> None:
    """Handlers that let a cancellation pass or have ordered it, and loops with an end."""
    assert found_in(body, tmp_path) == []


# --- 322 and 324

VARIABLE = "from contextvars import ContextVar\nTENANT = ContextVar('tenant')\n"
STEP = "\n@wf.step\nasync def bill():\n    return TENANT.get()\n"
SURROUNDED = {
    "read in a helper of a helper": (
        VARIABLE + "def b():\n    return TENANT.get()\ndef a():\n    return b()\n" + in_flow("a()\n    await charge()"),
        "WFC322",
    ),
    "read by a step's helper": (
        VARIABLE
        + in_flow("TENANT.set(name)\n    await bill()")
        + STEP.replace("TENANT.get()", "who()")
        + "def who():\n    return TENANT.get()\n",
        "WFC322",
    ),
    "under a lock of its own": (
        "import threading\n" + in_flow("lock = threading.RLock()\n    with lock:\n        await charge()"),
        "WFC324",
    ),
    "among other managers": (
        "import contextlib, warnings\n"
        + in_flow(
            "async with contextlib.AsyncExitStack(), Answer.wait(token=name):\n        "
            "with contextlib.nullcontext(), warnings.catch_warnings():\n            await charge()"
        ),
        "WFC324",
    ),
}
UNBOUND = {
    "set by the helper that reads": VARIABLE
    + "def tenant(name):\n    TENANT.set(name)\n    return TENANT.get()\n"
    + in_flow("tenant(name)\n    await charge()"),
    "set in one helper, read in another": VARIABLE
    + "def begin(name):\n    TENANT.set(name)\ndef tenant():\n    return TENANT.get()\n"
    + in_flow("begin(name)\n    tenant()\n    await charge()"),
    "a step that sets what it reads": VARIABLE
    + in_flow("TENANT.set(name)\n    await bill()")
    + STEP.replace("return", "TENANT.set('me')\n    return"),
    "a variable of a library": "from starlette_context import request_id\n" + in_flow("await charge(request_id.get())"),
    "a dictionary": "TENANT = {}\n" + in_flow("return TENANT.get(name)"),
    "a lock without a wait": "import threading\n"
    + in_flow("with threading.Lock():\n        name += '!'\n    await charge()"),
    "a manager that is entered after the wait": "import contextlib, warnings\n"
    + in_flow(
        "with contextlib.ExitStack() as stack:\n        await charge()\n"
        "        stack.enter_context(warnings.catch_warnings())"
    ),
}


@pytest.mark.parametrize(("program", "code"), SURROUNDED.values(), ids=SURROUNDED)
def test_what_a_run_does_not_take_along_is_found(program: str, code: str, tmp_path: Path) -> None:
    """Context variables that aren't there, and state of the process that stays behind."""
    found = check_example(program, tmp_path).diagnostics
    assert [item.code for item in found if item.code in ("WFC322", "WFC324")] == [code]


@pytest.mark.parametrize("program", UNBOUND.values(), ids=UNBOUND)
def test_what_a_run_has_of_its_own_is_left_alone(program: str, tmp_path: Path) -> None:
    """Context variables that the run sets, and managers that no wait is in."""
    found = check_example(program, tmp_path).diagnostics
    assert [item.code for item in found if item.code in ("WFC322", "WFC324")] == []
