"""Findings about wfc and about suppressions: what they mean, and examples (9xx).

`suppression`, `project.config` and the command line make the findings; the classes here only explain them.
"""

from __future__ import annotations

from .base import Rule

_START = "from vercel import workflow\nwf = workflow.Workflows()\n\n"


class InternalError(Rule):
    """wfc itself failed.

    Why: It is never the fault of the code that is compiled, and nothing was written.

    Fix: Run it again with `WFC_TRACEBACK=1`, which shows where it happened; a report with that and the file in
    question gets it mended.
    """

    code = "WFC900"


class UnusedSuppression(Rule):
    """A `# wfc: ignore[...]` suppresses nothing.

    Why: The finding is gone, or stands on another line, and the comment would hide the next one that comes up
    there. A comment counts for its own line, or standing alone for the statement below it.

    Fix: Remove the code, or the comment where it has no other; `wfc check --fix` does it.

    Suppress: In code that is checked with several configurations, by `ignore` in `[tool.wfc]`.
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

    Why: It suppresses nothing, and nobody would notice. There is no blanket ignore: what is accepted is named.

    Fix: Write `# wfc: ignore[WFC319] -- reason`; `wfc explain` lists all codes.

    Suppress: Where the code is of a later version of wfc, by `ignore` in `[tool.wfc]`.
    """

    code = "WFC904"
    bad = (
        _START + "LIMIT = 3  # wfc: ignore[WFC999]\n",
        _START + "LIMIT = 3  # wfc: ignore\n",
        "# file: pyproject.toml\n[tool.wfc]\nignore = ['WFC999']\n# file: app.py\n" + _START,
    )
    good = ("# file: pyproject.toml\n[tool.wfc]\nignore = ['WFC319']\n# file: app.py\n" + _START,)


META_RULES: tuple[type[Rule], ...] = (InternalError, UnusedSuppression, UnknownCode)
