"""What a change means for runs in flight and for those who start them: what it is, and examples (7xx).

The findings are made by the package `evolution`, which compares with the active build, after everything else; the
classes here only explain them. In an example, `before/` is what was built before.
"""

from __future__ import annotations

from .base import Rule

_START = "from vercel import workflow\nwf = workflow.Workflows()\n\n"
_CHARGE = "@wf.step\ndef charge(amount: int): ...\n\n"
_SHIP = "@wf.step\ndef ship(): ...\n\n"
_ORDER = "@wf.workflow\nasync def order(amount: int):\n    await charge(amount)\n    await ship()\n"
_WHOLE = _START + _CHARGE + _SHIP + _ORDER
_BEFORE = "# file: before/app.py\n" + _WHOLE
_NOW = "# file: app.py\n" + _START


class IdGone(Rule):
    """A step or workflow of the active build is gone, or has another id.

    Why: Runs, clients and dashboards refer to steps and workflows by their ids, which are made of module and name. A
    run in flight goes on with the build that started it, so no fix reaches it; who starts the workflow by its old id
    finds none.

    Fix: Keep the name and the module, and rename what others don't see; or let the runs end before.

    Suppress: Where nobody refers to it any more. It is told until the change has been built, and once by that build.
    """

    code = "WFC701"
    bad = (
        _BEFORE + _NOW + _CHARGE + _SHIP.replace("ship", "send") + _ORDER.replace("ship", "send"),
        _BEFORE + _NOW + _CHARGE + "def ship(): ...\n\n" + _ORDER.replace("await ship()", "ship()"),
        _BEFORE + _NOW + _CHARGE + _SHIP + _ORDER.replace("order", "purchase"),
        _BEFORE + "# file: shop/flows.py\n" + _WHOLE,
    )
    good = (
        _BEFORE + _NOW + _CHARGE + _SHIP + _ORDER,
        _BEFORE + _NOW + _CHARGE + _SHIP + "@wf.step\ndef send(): ...\n\n" + _ORDER,
    )


class OrderChanged(Rule):
    """The durable calls of a workflow come in another order than in the active build.

    Why: A run in flight has made some of the old calls. With the new order it would ask for others at that point, so it
    stays on the build that started it, and nothing that is mended in the workflow reaches it.

    Fix: Add new calls behind those that were there, or in a branch that runs in flight don't take; else let the runs
    end before.

    Suppress: Where runs in flight may end on the old build. It is told until the change has been built, and once by
    that build.
    """

    code = "WFC702"
    bad = (
        _BEFORE + _NOW + _CHARGE + _SHIP + _ORDER.replace("    await charge(amount)\n", "")
        + "    await charge(amount)\n",
        _BEFORE + _NOW + _CHARGE + _SHIP + "@wf.step\ndef pack(): ...\n\n"
        + _ORDER.replace("    await ship()\n", "    await pack()\n    await ship()\n"),
        _BEFORE + _NOW + _CHARGE + _SHIP + _ORDER.replace("    await ship()\n", "    await workflow.sleep('1h')\n"),
    )  # fmt: skip
    good = (
        _BEFORE + _NOW + _CHARGE + _SHIP + _ORDER + "    await workflow.sleep('1h')\n    await charge(1)\n",
        _BEFORE + _NOW + _CHARGE + _SHIP + _ORDER.replace("    await ship()", "    if amount:\n        await ship()"),
        _BEFORE
        + _NOW
        + _SHIP
        + _CHARGE.replace("...", "return 1")
        + _ORDER.replace("await ship()", "return await ship()"),
    )


class ParameterChanged(Rule):
    """A parameter of a step or workflow is renamed, removed or newly required.

    Why: Arguments are recorded by the names of parameters. Who starts the workflow as before is refused, and a run in
    flight stays on the build that started it.

    Fix: Keep the parameter, give new ones a default, and remove the old one when nobody passes it any more.

    Suppress: Where all who start the workflow change with it. It is told until the change has been built, and once by
    that build.
    """

    code = "WFC703"
    bad = (
        _BEFORE + _NOW + _CHARGE + _SHIP + _ORDER.replace("(amount", "(cents"),
        _BEFORE + _NOW + _CHARGE + _SHIP + _ORDER.replace("amount: int)", "amount: int, currency: str)"),
        _BEFORE + _NOW + _CHARGE + _SHIP + _ORDER.replace("amount: int)", ")").replace("(amount)", "(1)"),
        _BEFORE + _NOW + _CHARGE.replace("int)", "int, currency: str)") + _SHIP
        + _ORDER.replace("charge(amount)", "charge(amount, 'eur')"),
    )  # fmt: skip
    good = (
        _BEFORE + _NOW + _CHARGE + _SHIP + _ORDER.replace("amount: int)", "amount: int, currency: str = 'eur')"),
        _BEFORE + _NOW + _CHARGE + _SHIP + _ORDER.replace("amount: int)", "amount: float)"),
        _BEFORE + _NOW + _CHARGE.replace("amount: int)", "amount: int, note: str = '')") + _SHIP + _ORDER,
    )


EVOLUTION_RULES: tuple[type[Rule], ...] = (IdGone, OrderChanged, ParameterChanged)
