"""What slicing and `wfc build --verify` find: what it means, and examples (311, 403, 5xx).

The findings themselves are made by `slice.findings` and `emit.verify`, which come after the rules; the
classes here only explain them.
"""

from __future__ import annotations

from .base import Rule
from .scaffold import in_flow

_START = "from vercel import workflow\nwf = workflow.Workflows()\n\n"
_STEP = "@wf.step\ndef work():\n    "


class UnmatchedException(Rule):
    """An `except` clause hides `FatalError`, so it would not catch what a step raises.

    Whatever a step raises may arrive as a `FatalError`, when its attempts are used up, or as itself. The
    compiler makes an `except FatalError` of a workflow match both, and for that has to see the name in
    the clause.
    """

    code = "WFC311"
    bad = (
        in_flow("try:\n        await charge()\n    except* workflow.FatalError:\n        pass"),
        in_flow("try:\n        await charge()\n    except ERRORS:\n        return")
        + "\nERRORS = (workflow.FatalError, ValueError)\n",
    )
    good = (in_flow("try:\n        await charge()\n    except (workflow.FatalError, ValueError):\n        return"),)


class TypeCheckingImport(Rule):
    """An annotation of a step or workflow is imported for type checkers only.

    The runtime reads annotations to check and decode arguments and results, so it needs the class. Import
    it outside `if TYPE_CHECKING:`.
    """

    code = "WFC403"
    bad = (
        "from typing import TYPE_CHECKING\n"
        + _START
        + "if TYPE_CHECKING:\n    from decimal import Decimal\n\n"
        + "@wf.step\ndef charge(amount: 'Decimal'): ...\n",
    )
    good = ("from decimal import Decimal\n" + _START + "@wf.step\ndef charge(amount: 'Decimal'): ...\n",)


class UnknownEffect(Rule):
    """A statement at module level is kept in every route that holds its module.

    What it does can't be told from the source, so a route might miss it. Move it into the function that
    needs it; `slice = "minimal"` in `[tool.wfc]` leaves such statements out.
    """

    code = "WFC503"
    bad = ("import sentry_sdk\n" + _START + "sentry_sdk.init('dsn')\n\n" + _STEP + "return 1\n",)
    good = ("import sentry_sdk\n" + _START + _STEP + "sentry_sdk.init('dsn')\n",)


class ImportCycle(Rule):
    """Modules import each other in a circle, and a route enters it where a name is not there yet.

    Each route starts at the module of its step or workflow, so a circle that works in one order may not
    work in all. Import the module instead of the name, or import inside the function that needs it.
    """

    code = "WFC507"
    bad = (
        "# file: app/__init__.py\n# file: app/registry.py\n"
        + _START
        + "# file: app/a.py\nfrom app.b import late\nfrom app.registry import wf\n"
        + "def early(): return 1\n@wf.step\ndef work(): return late()\n"
        + "# file: app/b.py\nfrom app.a import early\nFIRST = early()\ndef late(): return FIRST\n",
    )
    good = (
        "# file: app/__init__.py\n# file: app/registry.py\n"
        + _START
        + "# file: app/a.py\nfrom app.b import late\nfrom app.registry import wf\n"
        + "def early(): return 1\n@wf.step\ndef work(): return late()\n"
        + "# file: app/b.py\ndef late():\n    from app.a import early\n    return early()\n",
    )


class DataFile(Rule):
    """A step reads a file that lies outside its module's package.

    A route holds the files beside its modules; what lies elsewhere has to be named by `include` in
    `[tool.wfc]`.
    """

    code = "WFC509"
    bad = (
        "# file: app/__init__.py\n# file: app/steps.py\nfrom pathlib import Path\n"
        + _START
        + _STEP
        + "return (Path(__file__).parent.parent / 'prices.json').read_text()\n",
    )
    good = (
        "# file: app/__init__.py\n# file: app/steps.py\nfrom pathlib import Path\n"
        + _START
        + _STEP
        + "return (Path(__file__).parent / 'prices.json').read_text()\n",
    )


class WholeModule(Rule):
    """A module is kept whole in a route, with all that it imports.

    The reason is in the message: the module itself is used as a value, or imported by name. Where its
    names are used one by one, the route holds only those.
    """

    code = "WFC512"
    bad = ("# file: prices.py\nLIMIT = 3\n# file: app.py\nimport prices\n" + _START + _STEP + "return vars(prices)\n",)
    good = ("# file: prices.py\nLIMIT = 3\n# file: app.py\nimport prices\n" + _START + _STEP + "return prices.LIMIT\n",)


class RunTimeName(Rule):
    """Code of the project is imported by an absolute name that is made at run time.

    A route is a package of its own; `import_module(f"plugins.{name}")` would lead out of it, into another
    copy of the module. Import the modules plainly and choose among them, or use a relative name.
    """

    code = "WFC521"
    bad = (
        "# file: plugins/__init__.py\n# file: plugins/pdf.py\nX = 1\n# file: app.py\nimport importlib\n"
        + _START
        + "@wf.step\ndef work(name: str):\n    return importlib.import_module(f'plugins.{name}').X\n",
    )
    good = (
        "# file: plugins/__init__.py\n# file: plugins/pdf.py\nX = 1\n# file: app.py\nfrom plugins import pdf\n"
        + _START
        + "@wf.step\ndef work(name: str):\n    return {'pdf': pdf.X}[name]\n",
    )


class UnimportableRoute(Rule):
    """A route can't be imported: its module-level code raises.

    Only `wfc build --verify` finds it, since only that executes code of the project. The message has the
    exception, the place is the user's line; other routes are not affected. Make the import work where the
    worker runs: install what is missing, set the environment that is read.
    """

    code = "WFC520"


ISOLATION_RULES: tuple[type[Rule], ...] = (
    UnmatchedException,
    TypeCheckingImport,
    UnknownEffect,
    ImportCycle,
    DataFile,
    WholeModule,
    RunTimeName,
    UnimportableRoute,
)
