"""Rules whose findings fall out of reading and discovery: what they mean, and examples (0xx, 318).

The findings are made by `project` and `discover`; only `UnknownAttribute` looks for something itself.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import get_close_matches

from ..binder import Module
from ..diagnostics import Diagnostic
from ..discover.registrations import unknown_attribute
from ..discover.sdk import NOT_YET, PUBLIC, REGISTRY_ATTRIBUTES, SUBMODULES
from .base import Context, Rule

_START = "from vercel import workflow\nwf = workflow.Workflows()\n\n"


class NestedDefinition(Rule):
    """A step, workflow or hook is defined inside a function or class.

    Each step and workflow becomes a route of its own, found by module and name; what exists only
    after a function has run can't be found. Move it to module level and pass as arguments what it
    takes from around it.
    """

    code = "WFC001"
    bad = (
        _START + "def make():\n    @wf.step\n    async def charge(): ...\n",
        _START + "class Shop:\n    @wf.step\n    @staticmethod\n    async def charge(): ...\n",
    )
    good = (_START + "@wf.step\nasync def charge(): ...\n",)


class SyncWorkflow(Rule):
    """A workflow is not `async def`.

    A workflow waits for its steps with `await`. Steps may be plain `def`.
    """

    code = "WFC002"
    bad = (_START + "@wf.workflow\ndef order(): ...\n",)
    good = (_START + "@wf.workflow\nasync def order(): ...\n\n@wf.step\ndef charge(): ...\n",)


class GeneratorDefinition(Rule):
    """A step or workflow is a generator.

    Its result would be a generator, which can't be recorded. Return a list, or await one step per
    item.
    """

    code = "WFC003"
    bad = (
        _START + "@wf.step\nasync def rows():\n    yield 1\n",
        _START + "@wf.step\ndef rows():\n    yield from [1]\n",
    )
    good = (_START + "@wf.step\ndef rows():\n    return [i for i in (lambda: (yield))()]\n",)


class NotAFunction(Rule):
    """A method, property, lambda, partial or class is registered as step or workflow.

    Write a function at module level with the decorator above it. A method's instance would not
    exist in the step's route; pass what the method needs as arguments.
    """

    code = "WFC004"
    bad = (
        _START + "class Shop:\n    @wf.step\n    async def charge(self): ...\n",
        _START + "charge = wf.step(lambda: 1)\n",
        _START + "@wf.step\nclass Charge: ...\n",
    )
    good = (_START + "@wf.step\nasync def charge(shop: str): ...\n",)


class DuplicateId(Rule):
    """Two steps or workflows of one module share a name, and so an id.

    The id is what recorded runs refer to. Rename one of them.
    """

    code = "WFC005"
    bad = (_START + "@wf.step\ndef charge(): ...\n\n@wf.step\ndef charge(): ...\n",)
    good = (_START + "@wf.step\ndef charge(): ...\n\n@wf.step\ndef refund(): ...\n",)


class DecoratorArgument(Rule):
    """A decorator argument is not a build-time literal, or out of range.

    Options are read from the source and never evaluated: write literals, or constants of a module.
    `max_retries` is a whole number from 0 (3 means up to four attempts); `timeout` takes what `sleep`
    takes; `retry` takes `Retry(initial=, factor=, max=, jitter=)`. The `namespace` of `Workflows()`
    has lower case letters and digits, a letter first.
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
        _START + "@wf.step(retry=3)\ndef charge(): ...\n",
        "import wfc\nwf = wfc.Workflows(namespace='Billing-EU')\n",
        "import wfc\nwf = wfc.Workflows(namespace='')\n",
    )
    good = (
        _START + "LIMIT = 2 * 60\n@wf.step(max_retries=0, timeout=LIMIT)\ndef charge(): ...\n",
        _START + "@wf.step(timeout='30s', retry=workflow.Retry(initial='1s', factor=2))\ndef f(): ...\n",
        _START + "@wf.step()\ndef charge(): ...\n",
        "import wfc\nwf = wfc.Workflows(namespace='billing2')\n",
    )


class UnknownRegistry(Rule):
    """What stands before `.step` or `.workflow` can't be resolved to a `Workflows()`.

    A registry is made at module level (or in a class) by `wf = workflow.Workflows()`, by a `functools.partial` of it
    or by a function that only returns one, and imported from there under any name. Decorators of other libraries
    that happen to be called `step` are left alone.
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

    One function has one id and one route. Keep one of the decorators.
    """

    code = "WFC009"
    bad = (_START + "@wf.step\n@wf.workflow\nasync def charge(): ...\n",)
    good = (_START + "@wf.step\nasync def charge(): ...\n",)


class ConditionalDefinition(Rule):
    """A step or workflow is defined conditionally.

    Whether it exists is only known when the module runs. Define it without a condition and branch
    inside it; a test of `sys.version_info` that holds for the target Python is fine.
    """

    code = "WFC011"
    bad = (_START + "import os\nif os.name:\n    @wf.step\n    def charge(): ...\n",)
    good = (_START + "import sys\nif sys.version_info >= (3, 8):\n    @wf.step\n    def f(): ...\n",)


class UnknownAttribute(Rule):
    """A registry, or the SDK, has no such name, or not yet.

    Mostly a typo (`wf.stp`). Names of the official SDK that wfc doesn't have yet are told apart.
    """

    code = "WFC012"
    bad = (
        _START + "@wf.stp\ndef charge(): ...\n",
        _START + "@wf.step\ndef charge():\n    workflow.slep(3)\n",
        "from vercel.workflow import Workflows, slep\n" + _START,
        "from wfc import get_writable\n" + _START,
    )
    good = (
        _START + "@wf.step\ndef charge():\n    return workflow.get_step_metadata().attempt\n",
        "import vercel.workflow as w\nfrom vercel.workflow import sleep\nwf = w.Workflows()\n",
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per SDK name that isn't there, wherever it stands."""
        registries = {registry.dotted for registry in context.program.registries}
        names = context.program.names
        for module in context.definition_modules():
            decorators: set[ast.AST] = set()  # what is wrong with them is for discovery to say
            roots = _sdk_roots(context, module, registries)
            for node in module.bound.scope_by_node if roots else ():
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    for item in node.decorator_list:
                        decorators.add(item.func if isinstance(item, ast.Call) else item)
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    if node.module and names.follow(node.module) == "wfc":
                        for alias in node.names:
                            yield from self._check_name(module, alias, alias.name)
                elif not isinstance(node, ast.Attribute) or node in decorators:
                    continue
                elif not isinstance(node.value, ast.Name) or node.value.id in roots:
                    yield from self._check_attribute(context, module, node, registries)

    def _check_attribute(
        self, context: Context, module: Module, node: ast.Attribute, registries: set[str]
    ) -> Iterator[Diagnostic]:
        base = context.program.names.canonical(module, node.value)
        if base == "wfc" and node.attr not in SUBMODULES:
            yield from self._check_name(module, node, node.attr)
        elif base is not None and base in registries and node.attr not in REGISTRY_ATTRIBUTES:
            yield unknown_attribute(module, node, base, node.attr)

    def _check_name(self, module: Module, node: ast.Attribute | ast.alias, name: str) -> Iterator[Diagnostic]:
        if name in PUBLIC or name in SUBMODULES or name.startswith("__") or name == "*":
            return
        span = module.source.span(node)
        if name in NOT_YET:
            yield Diagnostic(
                self.code,
                f"`{name}` is not there yet",
                span,
                label="part of the Workflow SDK that this version of wfc lacks",
                help="leave it out for now",
            )
            return
        close = get_close_matches(name, sorted(PUBLIC), 1)
        yield Diagnostic(
            self.code,
            f"the SDK has no `{name}`",
            span,
            label="unknown name",
            help=f"did you mean `{close[0]}`?" if close else "see the names that `wfc` offers",
        )


def _sdk_roots(context: Context, module: Module, registries: set[str]) -> frozenset[str]:
    """Return the names in a file, at any depth, that may stand for the SDK or a registry."""
    if not any(word in module.source.data for word in (b"wfc", b"vercel")) and not registries:
        return frozenset()
    names = context.program.names
    found = set()
    for scope in module.scope.walk():
        for name, bindings in scope.bindings.items():
            target = bindings[-1].target
            canonical = names.follow(target or f"{module.name}.{name}")
            if canonical == "wfc" or canonical.startswith("wfc.") or canonical in registries or canonical == "vercel":
                found.add(name)
    return frozenset(found)


class UnreachedDefinition(Rule):
    """A module defines a step, workflow or hook, and no entrypoint reaches it.

    The build holds what the entrypoints reach by import. Import the module from one that is reached,
    add it to the entrypoints, or list it under `exclude` in `[tool.wfc]`.
    """

    code = "WFC013"
    bad = (
        "# file: pyproject.toml\n[tool.wfc]\nentrypoints = ['app:wf']\n# file: app.py\n"
        + _START
        + "# file: other.py\nfrom app import wf\n\n@wf.step\ndef charge(): ...\n",
    )
    good = (
        "# file: pyproject.toml\n[tool.wfc]\nentrypoints = ['app:wf', 'other.py']\n# file: app.py\n"
        + _START
        + "# file: other.py\nfrom app import wf\n\n@wf.step\ndef charge(): ...\n",
    )


class BrokenSyntax(Rule):
    """A file can't be parsed.

    The message and the place are CPython's own. Nothing else in the file is checked; findings in
    other files are shown all the same.
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

    Entrypoints are `module:attribute`, `module` or `path/to/file.py`.
    """

    code = "WFC017"
    bad = (
        "# file: pyproject.toml\n[tool.wfc]\nentrypoints = ['ap:wf']\n# file: app.py\n" + _START,
        "# file: pyproject.toml\n[tool.wfc]\nentrypoints = ['app:wg']\n# file: app.py\n" + _START,
        "# file: pyproject.toml\n[tool.wfc]\nentrypoints = ['app.py']\n# file: app.py\nx = 1\n",
    )
    good = ("# file: pyproject.toml\n[tool.wfc]\nentrypoints = ['app:wf']\n# file: app.py\n" + _START,)


class BadConfig(Rule):
    """The configuration has an unknown key, a value of the wrong type, or can't be read."""

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

    Workflows and steps are told what to do through topics that start with `__wkf_`.
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

    A payload that arrives is checked against the class before anything is recorded.
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
    UnknownAttribute,
    UnreachedDefinition,
    BrokenSyntax,
    BadEntrypoint,
    BadConfig,
    TopicsMismatch,
    HookClass,
)
