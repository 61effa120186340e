"""What a step leaves in a module for others, whose routes don't hold it: WFC504."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...diagnostics import Diagnostic, Note
from ..base import Context, Rule
from .memory import Use

_START = "from vercel import workflow\nwf = workflow.Workflows()\n"


def _two(above: str, first: str, second: str) -> str:
    """Return a program with two steps; `above` stands before them."""
    return (
        f"{_START}{above}\n\n@wf.step\nasync def login(name: str):\n    {first}\n\n"
        f"@wf.step\nasync def fetch(name: str):\n    {second}\n"
    )


class WriteForOthers(Rule):
    """A step writes a module global that a workflow or another step reads.

    Why: Each step and each workflow is a route of its own, with its own copy of the modules that it uses. A worker
    has one copy for several steps only where it is the same in all their routes, and other workers have others. So
    what one route writes into a module, the others don't get: they read what the module had after its import. Where a
    reader's own route reaches a write, such as a client that each makes when it needs one, or a table that each fills
    by itself, there is no finding.

    Fix: Return the value from the step, and pass it on as an argument. What has to outlive a step belongs into a
    database, or into the run's result.

    Suppress: Where the reader works without the value, such as a counter that is only shown.
    """

    code = "WFC504"
    bad = (
        _two("TOKEN = None\n", "global TOKEN\n    TOKEN = name", "return TOKEN"),
        _two("STATE = {}\n", "STATE['token'] = name", "return STATE.get('token')"),
        _two("SEEN = []\n", "SEEN.append(name)", "return len(SEEN)"),
        _two("class Config:\n    token = None\n", "Config.token = name", "return Config.token"),
        _two("class Client: ...\nCLIENT = Client()\n", "CLIENT.token = name", "return CLIENT.token"),
        _two(
            "class Box:\n    def __init__(self): self.kept = {}\n    def put(self, k): self.kept[k] = 1\n"
            "    def get(self, k): return self.kept.get(k)\nBOX = Box()\n",
            "BOX.put(name)",
            "return BOX.get(name)",
        ),
        _two("LAST = None\ndef note(x):\n    global LAST\n    LAST = x\n", "note(name)", "return f'{LAST}'"),
        f"{_START}RATE = 1\n\n@wf.step\nasync def load(rate: int):\n    global RATE\n    RATE = rate\n\n"
        "@wf.workflow\nasync def order():\n    await load(2)\n    return RATE\n",
        "# file: state.py\nLAST = None\n# file: app.py\nimport state\nfrom state import LAST as last\n"
        + _two("", "state.LAST = name", "import state as s\n    return s.LAST"),
        _two(
            "_client = None\ndef connect():\n    global _client\n    if _client is None: _client = object()\n",
            "connect()",
            "return _client.name",
        ),
    )
    good = (
        _two("TOKEN = 'x'\n", "return TOKEN", "return TOKEN"),
        _two("TOKEN = None\n", "global TOKEN\n    TOKEN = name\n    return TOKEN", "return name"),
        _two(
            "_client = None\ndef client():\n    global _client\n    if _client is None: _client = object()\n"
            "    return _client\n",
            "return str(client())",
            "return repr(client())",
        ),
        _two(
            "_rates = {}\ndef rate(k):\n    if k not in _rates: _rates[k] = len(k)\n    return _rates[k]\n",
            "return rate(name)",
            "return rate(name) + 1",
        ),
        _two("CALLS = {}\n", "CALLS[name] = 1", "CALLS[name] = 2"),
        _two("CALLS = {'n': 0}\n", "CALLS['n'] += 1", "CALLS['n'] += 1"),
        _two("STATE = {'b': 1}\n", "STATE['a'] = name", "return STATE['b']"),
        _two("SEEN = []\n", "SEEN.append(name)\n    return len(SEEN)", "SEEN.append(name)\n    return len(SEEN)"),
        _two("import logging\nlog = logging.getLogger('a')\n", "log.disabled = True", "log.info(name)"),
        _two("TABLE = {}\ndef fill(): TABLE['a'] = 1\nfill()\n", "return TABLE['a']", "return TABLE"),
        _two("TOKEN = None\n", "TOKEN = name\n    return TOKEN", "return TOKEN"),
        _two("STATE = {}\n", "state = dict(STATE)\n    state['a'] = name\n    return state", "return STATE"),
        _two("LAST = None\n", "global LAST\n    LAST = name", "return name") + "\n\ndef page(): return LAST\n",
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per function and shared object, at the first write that others read."""
        memory = context.memory
        for key, uses in memory.written.items():
            writers = memory.writers(key)
            readers = memory.readers(key, {use.part for use in uses})
            others = {root: use for root, use in readers.items() if root not in writers}
            if others:
                yield from self._report(context, uses, others)

    def _report(self, context: Context, uses: Sequence[Use], others: Mapping[str, Use]) -> Iterator[Diagnostic]:
        told: set[str] = set()
        root, read = next(iter(others.items()))
        reader = _shown(context, root)
        for use in uses:
            if use.reached.function.dotted not in told:
                told.add(use.reached.function.dotted)
                name = use.shared.shown
                yield Diagnostic(
                    self.code,
                    f"a step writes `{name}`, which {reader} reads",
                    use.reached.function.module.source.span(use.node),
                    label=f"changes the copy of `{name}` that this step's route has",
                    secondary=(Note(read.reached.function.module.source.span(read.node), f"{reader} reads its own"),),
                    help="return the value from the step, and pass it on as an argument",
                    workflow=use.reached.root,
                    chain=use.reached.chain,
                )


def _shown(context: Context, root: str) -> str:
    """Return what a finding calls a workflow or step."""
    kind, _, rest = root.partition("//")
    return f"{kind} `{rest.rpartition('//')[2]}`"
