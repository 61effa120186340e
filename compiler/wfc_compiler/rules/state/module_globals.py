"""State that runs share, and change: WFC110.

In: the writes of FLOW's functions to what outlives a run. Out: one finding per function and shared object.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...callgraph import Reached
from ...diagnostics import Diagnostic, Note, Severity
from ..base import Context, Rule
from ..scaffold import flow_with, in_flow, step_with
from .elsewhere import ChangedElsewhere, changed_elsewhere
from .memo import Effect, effect_of
from .objects import Methods
from .shared import Kind, Shared
from .writes import writes

_LABELS = {
    Effect.CHANGES: "`{name}` outlives the run: other runs and replays find it changed",
    Effect.WAITS: "other runs, and replays, find what one run has waited for",
    Effect.OF_THE_RUN: "other runs, and replays, find the clock or chance of the run that came first",
}


class SharedState(Rule):
    """A workflow changes a module global, or draws from one.

    Why: A module is imported once in a process and serves all runs there. What one run leaves behind the next one
    finds, and so does a replay of the first: it goes another way than recorded. In another process the change was
    never made. That goes for variables, containers, objects and functions of a module, for attributes of modules, for
    iterators and seeded generators, and for the environment. A table that is filled with what is the same for all
    runs does no harm, and there is no finding; where steps fill it, a run that finds a value makes fewer calls. A
    warning is what only other code changes, such as a web application: a workflow's route has a copy of the module.

    Fix: Keep it in a local variable, pass it along, or return it from a step. `workflow.random()` is the run's own
    generator. What all runs may see belongs into a database, behind a step.

    Suppress: Where what is changed is a counter or cache that no branch, argument or result depends on.
    """

    code = "WFC110"
    bad = (
        flow_with("COUNT = 0", "global COUNT\n    COUNT += 1"),
        flow_with("SEEN = []", "SEEN.append(url)"),
        flow_with("STATE = {}", "STATE[url] = 1\n    STATE['last'] = url\n    return STATE"),
        flow_with("from collections import defaultdict\nBY = defaultdict(list)", "BY[url].append(1)"),
        flow_with("BY = {}", "BY.setdefault(url, []).append(1)"),
        flow_with("DONE = set()", "if url in DONE: return\n    DONE.add(url)"),
        flow_with("DONE = {}", "if url in DONE: return\n    DONE[url] = True"),
        flow_with("import itertools\nIDS = itertools.count(1)", "return next(IDS)"),
        flow_with("import random\nCHANCE = random.Random(42)", "return CHANCE.random()"),
        flow_with("class Config:\n    debug = False\nCONFIG = Config()", "CONFIG.debug = True"),
        flow_with("def helper(): ...\n", "helper.calls = 1"),
        flow_with("import os", "os.environ['REGION'] = url"),
        flow_with("import os", "os.environ.setdefault('REGION', url)"),
        flow_with("import os", "os.putenv('REGION', url)"),
        flow_with("import sys", "sys.modules['x'] = None"),
        flow_with("import decimal", "decimal.DefaultContext.prec = 3"),
        flow_with("LAST = None\ndef note(x):\n    global LAST\n    LAST = x\n", "note(url)"),
        flow_with("LAST = None\ndef note(x):\n    global LAST\n    if LAST is None: LAST = x\n", "note(url)"),
        in_flow("RATES.setdefault(name, await charge())") + "\nRATES = {}\n",
        in_flow("if name not in RATES:\n        RATES[name] = await charge()\n    return RATES[name]")
        + "\nRATES = {}\n",
        in_flow("global BEGAN\n    BEGAN = BEGAN or workflow.now()") + "\nBEGAN = None\n",
        flow_with(
            "class Tally:\n    def __init__(self): self.n = 0\n    def add(self): self.n += 1\nTALLY = Tally()",
            "TALLY.add()",
        ),
        "# file: state.py\nLAST = None\n# file: app.py" + flow_with("\nimport state", "state.LAST = url"),
        "# file: state.py\nQUEUE = []\n# file: app.py"
        + flow_with("\nfrom state import QUEUE as todo", "waiting = todo\n    waiting.append(url)"),
        flow_with(
            "import fastapi\napi = fastapi.FastAPI()\nRATE = 1\n@api.post('/rate')\ndef set_rate(rate: int):\n"
            "    global RATE\n    RATE = rate\n",
            "return RATE",
        ),
        "# file: rates.py\nRATE = 1\ndef set_rate(rate):\n    global RATE\n    RATE = rate\n"
        "# file: main.py\nimport app\nfrom rates import set_rate\ndef main():\n    set_rate(2)\n# file: app.py"
        + flow_with("\nimport rates", "return rates.RATE")
        + "# file: pyproject.toml\n[tool.wfc]\nentrypoints = ['main', 'app']\n",
    )
    good = (
        flow_with("COUNT = 0", "COUNT = 1\n    COUNT += 1\n    return COUNT"),
        flow_with("LIMITS = {'a': 1}", "limits = dict(LIMITS)\n    limits['b'] = 2\n    return limits"),
        flow_with("NAMES = ['a']", "names = [*NAMES]\n    names.append(url)\n    return names, NAMES.index('a')"),
        flow_with("LIMITS = {'a': 1}", "return LIMITS['a'], LIMITS.get(url), list(LIMITS), url in LIMITS"),
        flow_with("T = {}\ndef table(k):\n    if k not in T: T[k] = k.upper()\n    return T[k]\n", "return table(url)"),
        flow_with(
            "T = {}\ndef table(k):\n    if k in T: return T[k]\n    T[k] = k.upper()\n    return T[k]\n",
            "return table(url)",
        ),
        flow_with(
            "T = {}\ndef table(k):\n    try: return T[k]\n    except KeyError: pass\n"
            "    T[k] = found = len(k)\n    return found\n",
            "return table(url)",
        ),
        flow_with(
            "T = {}\ndef table(k):\n    found = T.get(k)\n    if found is None: found = T[k] = len(k)\n"
            "    return found\n",
            "return table(url)",
        ),
        flow_with("T = None\ndef table():\n    global T\n    if T is None: T = [1]\n    return T\n", "return table()"),
        flow_with("T = None\ndef table():\n    global T\n    T = T or [1]\n    return T\n", "return table()"),
        flow_with("READY = False\ndef ready():\n    global READY\n    if READY: return\n    READY = True\n", "ready()"),
        flow_with("T = {}", "return T.setdefault(url, len(url))"),
        flow_with(
            "HANDLERS = {}\ndef handles(name):\n    def enter(f):\n        HANDLERS[name] = f\n        return f\n"
            "    return enter\n@handles('a')\ndef a(): return 1\n",
            "return HANDLERS['a']()",
        ),
        flow_with("import random\nCHANCE = random.Random()", "return CHANCE.random()"),
        flow_with("import random", "return random.Random(42).random()"),
        flow_with("import logging\nlog = logging.getLogger('a')", "log.disabled = True\n    log.info(url)"),
        flow_with("import weakref\nOF = weakref.WeakKeyDictionary()\nclass Cart: ...\n", "OF[Cart()] = url"),
        flow_with("import contextvars\nWHO = contextvars.ContextVar('who')", "WHO.set(url)"),
        flow_with(
            "class Cart:\n    def __init__(self): self.items = []\n", "cart = Cart()\n    cart.items.append(url)"
        ),
        flow_with(
            "import dataclasses\n@dataclasses.dataclass\nclass Cart:\n    n: int = 0\n",
            "cart = Cart()\n    cart.n += 1",
        ),
        flow_with(
            "class Memo:\n    def __init__(self): self.t = {}\n    def get(self, k):\n"
            "        if k not in self.t: self.t[k] = len(k)\n        return self.t[k]\nMEMO = Memo()",
            "return MEMO.get(url)",
        ),
        flow_with("RATE = 1\ndef set_rate(rate):\n    global RATE\n    RATE = rate\n", "return RATE"),
        flow_with("RATE = 1\ndef set_rate(rate):\n    global RATE\n    RATE = rate\nset_rate(2)\n", "return RATE"),
        flow_with(
            "import fastapi\napi = fastapi.FastAPI()\nRATE = None\n@api.get('/rate')\ndef rate():\n    global RATE\n"
            "    if RATE is None: RATE = 1\n@api.get('/reset')\ndef reset():\n    global RATE\n    RATE = None\n",
            "return RATE",
        ),
        step_with("SEEN = []", "SEEN.append(url)"),
        in_flow("global json\n    import json\n    return json.dumps(name)"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per function and shared object, at the first place that does harm."""
        methods = Methods(context, context.graph.flow)
        for reached in context.graph.flow:
            found: dict[str, list[_Place]] = {}
            for write in writes(context, reached):
                effect = effect_of(context, reached, write)
                if write.shared.kind is not Kind.CLASS and effect is not Effect.HARMLESS:
                    found.setdefault(write.shared.key, []).append(_Place(write.shared, write.node, effect))
            for change in methods.changes(reached):
                inner = change.method.function.module.source.span(change.write.node)
                place = _Place(change.shared, change.call.node, change.effect, Note(inner, "changed here"))
                found.setdefault(change.shared.key, []).append(place)
            for places in found.values():
                yield self._report(context, reached, places)
        for changed in changed_elsewhere(context):
            yield self._report_elsewhere(changed)

    def _report_elsewhere(self, changed: ChangedElsewhere) -> Diagnostic:
        reached, function = changed.read.reached, changed.function
        note = Note(function.module.source.span(changed.node), "changed here, outside of any workflow")
        return Diagnostic(
            self.code,
            "workflow reads a module global that is changed elsewhere",
            reached.function.module.source.span(changed.read.node),
            label=f"never sees what `{function.node.name}` sets: a workflow has its own copy of the module",
            secondary=(note,),
            help="pass it to the workflow as an argument, or read it in a step from where it is kept",
            workflow=reached.root,
            chain=reached.chain,
            severity=Severity.WARNING,
        )

    def _report(self, context: Context, reached: Reached, places: Sequence[_Place]) -> Diagnostic:
        first, source = places[0], reached.function.module.source
        headline, remedy = _words(context, reached, first)
        more = [Note(source.span(place.node), "and here") for place in places[1:]]
        return Diagnostic(
            self.code,
            headline,
            source.span(first.node),
            label=_LABELS[first.effect].format(name=first.shared.shown),
            secondary=tuple(more) if first.inner is None else (first.inner, *more),
            help=remedy,
            workflow=reached.root,
            chain=reached.chain,
        )


@dataclass(frozen=True)
class _Place:
    """A change in a function; `inner` shows what a method does."""

    shared: Shared
    node: ast.expr | ast.stmt
    effect: Effect
    inner: Note | None = None


def _words(context: Context, reached: Reached, place: _Place) -> tuple[str, str]:
    """Return headline and remedy."""
    callee = next((call.callee or "" for call in reached.calls if call.node is place.node), "")
    if callee.startswith("random.Random."):
        random = context.spell(reached, "random")
        return "workflow draws from a generator that all runs share", f"`{random}()` is the run's own generator"
    if callee == "builtins.next":
        return "workflow draws from an iterator that all runs share", "count in a local variable of the run"
    if place.shared.kind is Kind.LIBRARY:
        what = "the environment" if place.shared.key.startswith("os.environ") else "the state of a library"
        return f"workflow changes {what}", "set it where the process starts, or in the step that needs it"
    if place.effect is Effect.WAITS:
        return "workflow keeps what it waited for in a module global", "keep it in a local variable of the run"
    return "workflow changes a module global", "keep it in a local variable, or return it from a step"
