"""What type checkers see of steps and workflows: `Step[P, T]`, checked by mypy over a sample."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SAMPLE = """
import asyncio
from dataclasses import dataclass
import wfc

wf = wfc.Workflows()

@wf.step
async def charge(order: str, *, amount: int) -> float:
    return 1.0

@wf.step(max_retries=5, timeout="30s")
def parse(text: str) -> list[int]:
    return []

@dataclass
class Approval(wfc.BaseHook):
    ok: bool

@wf.workflow
async def main(order: str) -> str:
    paid = await charge(order, amount=3)
    reveal_type(paid)  # float
    reveal_type(await parse("x"))  # list[int]
    task = asyncio.create_task(charge(order, amount=1))
    reveal_type(await task)  # float
    both = await asyncio.gather(charge("a", amount=1), parse("b"))
    reveal_type(both)  # tuple
    reveal_type(await Approval.wait())  # Approval
    await charge(7, amount=3)  # wrong: order
    await charge("x")  # wrong: amount missing
    await parse("x", 1)  # wrong: too many
    return "done"

async def host() -> None:
    run = await wfc.start(main, "order")
    reveal_type(await run.return_value())  # str
    await wfc.start(main, 3)  # wrong: order
    reveal_type(charge.func)
"""


def test_steps_are_typed(tmp_path: Path) -> None:
    """Awaiting a step gives its result's type; wrong arguments are errors, right ones are none."""
    sample = tmp_path / "sample.py"
    sample.write_text(SAMPLE)
    root = Path(__file__).parents[3]
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--config-file", "", str(sample)]
    env = {"MYPYPATH": str(root / "runtime"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([*command, "--cache-dir", str(tmp_path)], env=env, text=True, capture_output=True)
    lines = SAMPLE.splitlines()
    revealed = {}
    wrong = set()
    for line in done.stdout.splitlines():
        number = int(line.split(":")[1]) - 1
        if "Revealed type is" in line:
            revealed[lines[number].strip()] = line.split('"')[1].replace("builtins.", "")
        elif " error:" in line:
            wrong.add(lines[number].strip())
    assert done.stderr == ""
    assert wrong == {line.strip() for line in lines if "# wrong" in line}
    assert revealed["reveal_type(paid)  # float"] == "float"
    assert revealed['reveal_type(await parse("x"))  # list[int]'] == "list[int]"
    assert revealed["reveal_type(await task)  # float"] == "float"
    assert revealed["reveal_type(both)  # tuple"] == "tuple[float, list[int]]"
    assert revealed["reveal_type(await Approval.wait())  # Approval"] == "sample.Approval"
    assert revealed["reveal_type(await run.return_value())  # str"] == "str"
