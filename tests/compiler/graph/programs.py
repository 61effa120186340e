"""Random workflows for the graph's tests: every construct of the language around fake steps.

In: a `random.Random`. Out: a `Program`: the text of its functions, `flow` the last one, and its steps. Each place
that calls a step calls one of its own, so that a call says where it came from.
"""

from __future__ import annotations

import random
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field

HEAD = """\
import asyncio
import contextlib
import functools
import pydantic
import wfc
from app.workflow import wf
class E0(Exception): ...
class E1(E0): ...
class H(pydantic.BaseModel, wfc.BaseHook):
    ok: bool
def pick(ways=2): ...
"""


@dataclass
class Program:
    """A workflow in the making; `size` is how many statements there may still be."""

    random: random.Random
    size: int
    concurrent: bool = True
    steps: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    loops: int = 0
    names: int = 0
    defined: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Return the functions."""
        return "\n".join(self.functions)

    def project(self) -> str:
        """Return the text of a module that the compiler reads."""
        steps = "".join(f"@wf.step\nasync def {name}(x=0): ...\n" for name in self.steps)
        return f"{HEAD}{steps}{self.text}"

    # --- expressions

    def name(self, kind: str) -> str:
        self.names += 1
        return f"{kind}{self.names}"

    def step(self) -> str:
        self.steps.append(f"s{len(self.steps)}")
        return self.steps[-1]

    def coroutine(self, depth: int = 2) -> str:
        """Return an expression that is a coroutine."""
        forms: list[Callable[[], str]] = [lambda: f"{self.step()}()"] * 4
        if depth:
            forms += [
                lambda: f"{self.step()}(await {self.coroutine(depth - 1)})",
                lambda: f"{self.step()}(x={self.value(depth - 1)})",
                lambda: f"functools.partial({self.step()}, 1)()",
                lambda: f"(lambda: {self.coroutine(0)})()",
                lambda: f"[{self.step()}, {self.step()}][pick()]()",
                lambda: f"{{0: {self.step()}, 1: {self.step()}}}[pick()](1)",
                lambda: f"({self.coroutine(depth - 1)} if pick() else {self.coroutine(depth - 1)})",
                self.helper,
                self.helper,
            ]
            if self.concurrent:
                forms.append(lambda: f"asyncio.wait_for({self.coroutine(depth - 1)}, 5)")
        return self.random.choice(forms)()

    def value(self, depth: int = 2) -> str:
        """Return an expression that is a number."""
        forms: list[Callable[[], str]] = [lambda: "pick()", lambda: f"await {self.coroutine(depth)}"]
        if depth:
            forms += [
                lambda: f"(await {self.coroutine(depth - 1)} or {self.value(depth - 1)})",
                lambda: f"({self.value(depth - 1)} and await {self.coroutine(depth - 1)})",
                lambda: f"({self.name('w')} := {self.value(depth - 1)})",
                lambda: f"({self.value(depth - 1)} if {self.value(depth - 1)} else {self.value(depth - 1)})",
                lambda: f"(0 < {self.value(depth - 1)} < {self.value(depth - 1)})",
                lambda: f"len([{self.value(depth - 1)} for _ in range(pick(3)) if {self.value(depth - 1)}])",
                lambda: f"(not {self.value(depth - 1)})",
            ]
        return self.random.choice(forms)()

    def helper(self) -> str:
        """Return a call of a helper, perhaps of one that is there."""
        known = [call for call in self.defined.values() if call]
        if known and self.random.random() < 0.2:
            return self.random.choice(known)
        if self.size <= 0:
            return f"{self.step()}()"
        name = self.name("h")
        self.defined[name] = ""
        loops, self.loops = self.loops, 0
        body = self.block(1, inside=f"await {name}(again - 1)" if self.random.random() < 0.3 else None)
        self.loops = loops
        if self.random.random() < 0.3:
            text = f"class C{name}:\n    async def run(self, again=2):\n{textwrap.indent(body, '        ')}"
            text = text.replace(f"await {name}(", "await self.run(")
            self.defined[name] = f"C{name}().run()"
        else:
            text = f"async def {name}(again=2):\n{textwrap.indent(body, '    ')}"
            self.defined[name] = f"{name}()"
        self.functions.append(text)
        return self.defined[name]

    # --- statements

    def block(self, depth: int, *, inside: str | None = None) -> str:
        """Return some statements; `inside` is a call of the function around them, which may call itself."""
        lines = [self.statement(depth) for _ in range(self.random.randint(1, 3))]
        if inside:
            lines.insert(self.random.randrange(len(lines) + 1), f"if again and pick():\n    {inside}")
        return "\n".join(lines)

    def inner(self, depth: int) -> str:
        return textwrap.indent(self.block(depth - 1), "    ")

    def looped(self, depth: int) -> str:
        self.loops += 1
        body = self.inner(depth)
        self.loops -= 1
        return body

    def statement(self, depth: int) -> str:
        """Return a statement."""
        self.size -= 1
        simple = [
            lambda: f"await {self.coroutine()}",
            lambda: f"await {self.coroutine()}",
            lambda: f"{self.name('v')} = {self.value()}",
            lambda: "await wfc.sleep(1)",
            lambda: "await H.wait()",
            self.stored,
            self.hook_later,
            lambda: "pick()",
            self.leave,
        ]
        if self.concurrent:
            simple += [self.gather, self.gather, self.task, self.fan_out, self.listed, self.wait, self.next_round]
        if depth <= 0 or self.size <= 0:
            return self.random.choice(simple)()
        compound: list[Callable[[int], str]] = [
            self.branch, self.branch, self.match, self.for_loop, self.while_loop, self.forever, self.tried, self.tried,
            self.finally_, self.managed, self.suppressed, self.hook_loop, self.nested,
        ]  # fmt: skip
        if self.concurrent:
            compound += [self.group, self.timeout, self.completed]
        if self.random.random() < 0.45:
            return self.random.choice(simple)()
        return self.random.choice(compound)(depth)

    def leave(self) -> str:
        forms = ["return", f"return {self.value(1)}", "raise E0()", "raise E1()"]
        if self.loops > 0:
            forms += ["break", "continue", "break"]
        return f"if {self.value(1)}:\n    {self.random.choice(forms)}"

    def branch(self, depth: int) -> str:
        text = f"if {self.value()}:\n{self.inner(depth)}"
        if self.random.random() < 0.4:
            text += f"\nelif {self.value(1)}:\n{self.inner(depth)}"
        if self.random.random() < 0.5:
            text += f"\nelse:\n{self.inner(depth)}"
        return text

    def match(self, depth: int) -> str:
        text = f"match pick(3):\n    case 0:\n{self.case(depth)}\n    case 1 if {self.value(1)}:\n{self.case(depth)}"
        if self.random.random() < 0.3:
            text += f"\n    case 2 if pick():\n{self.case(depth)}"
        if self.random.random() < 0.5:
            text += f"\n    case _:\n{self.case(depth)}"
        return text

    def case(self, depth: int) -> str:
        return textwrap.indent(self.inner(depth), "    ")

    def orelse(self, depth: int) -> str:
        return f"\nelse:\n{self.inner(depth)}" if self.random.random() < 0.3 else ""

    def for_loop(self, depth: int) -> str:
        return f"for _ in range(pick(3)):\n{self.looped(depth)}{self.orelse(depth)}"

    def while_loop(self, depth: int) -> str:
        return f"while {self.value()}:\n{self.looped(depth)}{self.orelse(depth)}"

    def forever(self, depth: int) -> str:
        return f"while True:\n{self.looped(depth)}\n    if {self.value(1)}:\n        break"

    def hook_loop(self, depth: int) -> str:
        return f"async for _ in H.wait():\n{self.looped(depth)}\n    if {self.value(1)}:\n        break"

    def tried(self, depth: int) -> str:
        text = f"try:\n{self.inner(depth)}\nexcept {self.random.choice(['E0', 'E1', '(E1, TimeoutError)'])}:\n"
        text += self.inner(depth)
        if self.random.random() < 0.3:
            text += f"\nexcept E0:\n{self.inner(depth)}"
        if self.random.random() < 0.3:
            text += "\n    raise"
        if self.random.random() < 0.3:
            text += f"\nelse:\n{self.inner(depth)}"
        if self.random.random() < 0.3:
            text += self.cleanup(depth)
        return text

    def cleanup(self, depth: int) -> str:
        loops, self.loops = self.loops, -99  # no jumps out of a `finally`
        text = f"\nfinally:\n{self.inner(depth)}"
        self.loops = loops
        return text

    def finally_(self, depth: int) -> str:
        return f"try:\n{self.inner(depth)}{self.cleanup(depth)}"

    def managed(self, depth: int) -> str:
        name = self.name("cm")
        loops, self.loops = self.loops, 0
        head = f"@contextlib.asynccontextmanager\nasync def {name}():\n    await {self.coroutine(1)}\n    try:\n"
        self.functions.append(f"{head}        yield\n    finally:\n        await {self.coroutine(1)}")
        self.loops = loops
        return f"async with {name}():\n{self.inner(depth)}"

    def suppressed(self, depth: int) -> str:
        return f"with contextlib.suppress({self.random.choice(['E0', 'E1'])}):\n{self.inner(depth)}"

    def nested(self, depth: int) -> str:
        name = self.name("inner")
        loops, self.loops = self.loops, 0
        text = f"async def {name}():\n{self.inner(depth)}\nawait {name}()"
        self.loops = loops
        return text

    def stored(self) -> str:
        name = self.name("c")
        between = f"await {self.coroutine(1)}\n" if self.random.random() < 0.6 else ""
        return f"{name} = {self.coroutine()}\n{between}await {name}"

    def hook_later(self) -> str:
        name = self.name("k")
        return f"{name} = H.wait()\nawait {self.coroutine(1)}\nawait {name}"

    # --- side by side

    def members(self) -> str:
        return ", ".join(self.coroutine() for _ in range(self.random.randint(1, 3)))

    def gather(self) -> str:
        settles = self.random.choice(["", ", return_exceptions=True"])
        return f"await asyncio.gather({self.members()}{settles})"

    def fan_out(self) -> str:
        form = self.random.choice(["*[{} for _ in range(pick(3))]", "*({} for _ in range(pick(3)))"])
        return f"await asyncio.gather({form.format(self.coroutine(1))})"

    def task(self) -> str:
        name = self.name("t")
        return f"{name} = asyncio.create_task({self.coroutine()})\nawait {self.coroutine(1)}\nawait {name}"

    def next_round(self) -> str:
        name = self.name("last")
        body = f"    if {name}:\n        await {name}\n    {name} = asyncio.create_task({self.coroutine(1)})"
        return f"{name} = None\nfor _ in range(pick(3)):\n{body}"

    def listed(self) -> str:
        name = self.name("ts")
        made = self.random.choice(["asyncio.create_task({})", "{}"]).format(self.coroutine(1))
        return f"{name} = []\nfor _ in range(pick(3)):\n    {name}.append({made})\nawait asyncio.gather(*{name})"

    def wait(self) -> str:
        how = self.random.choice(["", ", return_when=asyncio.FIRST_COMPLETED"])
        return f"await asyncio.wait([{self.members()}]{how})"

    def group(self, depth: int) -> str:
        name = self.name("g")
        tasks = "\n".join(f"    {name}.create_task({self.coroutine()})" for _ in range(self.random.randint(1, 2)))
        body = f"\n{self.inner(depth)}" if self.random.random() < 0.5 else ""
        return f"async with asyncio.TaskGroup() as {name}:\n{tasks}{body}"

    def timeout(self, depth: int) -> str:
        return f"async with asyncio.timeout(5):\n{self.inner(depth)}"

    def completed(self, depth: int) -> str:
        name = self.name("f")
        return f"for {name} in asyncio.as_completed([{self.members()}]):\n    await {name}\n{self.looped(depth)}"


def make_program(seed: int, size: int, *, concurrent: bool) -> Program:
    """Return a program."""
    program = Program(random.Random(seed), size, concurrent)
    body = program.block(3)
    program.functions.append(f"@wf.workflow\nasync def flow():\n{textwrap.indent(body, '    ')}")
    return program
