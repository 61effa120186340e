"""What a workflow learns about the machine it happens to run on: WFC105, 106 and 107.

    os.environ["REGION"]            the environment
    socket.gethostname()            who and where the process is
    datetime.fromtimestamp(x)       the host's timezone and locale

A replay may happen on another machine. What is read at import counts where FLOW reads what came of it: from the
environment as WFC105 at the assignment, else as WFC115.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from ..diagnostics import Diagnostic, Severity
from .base import Context, Rule
from .determinism import SourceRule
from .local_time import LocalTime, local_times
from .scaffold import flow_with, step_with
from .sources import Source, assignment_of, import_time_sources, is_stored, sources

_SETTERS = frozenset(
    {f"os.environ.{name}" for name in ("update", "setdefault", "pop", "popitem", "clear")}
    | {"os.putenv", "os.unsetenv"}
)
_SETTINGS = "import pydantic_settings\nclass Settings(pydantic_settings.BaseSettings):\n    limit: int = 3\n"


class Environment(SourceRule):
    """A workflow reads the environment.

    Why: Environment variables differ between machines and deploys. A run that goes on elsewhere, or after a deploy,
    is replayed with the variables of then, and takes other branches than the recorded ones. What a module reads at
    import counts where the workflow reads it.

    Fix: Pass the value to the workflow as an argument, or read it in a step, whose result is recorded.

    Suppress: Where the variable is the same on every worker for as long as runs live, or where the value ends in a
    log.
    """

    code = "WFC105"
    kind = "environment"
    headline = "workflow reads the environment"
    label = "`{name}` may say something else on the next replay"
    bad = (
        flow_with("import os", "return os.environ['REGION']"),
        flow_with("import os", "return os.environ.get('REGION') or os.getenv('ZONE')"),
        flow_with("import os", "if 'REGION' in os.environ: return 1"),
        flow_with("from os import environ as env", "return dict(env), f'{env}'"),
        flow_with("import os", "settings = os.environ\n    return settings['REGION']"),
        flow_with("import os", "return [x for x in os.environ if x.startswith('FLAG_')]"),
        flow_with("import os\nREGION = os.environ['REGION']", "return REGION"),
        flow_with("import os\nclass Limits:\n    most = int(os.getenv('MOST', '3'))\n", "return Limits.most"),
        flow_with("import os\ndef region(): return os.environ['REGION']\nREGION = region()", "return REGION"),
        flow_with(
            "import os\nclass Shop:\n    def __init__(self): self.region, self.n = None, 1\n"
            "class Own(Shop):\n    def __init__(self): self.region = os.environ['REGION']\nSHOP = Own()",
            "return SHOP.region",
        ),
        flow_with("import os\ndef at(region=os.environ['REGION']): return region", "return at()"),
        flow_with(f"{_SETTINGS}settings = Settings()", "return settings.limit"),
        flow_with(_SETTINGS, "return Settings().limit"),
        "# file: config.py\nimport os\nREGION = os.environ.get('REGION', 'eu')\n# file: app.py"
        + flow_with("\nfrom config import REGION as where", "return where"),
    )
    good = (
        flow_with("", "return url"),
        step_with("import os", "return os.environ['REGION']"),
        step_with("import os\nREGION = os.environ['REGION']", "return REGION"),
        flow_with("import os\nREGION = os.environ['REGION']", "return 1"),
        flow_with(
            "import os\nclass Shop:\n    def __init__(self):\n        self.n = 1\n"
            "        self.region = os.environ['REGION']\nSHOP = Shop()",
            "return SHOP.n",
        ),
        flow_with("import os\nREGION = os.environ['REGION']\ndef f(x: 'REGION'): return x", "return f(url)"),
        flow_with("environ = {'REGION': 'eu'}", "return environ['REGION']"),
        flow_with("import os\nclass Limits:\n    most = 3\n    region = os.getenv('R')\n", "return Limits.most"),
        flow_with("import os", "return os.path.join(url, os.sep, os.linesep)"),
        flow_with(f"{_SETTINGS}settings = Settings()", "return isinstance(url, Settings)"),
        flow_with("class Settings:\n    limit = 3\nsettings = Settings()", "return settings.limit"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per line that reads, and per assignment at import that FLOW reads."""
        seen: set[tuple[str, int]] = set()
        for source in sources(context, self.kind):
            finding = self.report(context, _with_subscript(source), self.label)
            place = (finding.span.path, finding.span.line)
            if not _is_written(source) and place not in seen:
                seen.add(place)
                yield finding
        for source in import_time_sources(context, {self.kind}):
            finding = self.report(context, source, self.label)
            yield replace(finding, span=source.module.source.span(assignment_of(source)))

    def remedy(self, context: Context, source: Source) -> str:
        """Name the two ways for a value to be recorded."""
        return "pass it to the workflow as an argument, or read it in a step"


def _with_subscript(source: Source) -> Source:
    """Return `os.environ["X"]` for `os.environ`."""
    parent = source.reached.function.parents.get(source.node)
    whole = isinstance(parent, ast.Subscript) and parent.value is source.node
    return replace(source, node=parent) if whole and isinstance(parent, ast.expr) else source


def _is_written(source: Source) -> bool:
    """Say whether a variable is set, `os.environ["X"] = "1"` or `os.environ.pop("X")`, which is WFC110."""
    return is_stored(source) or (isinstance(source.node, ast.Call) and source.name in _SETTERS)


class Identity(SourceRule):
    """A workflow asks which process, machine or user it is.

    Why: A run goes on in whatever process takes it up, maybe on another machine: process ids, host names, folders,
    arguments and user names are others there, so that a replay takes other branches or calls its steps with other
    arguments than the recorded ones.

    Fix: Ask in a step; its result is recorded. A run has an identity of its own, `get_workflow_metadata().run_id`.

    Suppress: Where the value ends in a log or a metric, and no branch, argument or result depends on it.
    """

    code = "WFC106"
    kind = "identity"
    headline = "workflow asks for the identity of its process or host"
    label = "`{name}` gives another value on another worker"
    bad = (
        flow_with("import os", "return os.getpid()"),
        flow_with("import socket", "return socket.gethostname()"),
        flow_with("import platform", "return platform.node()"),
        flow_with("from pathlib import Path", "return str(Path.cwd() / url), Path.home()"),
        flow_with("from pathlib import Path", "return str(Path('~/x').expanduser())"),
        flow_with("import os.path", "return os.path.expanduser('~')"),
        flow_with("import sys", "return sys.argv[1:]"),
        flow_with("import getpass", "return getpass.getuser()"),
        flow_with("import threading", "return threading.get_ident()"),
        flow_with("import os\nwho = os.getpid", "return who()"),
        flow_with(
            "import os\nfrom dataclasses import dataclass, field\n@dataclass\nclass Order:\n"
            "    by: int = field(default_factory=os.getpid)\n",
            "return Order()",
        ),
        flow_with("import os\ndef where(): return os.getcwd()", "return where()"),
    )
    good = (
        step_with("import os", "return os.getpid()"),
        flow_with("", "return workflow.get_workflow_metadata().run_id"),
        flow_with("import sys", "return sys.version_info >= (3, 11), sys.platform, sys.maxsize"),
        flow_with("import os", "return os.path.basename(url), os.name"),
        flow_with("from pathlib import PurePath", "return PurePath(url).suffix"),
        flow_with("from pathlib import Path\nROOT = Path('/srv')", "return str(ROOT / url)"),
        flow_with("import logging\nlog = logging.getLogger(__name__)", "log.info('%s', url)"),
    )

    def remedy(self, context: Context, source: Source) -> str:
        """Name what a run has of its own."""
        metadata = context.spell(source.reached, "get_workflow_metadata")
        return f"ask in a step, or use the run's own identity: `{metadata}().run_id`"


class HostTime(Rule):
    """A workflow depends on the timezone or locale of its host.

    Why: Another machine may have another zone or locale, so that a replay there gets other values than the recorded
    ones. A datetime without a zone that is asked for its `timestamp()`, or turned into another zone, is taken for one
    in the host's zone. Where the compiler can, it makes local time UTC, on every host (`time.localtime(x)`,
    `datetime.fromtimestamp(x)`); that is worth a remark, since the same code gives something else outside of a
    workflow, and an error with `strict = true`.

    Fix: Name the zone: `datetime.fromtimestamp(x, UTC)`, `.astimezone(ZoneInfo("Europe/Paris"))`, `workflow.now()`.
    Format with directives that are the same everywhere, such as `%Y-%m-%d`, or in a step.

    Suppress: Where all workers have the same zone and locale, or where the text ends in a log.
    """

    code = "WFC107"
    kind = "timezone"
    bad = (
        flow_with("", "return workflow.now().astimezone().isoformat()"),
        flow_with("from datetime import datetime", "return datetime.fromtimestamp(len(url))"),
        flow_with("from datetime import date", "return date.fromtimestamp(len(url))"),
        flow_with("from datetime import datetime", "return datetime.now().timestamp()"),
        flow_with("from datetime import datetime, UTC", "return datetime.utcnow().astimezone(UTC)"),
        flow_with("from datetime import datetime", "at = datetime(2030, 1, 1)\n    return at.timestamp()"),
        flow_with(
            "from datetime import datetime", "return datetime.strptime(url, '%Y-%m-%d').replace(hour=3).timestamp()"
        ),
        flow_with("import time", "return time.mktime(time.gmtime(0))"),
        flow_with("import time", "return time.localtime(len(url)).tm_hour"),
        flow_with("import locale", "return locale.currency(3)"),
        flow_with("from zoneinfo import ZoneInfo", "return workflow.now(), ZoneInfo('localtime').key"),
        flow_with("from datetime import datetime", "return datetime.fromisoformat('2030-01-01').timestamp()"),
        flow_with("", "return format(workflow.now(), '%c')"),
        flow_with("", "return workflow.now().strftime('%A, %d %B')"),
        flow_with("", "return f'{workflow.now():%x %X}'"),
        flow_with("import time", "return time.strftime('%c', time.gmtime(0))"),
        flow_with("from datetime import datetime\nSTART = datetime.fromtimestamp(0)", "return START"),
    )
    good = (
        flow_with("from datetime import UTC", "return workflow.now().astimezone(UTC).isoformat()"),
        flow_with("from datetime import datetime, UTC", "return datetime.fromtimestamp(len(url), UTC)"),
        flow_with("from datetime import datetime, UTC", "return datetime.fromtimestamp(len(url), tz=UTC)"),
        flow_with("from datetime import datetime, UTC", "return datetime.now(UTC).timestamp()"),
        flow_with("from datetime import datetime, UTC", "return datetime(2030, 1, 1, tzinfo=UTC).timestamp()"),
        flow_with("from datetime import datetime, UTC", "return datetime.now().replace(tzinfo=UTC).timestamp()"),
        flow_with("from datetime import datetime", "return datetime.fromisoformat(url).timestamp()"),
        flow_with("from datetime import datetime", "return datetime.fromisoformat('2030-01-01T00:00Z').timestamp()"),
        flow_with("from datetime import datetime", "return datetime.strptime(url, '%Y %z').timestamp()"),
        flow_with("from datetime import datetime", "return datetime(2030, 1, 1).strftime('%Y-%m-%dT%H:%M%%p')"),
        flow_with("", "return f'{workflow.now():%Y-%m-%d} {len(url):.1%}'"),
        flow_with("from zoneinfo import ZoneInfo", "return workflow.now().astimezone(ZoneInfo('Europe/Paris'))"),
        flow_with("import time", "return time.gmtime(0).tm_year, time.strftime('%Y', time.gmtime(0))"),
        flow_with("import locale", "return isinstance(url, locale.Error) or locale.LC_ALL"),
        flow_with("class Stamp:\n    def astimezone(self): return 1\n", "return Stamp().astimezone()"),
        flow_with("class Event:\n    def timestamp(self): return 1\n", "return Event().timestamp()"),
        step_with("import time", "return time.localtime()"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per place that asks for local time or for the locale's words."""
        for found in local_times(context):
            yield self._report(context, found)

    def _report(self, context: Context, found: LocalTime) -> Diagnostic:
        source = found.source
        place = assignment_of(source) if source.at_import else source.node
        return Diagnostic(
            self.code,
            "workflow uses local time" if found.rewritten else f"workflow depends on the host's {found.what}",
            source.module.source.span(place),
            label=found.label,
            help=found.remedy,
            workflow=source.reached.root,
            chain=source.reached.chain,
            severity=_severity_of_rewrites(context) if found.rewritten else Severity.WARNING,
        )


def _severity_of_rewrites(context: Context) -> Severity:
    return Severity.ERROR if context.program.project.config.strict else Severity.INFO


HOST_RULES: tuple[type[Rule], ...] = (Environment, Identity, HostTime)
