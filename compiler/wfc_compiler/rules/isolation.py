"""What slicing and `wfc build --verify` find: what it means, and examples (311, 403, 5xx).

The findings themselves are made by `slice.findings` and `emit.verify`, which come after the rules, WFC501 by
`discover.registrations`, WFC511 by `imports`; the classes here only explain them.
"""

from __future__ import annotations

from .base import Rule
from .scaffold import in_flow

_START = "from vercel import workflow\nwf = workflow.Workflows()\n\n"
_STEP = "@wf.step\ndef work():\n    "


class UnmatchedException(Rule):
    """An `except` clause hides `FatalError`, so it would not catch what a step raises.

    Why: Whatever a step raises may arrive as a `FatalError`, when its attempts are used up, or as itself. The
    compiler makes an `except FatalError` of a workflow match both, and for that has to see the name in the clause.

    Fix: Name `FatalError` in the `except` clause itself; catch a group with `except ExceptionGroup` and look at its
    `exceptions`.

    Suppress: Where only a `FatalError` that this workflow raises itself is meant.
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

    Why: The runtime reads annotations to check and decode arguments and results, so it needs the class when the
    route is loaded.

    Fix: Import it outside `if TYPE_CHECKING:`.

    Suppress: Where the function is never called with a value of that type in a run, only from tests or scripts.
    """

    code = "WFC403"
    bad = (
        "from typing import TYPE_CHECKING\n"
        + _START
        + "if TYPE_CHECKING:\n    from decimal import Decimal\n\n"
        + "@wf.step\ndef charge(amount: 'Decimal'): ...\n",
    )
    good = ("from decimal import Decimal\n" + _START + "@wf.step\ndef charge(amount: 'Decimal'): ...\n",)


class OpenStarImport(Rule):
    """A star import can't be expanded, and only it can bring a name that finds steps and workflows.

    Why: Nothing is executed to compile it, so names that a module makes at run time (`globals().update(...)`, `exec`)
    are not known. Without its registry a step or workflow would be missing from the build.

    Fix: Make the registry by a plain assignment, `wf = workflow.Workflows()`, and import it by its name.
    """

    code = "WFC501"
    bad = (
        "# file: shop/registry.py\nimport wfc\n\nglobals().update(wf=wfc.Workflows())\n"
        "# file: shop/app.py\nfrom shop.registry import *\n\n@wf.step\ndef charge(): ...\n",
        "# file: pyproject.toml\n[tool.wfc]\nentrypoints = ['shop/app.py']\n"
        "# file: shop/registry.py\n" + _START + "exec('step = wf.step')\n"
        "# file: shop/app.py\nfrom shop.registry import *\n\n@step\ndef charge(): ...\n",
        "# file: shop/names.py\nglobals()['wf'] = None\n# file: shop/registry.py\n" + _START + "# file: shop/app.py\n"
        "from shop.registry import wf\nfrom shop.names import *\n\n@wf.step\ndef charge(): ...\n",
    )
    good = (
        "# file: shop/registry.py\n" + _START + "__all__ = [name for name in globals() if name.islower()]\n"
        "# file: shop/app.py\nfrom shop.registry import *\n\n@wf.step\ndef charge(): ...\n",
        "# file: shop/names.py\nglobals().update(a=1)\n# file: shop/registry.py\n" + _START + "# file: shop/app.py\n"
        "from shop.names import *\nfrom shop.registry import wf\n\n@wf.step\ndef charge(): return a\n",
        "# file: shop/registry.py\n" + _START + "# file: shop/app.py\nfrom shop.registry import wf\n"
        "from numpy import *\nfrom math import *\n\n@wf.step\ndef charge(): return sqrt(4)\n",
        "from wfc import *\n\nwf = Workflows()\n\n@wf.step\ndef charge(): ...\n",
        "from metaflow import *\n\n@step\ndef charge(): ...\n",
    )


class UnknownEffect(Rule):
    """A statement at module level is kept in every route that holds its module.

    Why: What it does can't be told from the source, so a route without it might miss something; with it, the route
    carries what it imports.

    Fix: Move it into the function that needs it; `slice = "minimal"` in `[tool.wfc]` leaves such statements out.

    Suppress: Where the statement belongs in every route.
    """

    code = "WFC503"
    bad = ("import sentry_sdk\n" + _START + "sentry_sdk.init('dsn')\n\n" + _STEP + "return 1\n",)
    good = ("import sentry_sdk\n" + _START + _STEP + "sentry_sdk.init('dsn')\n",)


class PatchedLibrary(Rule):
    """A function or class of a library is replaced when a module is imported.

    Why: Libraries are shared by all routes of a worker. A route that holds the statement replaces the function for
    the others, too, from the moment it is loaded; a route that doesn't hold it gets what the order of loading
    gives.

    Fix: Wrap the function and call the wrapper.

    Suppress: Where all routes may see the replacement, and none depends on it.
    """

    code = "WFC505"
    bad = (
        "import requests\n" + _START + "def get(url): return None\nrequests.get = get\n\n" + _STEP
        + "return requests.get('x').text\n",
        "import functools, requests\n" + _START + "if True:\n    requests.get = functools.cache(requests.get)\n\n"
        + _STEP + "return requests.get('x').text\n",
        "import requests\n" + _START + "def get(url): return None\n\ndef patch():\n"
        "    setattr(requests, 'get', get)\n\npatch()\n\n" + _STEP + "return requests.get('x').text\n",
    )  # fmt: skip
    good = (
        "import requests\n" + _START + "def get(url): return requests.get(url, timeout=3)\n\n" + _STEP
        + "return get('x')\n",
        "import stripe\n" + _START + "stripe.api_key = 'test'\n\n" + _STEP + "return stripe.Charge.list()\n",
    )  # fmt: skip


class ImportCycle(Rule):
    """Modules import each other in a circle, and a route enters it where a name is not there yet.

    Why: Each route starts at the module of its step or workflow, so a circle that works in one order may not work
    in all.

    Fix: Import the module instead of the name, or import inside the function that needs it.
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

    Why: A route holds the files beside its modules and no others, so the file would not be there.

    Fix: Name the file by `include` in `[tool.wfc]`, or move it into the package.

    Suppress: Where the file is on the machine that runs the step, whatever the build holds.
    """

    code = "WFC509"
    bad = (
        "# file: app/__init__.py\n# file: app/steps.py\nfrom pathlib import Path\n"
        + _START
        + _STEP
        + "return (Path(__file__).parent.parent / 'prices.json').read_text()\n",
        "# file: app/__init__.py\n# file: app/steps.py\nimport os\n"
        + _START
        + _STEP
        + "return open(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'prices.json')).read()\n",
    )
    good = (
        "# file: app/__init__.py\n# file: app/steps.py\nfrom pathlib import Path\n"
        + _START
        + _STEP
        + "return (Path(__file__).parent / 'prices.json').read_text()\n",
        "# file: app/__init__.py\n# file: app/steps.py\nimport sys\nfrom pathlib import Path\n"
        + _START
        + _STEP
        + "sys.path.append(str(Path(__file__).parent.parent))\n    name = Path(__file__).parent.parent.name\n"
        + "    return (Path(__file__).parents[1] / 'app' / 'prices.json').read_text() + name\n",
        "# file: app/__init__.py\n# file: data/__init__.py\n# file: data/prices.json\n{}\n"
        + "# file: app/steps.py\nfrom importlib.resources import files\n"
        + _START
        + _STEP
        + "return files('data').joinpath('prices.json').read_text()\n",
    )


class LeavesSourceRoot(Rule):
    """A relative import leaves the source root.

    Why: The dots lead above the outermost package, so Python refuses the import: the first route that holds it fails.

    Fix: Write the absolute name of the module. Where the folder above is meant to be a package, set `src` in
    `[tool.wfc]` to the folder that holds it.
    """

    code = "WFC511"
    bad = (
        "# file: shop/app.py\nfrom ..prices import rate\nimport wfc\nwf = wfc.Workflows()\n# file: prices.py\n"
        "def rate(): ...\n",
        "from . import prices\n" + _START + "# file: prices.py\ndef rate(): ...\n",
    )
    good = (
        "# file: shop/app.py\nfrom .prices import rate\nimport wfc\nwf = wfc.Workflows()\n# file: shop/prices.py\n"
        "def rate(): ...\n",
        "# file: shop/flows/app.py\nfrom ..prices import rate\nimport wfc\nwf = wfc.Workflows()\n"
        "# file: shop/prices.py\ndef rate(): ...\n",
        "try:\n    from .. import fast\nexcept ImportError:\n    fast = None\n" + _START,
    )


class WholeModule(Rule):
    """A module is kept whole in a route, with all that it imports.

    Why: The module itself is used as a value, or imported by a name that is made at run time (the message says
    which), so any of its names may be needed.

    Fix: Use its names one by one, `from module import name`; then a route holds only those.

    Suppress: Where the module is small, or all of it is used.
    """

    code = "WFC512"
    bad = ("# file: prices.py\nLIMIT = 3\n# file: app.py\nimport prices\n" + _START + _STEP + "return vars(prices)\n",)
    good = ("# file: prices.py\nLIMIT = 3\n# file: app.py\nimport prices\n" + _START + _STEP + "return prices.LIMIT\n",)


class RegisteredElsewhere(Rule):
    """A decorator enters a step or workflow into something else: a web application, a table of handlers.

    Why: Each route has its own copy of what the step reaches, the table included. So whoever serves the
    application, or reads the table outside the route, runs another copy than the step's.

    Fix: Decorate a function that calls the step.

    Suppress: Where only the host process reads the table, and calls the step as a plain function.
    """

    code = "WFC514"
    bad = (
        _START + "HANDLERS = []\n\ndef handler(function):\n    HANDLERS.append(function)\n    return function\n\n"
        + "@handler\n@wf.step\ndef work(): return len(HANDLERS)\n\n@handler\n@wf.step\ndef other(): ...\n",
    )  # fmt: skip
    good = (
        _START + "HANDLERS = []\n\n@wf.step\ndef work(): return 1\n\n@HANDLERS.append\ndef handle(): return work()\n",
        "import functools\n" + _START + "@wf.step\n@functools.cache\ndef work(): return 1\n",
    )


class ImportForAnnotations(Rule):
    """A package that takes long to import is used by annotations alone.

    Why: Every route that holds the function imports it, and each worker pays for that when it starts.

    Fix: Import it under `if TYPE_CHECKING:`, with `from __future__ import annotations`; type checkers see it and
    routes stay light. Annotations of steps and workflows themselves are read at run time and have to stay.

    Suppress: Where something reads the annotations at run time, as a validation library does.
    """

    code = "WFC516"
    bad = (
        "import pandas\n"
        + _START
        + "def rows(frame: pandas.DataFrame): return len(frame)\n\n"
        + _STEP
        + "return rows([])\n",
    )
    good = (
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\n" + _START
        + "if TYPE_CHECKING:\n    import pandas\n\ndef rows(frame: pandas.DataFrame): return len(frame)\n\n" + _STEP
        + "return rows([])\n",
        "import pandas\n" + _START + "def rows(frame: pandas.DataFrame): return pandas.concat([frame])\n\n" + _STEP
        + "return len(rows([]))\n",
    )  # fmt: skip


class RunTimeName(Rule):
    """Code of the project is imported by an absolute name that is made at run time.

    Why: A route is a package of its own; `__import__(f"plugins.{name}")` would lead out of it, into another copy of
    the module. What the compiler sees it leads back (`import_module(f"plugins.{name}")` with nothing else); for
    `__import__`, or with a package given, it can't.

    Fix: Import the modules plainly and choose among them.
    """

    code = "WFC521"
    bad = (
        "# file: plugins/__init__.py\n# file: plugins/pdf.py\nX = 1\n# file: app.py\n"
        + _START
        + "@wf.step\ndef work(name: str):\n    return __import__(f'plugins.{name}', fromlist=['X']).X\n",
    )
    good = (
        "# file: plugins/__init__.py\n# file: plugins/pdf.py\nX = 1\n# file: app.py\nfrom plugins import pdf\n"
        + _START
        + "@wf.step\ndef work(name: str):\n    return {'pdf': pdf.X}[name]\n",
        "# file: plugins/__init__.py\n# file: plugins/pdf.py\nX = 1\n# file: app.py\nimport importlib\n"
        + _START
        + "@wf.step\ndef work(name: str):\n    return importlib.import_module(f'plugins.{name}').X\n",
    )


class UnimportableRoute(Rule):
    """A route can't be imported: its module-level code raises.

    Why: Only `wfc build --verify` finds it, since only that executes code of the project. The message has the
    exception, the place is the user's line; other routes are not affected.

    Fix: Make the import work where the worker runs: install what is missing, set the environment that is read.
    """

    code = "WFC520"


ISOLATION_RULES: tuple[type[Rule], ...] = (
    UnmatchedException,
    TypeCheckingImport,
    OpenStarImport,
    UnknownEffect,
    PatchedLibrary,
    ImportCycle,
    DataFile,
    LeavesSourceRoot,
    WholeModule,
    RegisteredElsewhere,
    ImportForAnnotations,
    RunTimeName,
    UnimportableRoute,
)
