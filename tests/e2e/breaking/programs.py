"""Programs to break: the examples of the rules, and programs of the tests' own.

A program is the text of its files. Around each of its workflows goes another one that calls it, sleeps for a day and
records what it returned in a step, so that there is a day on which the run is put aside, and something durable that
hangs on what the workflow computed.

    WFC101_bad_0    app.py          @wf.workflow async def order(url): return time.time()
                    around_app.py   found = await order(url); await sleep("1 day"); await record(found)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from wfc_compiler.rules import RULES, split_example

_WORKFLOW = re.compile(r"^@\S*\bworkflow(?:\(.*\))?\n(?:@.*\n)*(?:async )?def (\w+)", re.MULTILINE)

_AROUND = """\
from typing import Any

import wfc
from {module} import {workflow} as inner

wf = wfc.Workflows()


@wf.step
async def record(value: Any) -> None: ...


@wf.workflow
async def {workflow}_and_a_day(*args: Any, **kwargs: Any) -> Any:
    found = await inner(*args, **kwargs)
    await wfc.sleep("1 day")
    await record(found)
    return found
"""


@dataclass(frozen=True)
class Program:
    """A program of a rule, by its code, kind (`bad` and `good` examples, or our `own`) and number."""

    code: str
    kind: str
    number: int
    files: Mapping[str, str]

    @property
    def name(self) -> str:
        """Return a name that no other program has."""
        return f"{self.code}_{self.kind}_{self.number}"

    @property
    def off(self) -> str | None:
        """Return the code of the rule that is switched off."""
        return None if self.kind == "good" else self.code

    def is_listed_as(self, key: str) -> bool:
        """Say whether a key of a table means the program: `WFC101`, `WFC101 bad`, `WFC101 bad: text ... more text`."""
        about, _, texts = key.partition(": ")
        code, _, kind = about.partition(" ")
        whole = "\n".join(f"# file: {path}\n{text}" for path, text in self.files.items())
        return code == self.code and kind in ("", self.kind) and all(text in whole for text in texts.split(" ... "))

    def key_in(self, table: Iterable[str]) -> str:
        """Return the most particular of the keys that mean the program; none is empty."""
        return max((key for key in table if self.is_listed_as(key)), key=len, default="")

    @property
    def stands_alone(self) -> bool:
        """Say whether the program needs a project of its own, since others would be in its way."""
        return set(self.files) != {"app.py"}

    def moved(self) -> Program:
        """Return a program of one file under a name that no other program has."""
        return replace(self, files={f"{self.name.lower()}.py": self.files["app.py"]})

    @property
    def workflows(self) -> Iterator[tuple[str, str]]:
        """Yield (module, function) of each workflow."""
        for path, text in self.files.items():
            module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            for name in _WORKFLOW.findall(text) if path.endswith(".py") else ():
                yield module, name


def around(module: str, workflow: str) -> tuple[str, str]:
    """Return path and text of the module with the workflow around a workflow."""
    return f"around_{module.rpartition('.')[2]}_{workflow}.py", _AROUND.format(module=module, workflow=workflow)


def bad_examples(codes: Iterable[str]) -> Iterator[Program]:
    """Yield the bad examples of rules, to be compiled with the rule switched off."""
    for code in codes:
        for number, example in enumerate(RULES[code].bad):
            yield Program(code, "bad", number, split_example(example))


def good_examples() -> Iterator[Program]:
    """Yield the good examples of all rules."""
    for code, rule in RULES.items():
        for number, example in enumerate(rule.good):
            yield Program(code, "good", number, split_example(example))
