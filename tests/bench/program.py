"""The project that the workloads run: steps that do nothing, and workflows that call, gather, park and count them.

In: nothing. Out: a compiled project in a scratch folder. Where next: `host.py`, which runs it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import generated
from tests.bench.measure import WFC, command, folder_with

WORK = """\
import asyncio

import wfc

wf = wfc.Workflows()


@wf.step
async def nothing(number: int) -> int:
    return number


@wf.step
async def echo(text: str) -> str:
    return text


@wf.step
def counted(path: str, number: int) -> None:
    with open(path, "a") as bodies:
        bodies.write(f"{number}\\n")


@wf.workflow
async def sequence(n: int) -> int:
    for number in range(n):
        await nothing(number)
    return n


@wf.workflow
async def with_payload(n: int, text: str) -> int:
    for _ in range(n):
        text = await echo(text)
    return n


@wf.workflow
async def counting(n: int, path: str) -> int:
    for number in range(n):
        await counted(path, number)
    return n


@wf.workflow
async def fan_out(n: int) -> int:
    return len(await asyncio.gather(*(nothing(number) for number in range(n))))


@wf.workflow
async def sequence_and_sleep(n: int) -> None:
    for number in range(n):
        await nothing(number)
    await wfc.sleep("30 days")
"""

# As one file with the steps, so that a route that isn't sliced would import it; it takes a second.
HEAVY = """\
import time

time.sleep(1)
"""

APPROVAL = """\
from dataclasses import dataclass

import wfc

from work import nothing, wf


@dataclass
class Approval(wfc.BaseHook):
    number: int


@wf.workflow
async def approval(token: str) -> int:
    answer = await Approval.wait(token=token)
    return await nothing(answer.number)


@wf.workflow
async def long_sleep(number: int) -> int:
    await wfc.sleep("30 days")
    return await nothing(number)
"""

NEIGHBOUR = """\
import heavy

from work import wf


@wf.step
async def weigh(number: int) -> str:
    return f"{heavy} {number}"


@wf.workflow
async def weighing(number: int) -> str:
    return await weigh(number)
"""


@contextmanager
def built_project() -> Iterator[Path]:
    """Compile the project in a folder of its own."""
    files = {
        "pyproject.toml": generated.CONFIG,
        "work.py": WORK,
        "approvals.py": APPROVAL,
        "heavy.py": HEAVY,
        "weighing.py": NEIGHBOUR,
    }
    with folder_with(files) as project:
        command(WFC, "build", cwd=project)
        yield project
