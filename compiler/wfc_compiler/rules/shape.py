"""Rules whose findings fall out of reading and discovery: what they mean, and examples (0xx, 318).

The findings are made by `project` and `discover`; `sdk_names` looks for misspelt names itself.
"""

from __future__ import annotations

from .base import Rule

_START = "from vercel import workflow\nwf = workflow.Workflows()\n\n"


class NestedDefinition(Rule):
    """A step, workflow or hook is defined inside a function or class.

    Why: Each step and workflow becomes a route of its own, which finds it by module and name. What exists only
    after a function has run can't be found, and what it takes from around it would be gone.

    Fix: Move it to module level, and pass as arguments what it takes from around it.
    """

    code = "WFC001"
    bad = (
        _START + "def make():\n    @wf.step\n    async def charge(): ...\n",
        _START + "class Shop:\n    @wf.step\n    @staticmethod\n    async def charge(): ...\n",
    )
    good = (_START + "@wf.step\nasync def charge(): ...\n",)


class SyncWorkflow(Rule):
    """A workflow is not `async def`.

    Why: A workflow waits for its steps, sleeps and hooks with `await`, which only an `async def` has. Steps may be
    plain `def`.

    Fix: Write `async def`; `wfc check --fix` does it.
    """

    code = "WFC002"
    bad = (_START + "@wf.workflow\ndef order(): ...\n",)
    good = (_START + "@wf.workflow\nasync def order(): ...\n\n@wf.step\ndef charge(): ...\n",)


class GeneratorDefinition(Rule):
    """A step or workflow is a generator.

    Why: Calling it gives a generator, which can't be recorded as a result: the body would not even have begun.

    Fix: Return a list, or await one step per item from the workflow.
    """

    code = "WFC003"
    bad = (
        _START + "@wf.step\nasync def rows():\n    yield 1\n",
        _START + "@wf.step\ndef rows():\n    yield from [1]\n",
    )
    good = (_START + "@wf.step\ndef rows():\n    return [i for i in (lambda: (yield))()]\n",)


class NotAFunction(Rule):
    """A method, property, lambda, partial or class is registered as step or workflow.

    Why: A route imports its function by module and name. A lambda or partial has none, and a method's instance
    would not exist in the step's route.

    Fix: Write a function at module level with the decorator above it, and pass as arguments what the method needs.
    """

    code = "WFC004"
    bad = (
        _START + "class Shop:\n    @wf.step\n    async def charge(self): ...\n",
        _START + "charge = wf.step(lambda: 1)\n",
        _START + "step = wf.step\n\ndef charge(): ...\n\nwork = step(charge)\n",
        "# file: reg.py\n" + _START + "durable = wf.step\n# file: app.py\nfrom reg import durable as d\n\n"
        "def charge(): ...\n\nwork = d(charge)\n\n@d\ndef refund(): ...\n",
        _START + "@wf.step\nclass Charge: ...\n",
    )
    good = (
        _START + "@wf.step\nasync def charge(shop: str): ...\n",
        _START + "step = wf.step\nslow = step(timeout='1h')\n\n@slow\ndef charge(): ...\n\n@step()\ndef f(): ...\n",
        _START + "def step(f): return f\n\nwork = step(len)\n",
    )


class DuplicateId(Rule):
    """Two steps or workflows of one module share a name, and so an id.

    Why: The id is what recorded runs refer to; with two of them, one body would be taken for the other.

    Fix: Rename one of them.
    """

    code = "WFC005"
    bad = (_START + "@wf.step\ndef charge(): ...\n\n@wf.step\ndef charge(): ...\n",)
    good = (_START + "@wf.step\ndef charge(): ...\n\n@wf.step\ndef refund(): ...\n",)


class DecoratorArgument(Rule):
    """A decorator argument is not a build-time literal, or out of range.

    Why: Options are part of the build: they are read from the source and never evaluated, so that the manifest says
    the same on every machine.

    Fix: Write literals, or constants of a module. `max_retries` is a whole number from 0 (3 means up to four
    attempts); `timeout` takes what `sleep` takes; `retry` takes `Retry(initial=, factor=, max=, jitter=)`. The
    `namespace` of `Workflows()` has lower case letters and digits, a letter first.
    """

    code = "WFC007"
    bad = (
        _START + "@wf.step(max_retries=-1)\ndef charge(): ...\n",
        _START + "@wf.step(max_retries='x')\ndef charge(): ...\n",
        _START + "@wf.step(max_retries=True)\ndef charge(): ...\n",
        _START + "@wf.step(timeout='3 months')\ndef charge(): ...\n",
        _START + "import os\n@wf.step(timeout=os.environ['T'])\ndef charge(): ...\n",
        _START + "@wf.step(max_retry=1)\ndef charge(): ...\n",
        _START + "@wf.step(cancellable=True)\ndef charge(): ...\n",
        _START + "@wf.step(cancellable=1)\nasync def charge(): ...\n",
        _START + "@wf.step(retry=3)\ndef charge(): ...\n",
        "import wfc\nwf = wfc.Workflows(namespace='Billing-EU')\n",
        "import wfc\nwf = wfc.Workflows(namespace='')\n",
    )
    good = (
        _START + "LIMIT = 2 * 60\n@wf.step(max_retries=0, timeout=LIMIT)\ndef charge(): ...\n",
        _START + "@wf.step(timeout='30s', retry=workflow.Retry(initial='1s', factor=2))\ndef f(): ...\n",
        _START + "@wf.step()\ndef charge(): ...\n",
        _START + "@wf.step(cancellable=True)\nasync def charge(): ...\n",
        _START + "@wf.step(cancellable=False)\ndef charge(): ...\n",
        "import wfc\nwf = wfc.Workflows(namespace='billing2')\n",
    )


class UnknownRegistry(Rule):
    """What stands before `.step` or `.workflow` can't be resolved to a `Workflows()`.

    Why: Nothing is imported to find out, so a function whose registry is not known would silently be no step at
    all. Decorators of other libraries that happen to be called `step` are left alone.

    Fix: Make the registry at module level (or in a class) by `wf = workflow.Workflows()`, by a `functools.partial`
    of it or by a function that only returns one, and import it from there under any name.
    """

    code = "WFC008"
    bad = (
        "from vercel import workflow\n\n@workflow.step\ndef charge(): ...\n",
        _START + "@wg.step\ndef charge(): ...\n",
        "import wfc\n\nwfs = {'mail': wfc.Workflows()}\n\n@wfs['mail'].step\ndef f(): ...\n",
    )
    good = (
        _START + "wg = wf\n\n@wg.step\ndef charge(): ...\n",
        _START + "step = wf.step\n\n@step\ndef charge(): ...\n",
        "import wfc\n\ndef make():\n    return wfc.Workflows()\n\nwf = make()\n\n@wf.step\ndef f(): ...\n",
        "import metaflow\n\n@metaflow.step\ndef charge(): ...\n",
        "class Steps:\n    def step(self, f): return f\n\ns = Steps()\n\n@s.step\ndef charge(): ...\n",
    )


class TwoRegistrations(Rule):
    """One function is registered twice: as step and workflow, or in two registries.

    Why: One function has one id and one route; which of the two a recorded run means could not be told.

    Fix: Keep one of the decorators. Where both are needed, write a workflow that awaits the step.
    """

    code = "WFC009"
    bad = (_START + "@wf.step\n@wf.workflow\nasync def charge(): ...\n",)
    good = (_START + "@wf.step\nasync def charge(): ...\n",)


class ConditionalDefinition(Rule):
    """A step or workflow is defined conditionally.

    Why: Whether it exists is only known when the module runs, and may differ between the machine that builds and
    the one that works. A test of `sys.version_info` that holds for the target Python is fine.

    Fix: Define it without a condition, and branch inside it.
    """

    code = "WFC011"
    bad = (_START + "import os\nif os.name:\n    @wf.step\n    def charge(): ...\n",)
    good = (_START + "import sys\nif sys.version_info >= (3, 8):\n    @wf.step\n    def f(): ...\n",)


class UnreachedDefinition(Rule):
    """A module defines a step, workflow or hook, and no entrypoint reaches it, or no import can.

    Why: The build holds what the entrypoints reach by import. Whatever else is defined is in no route, and no run
    can use it. A file below `my-flows/` or `2024/` can't be imported at all, since these are no names.

    Fix: Import the module from one that is reached, add it to the entrypoints, or list it under `exclude` in
    `[tool.wfc]`. Rename a folder or file that can't be imported.

    Suppress: Where the definitions are meant for another project or for tests; `exclude` says that for whole
    folders.
    """

    code = "WFC013"
    bad = (
        "# file: pyproject.toml\n[tool.wfc]\nentrypoints = ['app:wf']\n# file: app.py\n"
        + _START
        + "# file: other.py\nfrom app import wf\n\n@wf.step\ndef charge(): ...\n",
        "# file: my-flows/app.py\n" + _START + "@wf.step\ndef charge(): ...\n\n@wf.step\ndef refund(): ...\n",
    )
    good = (
        "# file: pyproject.toml\n[tool.wfc]\nentrypoints = ['app:wf', 'other.py']\n# file: app.py\n"
        + _START
        + "# file: other.py\nfrom app import wf\n\n@wf.step\ndef charge(): ...\n",
        "# file: my_flows/app.py\n" + _START + "@wf.step\ndef charge(): ...\n",
        "# file: my-flows/pyproject.toml\n# file: my-flows/app.py\n" + _START + "@wf.step\ndef charge(): ...\n",
    )


class BrokenSyntax(Rule):
    """A file can't be read or parsed.

    Why: Nothing else in the file is checked, and no route can hold it; findings in other files are shown all the
    same. The message and the place are CPython's own.

    Fix: Correct the syntax at the place that is shown; where the file itself can't be read, make it readable or
    list it under `exclude` in `[tool.wfc]`.
    """

    code = "WFC014"
    bad = (
        _START + "def broken(:\n",
        _START + "@wf.step\ndef f():\n    x = 1\n    global x\n",
        "import wfc\nx = 'unclosed\n",
    )
    good = (_START + "print('fine')\n",)


class BadEntrypoint(Rule):
    """An entrypoint in the configuration doesn't exist, or holds no registry.

    Why: The search for workflows starts at the entrypoints; from one that leads nowhere nothing is built.

    Fix: Write `module:attribute`, `module` or `path/to/file.py`, of a module that lies below a source root.
    """

    code = "WFC017"
    bad = (
        "# file: pyproject.toml\n[tool.wfc]\nentrypoints = ['ap:wf']\n# file: app.py\n" + _START,
        "# file: pyproject.toml\n[tool.wfc]\nentrypoints = ['app:wg']\n# file: app.py\n" + _START,
        "# file: pyproject.toml\n[tool.wfc]\nentrypoints = ['app.py']\n# file: app.py\nx = 1\n",
    )
    good = ("# file: pyproject.toml\n[tool.wfc]\nentrypoints = ['app:wf']\n# file: app.py\n" + _START,)


class UnusableName(Rule):
    """The name of a step or workflow is reserved by Python, or its id is too long.

    Why: A route has a folder of that name, and stores index runs by the id. A function called `__name__` or
    `__getattr__` would change what Python itself does with the module.

    Fix: Choose another name. Names have at most 200 bytes in UTF-8, ids (`step//module//name`) at most 1,000.
    """

    code = "WFC018"
    bad = (
        _START + "@wf.step\ndef __getattr__(name: str): ...\n",
        _START + f"@wf.step\ndef {'charge_' * 29}(): ...\n",
        _START + f"@wf.step\ndef {'größe' * 29}(): ...\n",
        "# file: wf.py\nimport wfc\nwf = wfc.Workflows()\n"
        + "".join(f"# file: {'/'.join(['folder' * 8] * depth)}/__init__.py\n" for depth in range(1, 21))
        + f"# file: {'/'.join(['folder' * 8] * 20)}/flow.py\nfrom wf import wf\n\n"
        + "@wf.workflow\nasync def order(): ...\n",
    )
    good = (
        _START + "@wf.step\ndef __charge__(): ...\n",
        _START + f"@wf.step\ndef {'charge_' * 28}(): ...\n",
        _START + "@wf.step\ndef größe(): ...\n",
    )


class BadConfig(Rule):
    """The configuration has an unknown key, a value of the wrong type, or can't be read.

    Why: A setting that is silently left out is worse than none: a build with the wrong one looks right until it
    runs.

    Fix: Correct the line; the help says which keys there are, and what the value has to be.
    """

    code = "WFC020"
    bad = (
        "# file: pyproject.toml\n[tool.wfc]\nentrypoint = ['app:wf']\n# file: app.py\n" + _START,
        "# file: pyproject.toml\n[tool.wfc]\nstrict = 'yes'\n# file: app.py\n" + _START,
        "# file: pyproject.toml\n[tool.wfc\n# file: app.py\n" + _START,
        "# file: vercel.json\n{,}\n# file: app.py\n" + _START,
    )
    good = ("# file: pyproject.toml\n[tool.wfc]\nstrict = false\n# file: app.py\n" + _START,)


class TopicsMismatch(Rule):
    """The topics of a worker service in vercel.json don't carry workflow messages.

    Why: Workflows and steps are told what to do through topics that start with `__wkf_`. A worker that doesn't
    listen to them never does anything.

    Fix: Write `"topics": ["__wkf_*"]` in the service.

    Suppress: Where the service is fed in another way; by `ignore` in `[tool.wfc]`, since JSON has no comments.
    """

    code = "WFC021"
    bad = (
        '# file: vercel.json\n{"experimentalServices": {"a": {"type": "worker", "entrypoint": "app.py",'
        ' "topics": ["mail"]}}}\n# file: app.py\n' + _START,
    )
    good = (
        '# file: vercel.json\n{"experimentalServices": {"a": {"type": "worker", "entrypoint": "app.py",'
        ' "topics": ["__wkf_*"]}}}\n# file: app.py\n' + _START,
    )


class HookClass(Rule):
    """A hook class is neither a pydantic model nor a dataclass.

    Why: A payload that arrives is checked against the class before anything is recorded, and there is nothing to
    check it against.

    Fix: Derive it from `pydantic.BaseModel` as well, or put `@dataclass` above it.

    Suppress: Where a base class that can't be seen here makes it a model.
    """

    code = "WFC318"
    bad = (_START + "class Answer(workflow.BaseHook):\n    yes: bool\n",)
    good = (
        _START + "import pydantic\nclass Answer(pydantic.BaseModel, workflow.BaseHook):\n    yes: bool\n",
        _START + "from dataclasses import dataclass\n@dataclass\nclass Answer(workflow.BaseHook):\n    yes: bool\n",
    )


SHAPE_RULES: tuple[type[Rule], ...] = (
    NestedDefinition,
    SyncWorkflow,
    GeneratorDefinition,
    NotAFunction,
    DuplicateId,
    DecoratorArgument,
    UnknownRegistry,
    TwoRegistrations,
    ConditionalDefinition,
    UnreachedDefinition,
    BrokenSyntax,
    BadEntrypoint,
    UnusableName,
    BadConfig,
    TopicsMismatch,
    HookClass,
)
