"""Clock, chance and secrets in FLOW: WFC101 to 104, and WFC115.

What lowering replaces by the run's own clock, generator and ids is worth a remark, and an error only where the
project is `strict`. What it can't replace is an error. References count as calls do: `default_factory=uuid4`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import ClassVar

from ..diagnostics import Diagnostic, Severity
from .base import Context, Rule
from .effects import move_to_step
from .hidden_clock import hidden_sources
from .scaffold import flow_with, step_with
from .sources import Source, assignment_of, import_time_sources, sources

# Modules that lowering replaces where they are imported, so that `getattr(time, "time")` finds the run's clock.
_STAND_INS = frozenset({"time", "random", "uuid"})
_CHANGING = frozenset({"clock", "monotonic", "random", "secret", "identity"})


class SourceRule(Rule):
    """A rule about where values come from that no replay would get again."""

    kind: ClassVar[str]
    headline: ClassVar[str]
    label: ClassVar[str] = "`{name}` gives another value on every replay"
    rewritten: ClassVar[str] = ""
    severity: ClassVar[Severity | None] = None

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per call of, or reference to, a source of the kind."""
        for source in sources(context, self.kind):
            yield self.report(context, source, self.label, self.severity)
        strict = Severity.ERROR if context.program.project.config.strict else Severity.INFO
        for source in sources(context, f"rewritten_{self.kind}") if self.rewritten else ():
            if _is_replaced(context, source):
                yield self.report(context, source, self.rewritten, strict)
            else:
                yield self.report(context, source, "`{name}` can't be replaced here", self.severity)

    def remedy(self, context: Context, source: Source) -> str:
        """Return the help line."""
        return move_to_step(source.reached)

    def report(self, context: Context, source: Source, label: str, severity: Severity | None = None) -> Diagnostic:
        """Return the finding at a call or reference."""
        return Diagnostic(
            self.code,
            self.headline,
            source.module.source.span(source.node),
            label=label.format(name=source.name),
            help=self.remedy(context, source),
            workflow=source.reached.root,
            chain=source.reached.chain,
            severity=severity,
        )


def _is_replaced(context: Context, source: Source) -> bool:
    """Say whether lowering sees what is called: not `at.now()` of a datetime, nor `import_module("time").time()`."""
    names, called = context.program.names, source.node
    if isinstance(called, ast.Call):
        called = called.func
    match called:
        case ast.Call(func=func, args=[module, *_]) if names.canonical(source.module, func) == "builtins.getattr":
            return names.canonical(source.module, module) in _STAND_INS
    return names.canonical(source.module, called) == source.name


class WallClock(SourceRule):
    """A workflow reads the wall clock.

    Why: After a restart the workflow runs again from its start and would read another time, so that it takes other
    branches or calls its steps with other arguments than the recorded ones. So the compiler replaces
    `datetime.now()`, `date.today()`, `time.time()` and their like by the run's clock: the time of the event that
    the workflow reacts to, with UTC as the local time. `wfc check -v` lists each; `strict = true` makes them
    errors. An error is what can't be replaced: a clock of a library's, or a class that is reached through a
    variable.

    Fix: Nothing has to be done where it is only remarked on. `workflow.now()` says the same without any rewriting.

    Suppress: Where the value ends in a log or a metric, and no branch, argument or result depends on it.
    """

    code = "WFC101"
    kind = "clock"
    severity = Severity.ERROR
    headline = "workflow reads the wall clock"
    rewritten = "`{name}` becomes the run's clock"
    bad = (
        flow_with("import time", "return time.time()"),
        flow_with("from datetime import datetime, UTC", "return datetime.now(UTC)"),
        flow_with("import time\nnow = time.time", "return now()"),
        flow_with("import time", "return sorted([url], key=lambda _: time.time())"),
        flow_with(
            "from dataclasses import dataclass, field\nfrom datetime import datetime\n@dataclass\nclass Order:\n"
            "    made: datetime = field(default_factory=datetime.now)\n",
            "return Order()",
        ),
        flow_with("import arrow", "return arrow.utcnow()"),
        flow_with("from datetime import datetime\ndef stamp(clock=datetime): return clock.now()", "return stamp()"),
        flow_with("from datetime import datetime", "return getattr(datetime, url)()"),
        flow_with("from datetime import *\nfrom json import *", "return datetime.now()"),
        flow_with("import time", "return time.strftime('%Y') + time.ctime(None)"),
        flow_with("from email.utils import formatdate", "return formatdate(localtime=True)"),
        flow_with("from datetime import datetime", "return datetime(2030, 1, 1).now()"),
        flow_with("import importlib", "return importlib.import_module('time').time()"),
        flow_with("import time", "return getattr(time, 'time')()"),
        flow_with("from datetime import datetime\ndef stamp(at: datetime): return at.now()", "return stamp(datetime)"),
        flow_with("from datetime import date\ndef day(kind: type[date]): return kind.today()", "return day(date)"),
    )
    good = (
        flow_with("", "return workflow.now()"),
        flow_with("import time", "return time.gmtime(0).tm_year, time.strftime('%Y', time.gmtime(0))"),
        flow_with("from email.utils import formatdate", "return formatdate(0, localtime=False)"),
        flow_with("from datetime import datetime", "return getattr(datetime, 'min')"),
        flow_with("from datetime import datetime", "return isinstance(url, datetime) or datetime(2020, 1, 1)"),
        flow_with(
            "class Clock:\n    def now(self): return 1\ndef at(clock=Clock()): return clock.now()", "return at()"
        ),
        step_with("import time", "return time.time()"),
        step_with("import time\nnow = time.time", "return now()"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield also what is read through a variable that may hold the class `datetime` or `date`."""
        known = set()
        for finding in super().check(context):
            known.add((finding.span.path, finding.span.line, finding.span.column))
            yield finding
        for source in hidden_sources(context):
            label = "`{name}` may be the wall clock, and can't be replaced here"
            found = self.report(context, source, label, Severity.ERROR)
            if (found.span.path, found.span.line, found.span.column) not in known:
                yield found

    def remedy(self, context: Context, source: Source) -> str:
        """Name the run's own clock."""
        now = context.spell(source.reached, "now")
        if source.name in ("time.time", "time.time_ns"):
            return f"`{now}().timestamp()` and `{context.spell(source.reached, 'time_ns')}()` are the run's clock"
        return f"`{now}()` is the run's clock"


class MonotonicClock(SourceRule):
    """A workflow reads a monotonic or CPU clock.

    Why: Such a clock starts anew with each process, so its value means nothing after a restart, and a replay reads
    another one.

    Fix: Measure inside a step, or take the difference of two `workflow.now()`.

    Suppress: Where the value ends in a log or a metric, and no branch, argument or result depends on it.
    """

    code = "WFC102"
    kind = "monotonic"
    headline = "workflow reads a monotonic or CPU clock"
    bad = (
        flow_with("import time", "return time.monotonic()"),
        flow_with("import time", "return list(map(lambda _: time.perf_counter(), url))"),
        flow_with("import time", "return [read() for read in (time.process_time,)]"),
        flow_with("import time", "return getattr(time, 'monotonic')()"),
    )
    good = (step_with("import time", "return time.perf_counter()"),)

    def remedy(self, context: Context, source: Source) -> str:
        """Name the places where measuring works."""
        return f"measure inside a step, or take the difference of two `{context.spell(source.reached, 'now')}()`"


class RandomValue(SourceRule):
    """A workflow draws a random number or a random id.

    Why: A replay would draw another one. So the compiler replaces the functions of `random`, `random.Random()`
    without a seed, `uuid.uuid1` and `uuid.uuid4` by the run's generator and ids, which are the same on every replay
    of a run. `wfc check -v` lists each; `strict = true` makes them errors. An error is what can't be replaced: a
    generator of a library's.

    Fix: Nothing has to be done where it is only remarked on. `workflow.random()` and `workflow.uuid4()` say the
    same without any rewriting; a seeded `random.Random(7)` needs none. Call a library's generator in a step.

    Suppress: Where the value ends in a log or a metric, and no branch, argument or result depends on it.
    """

    code = "WFC103"
    kind = "random"
    severity = Severity.ERROR
    headline = "workflow draws a random value"
    rewritten = "`{name}` becomes the run's own"
    bad = (
        flow_with("import random", "return random.random()"),
        flow_with("from uuid import uuid4", "return str(uuid4())"),
        flow_with("import random", "return random.Random().random()"),
        flow_with("import functools, random", "return functools.partial(random.choice, url)()"),
        flow_with(
            "import pydantic, uuid\nclass Order(pydantic.BaseModel):\n"
            "    id: str = pydantic.Field(default_factory=uuid.uuid4)\n",
            "return Order()",
        ),
        flow_with("import numpy as np", "return np.random.rand()"),
        flow_with("from statistics import NormalDist", "return NormalDist(0, 1).samples(3)"),
        flow_with("from email.utils import make_msgid", "return make_msgid()"),
        flow_with("import random", "return random.Random(None).random()"),
        flow_with("import tenacity\n@tenacity.retry(wait=tenacity.wait_random(1, 2))\nasync def f(): ...", "await f()"),
    )
    good = (
        flow_with("import random", "return random.Random(7).random()"),
        flow_with("", "return workflow.random().random()"),
        flow_with("import uuid", "return uuid.uuid5(uuid.NAMESPACE_URL, url)"),
        flow_with("import random", "return isinstance(url, random.Random)"),
        flow_with("from statistics import NormalDist", "return NormalDist(0, 1).samples(3, seed=url)"),
        flow_with("import tenacity\n@tenacity.retry(wait=tenacity.wait_fixed(1))\nasync def f(): ...", "await f()"),
        step_with("import random", "return random.random()"),
    )

    def remedy(self, context: Context, source: Source) -> str:
        """Name the run's own generator."""
        if source.name.startswith("uuid."):
            return f"`{context.spell(source.reached, 'uuid4')}()` makes ids of the run"
        if source.name.startswith("email."):
            return move_to_step(source.reached)
        random = context.spell(source.reached, "random")
        return f"`{random}()` is the run's generator, as in `{random}().choice(xs)`"


class SecretValue(SourceRule):
    """A workflow makes a secret.

    Why: A secret that can be made again on replay is none, and one that can't breaks the replay.

    Fix: Make it in a step; the result is recorded. Where it must not stand in the log, let the step store it and
    return its name.

    Suppress: Hardly ever: where the value goes nowhere, leave it out.
    """

    code = "WFC104"
    kind = "secret"
    headline = "workflow makes a secret"
    bad = (
        flow_with("import secrets", "return secrets.token_hex()"),
        flow_with("import random", "return random.SystemRandom().random()"),
        flow_with(
            "import secrets\nfrom dataclasses import dataclass, field\n@dataclass\nclass Order:\n"
            "    key: str = field(default_factory=secrets.token_hex)\n",
            "return Order()",
        ),
        flow_with("import os, uuid", "return uuid.UUID(bytes=os.urandom(16))"),
    )
    good = (step_with("import secrets", "return secrets.token_hex()"),)


class ImportTimeValue(Rule):
    """A workflow reads a value that each import makes anew.

    Why: A module is imported once in a process, and no run has begun then: a clock that is read there, or an id
    that is drawn, is another one after a restart and on another worker, so that a replay takes other branches.

    Fix: Compute it in the workflow, where clock and chance are the run's own, or in a step.

    Suppress: Where the value ends in a log or a metric, such as the name of this worker.
    """

    code = "WFC115"
    bad = (
        flow_with("import time\nSTART = time.time()", "return START"),
        flow_with("import random\nclass Order:\n    lot = random.random()\n", "return Order().lot"),
        flow_with("import time\ndef late(now=time.time()): return now", "return late()"),
        flow_with(
            "import uuid\nfrom dataclasses import dataclass\n@dataclass\nclass Order:\n"
            "    id: str = str(uuid.uuid4())\n",
            "return Order()",
        ),
        flow_with("import secrets\nKEY = secrets.token_hex()", "return KEY"),
        flow_with("import time\ndef began(): return time.time()\nSTART = began()", "return START"),
        flow_with("import socket\nHOST = socket.gethostname()", "return HOST"),
        flow_with("import sys\nclass Program:\n    name = sys.argv[0]\n", "return Program.name"),
    )
    good = (
        flow_with("import time\nSTART = time.time()", "return 1"),
        flow_with("import random\nchance = random.Random()", "return chance.random()"),
        flow_with("import time\nSTART = time.gmtime(0)", "return START.tm_year"),
        flow_with("import time\nclass Order:\n    made = time.time()\n    lot = 1\n", "return Order.lot"),
        flow_with("import time\ndef table():\n    time.time()\n    return [1]\nTABLE = table()", "return TABLE"),
        flow_with("import time\nnow = time.time", "return now()"),
        step_with("import time\nSTART = time.time()", "return START"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per call at import whose result workflow code reads."""
        for source in import_time_sources(context, _CHANGING):
            # An unseeded generator that a module makes draws from the run's own when a run uses it.
            if source.name == "random.Random":
                continue
            yield Diagnostic(
                self.code,
                "workflow reads a value that each import makes anew",
                source.module.source.span(assignment_of(source)),
                label=f"`{source.name}` gives another value in another process",
                help="compute it in the workflow, where clock and chance are the run's own, or in a step",
                workflow=source.reached.root,
                chain=source.reached.chain,
            )


DETERMINISM_RULES: tuple[type[Rule], ...] = (WallClock, MonotonicClock, RandomValue, SecretValue, ImportTimeValue)
