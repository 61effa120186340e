"""Findings about wfc and about suppressions: what they mean, and examples (9xx).

`suppression`, `project.config` and the command line make the findings; the classes here only explain them.
"""

from __future__ import annotations

from .base import Rule

_START = "from vercel import workflow\nwf = workflow.Workflows()\n\n"


class InternalError(Rule):
    """wfc itself failed.

    It is never the fault of the code that is compiled, and nothing was written. `WFC_TRACEBACK=1` shows
    where it happened; a report with that and the file in question gets it mended.
    """

    code = "WFC900"


class UnusedSuppression(Rule):
    """A `# wfc: ignore[...]` suppresses nothing.

    The finding is gone, or stands on another line: a comment counts for its own line, or standing alone
    for the line below. Errors of 0xx and 5xx can't be suppressed.
    """

    code = "WFC902"
    bad = (_START + "LIMIT = 3  # wfc: ignore[WFC205] -- nothing sleeps here\n",)
    good = (
        _START
        + "import time\n\n@wf.workflow\nasync def order():\n"
        + "    time.sleep(1)  # wfc: ignore[WFC205] -- for a test of the worker\n",
    )


class UnknownCode(Rule):
    """A suppression or the configuration names a code that doesn't exist, or none at all.

    There is no blanket ignore: `# wfc: ignore[WFC319] -- reason` names what it accepts.
    """

    code = "WFC904"
    bad = (
        _START + "LIMIT = 3  # wfc: ignore[WFC999]\n",
        _START + "LIMIT = 3  # wfc: ignore\n",
        "# file: pyproject.toml\n[tool.wfc]\nignore = ['WFC999']\n# file: app.py\n" + _START,
    )
    good = ("# file: pyproject.toml\n[tool.wfc]\nignore = ['WFC319']\n# file: app.py\n" + _START,)


META_RULES: tuple[type[Rule], ...] = (InternalError, UnusedSuppression, UnknownCode)
