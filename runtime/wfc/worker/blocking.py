"""Blocking a run whose transition has come to nothing: why, and what of it must not be lost.

Comes in: what went wrong, and the deliveries that the transition was made of. Goes out: the reason that the run is
blocked for, and inbox items. What had arrived in the inbox is still there; results of bodies are not, and running the
bodies once more might do harm.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from ..engine.deliveries import Delivery, StepSucceeded
from ..flow.overdue import OverdueTurnError
from ..model import InboxItem

_log = logging.getLogger("wfc.worker")


class UnwritableError(Exception):
    """The store can't hold what a run did."""


def reason_of(error: Exception, run_id: str) -> str:
    """Return why a run is blocked, and log it; what nobody has foreseen with its traceback."""
    told = {"run_id": run_id}
    if isinstance(error, OverdueTurnError | UnwritableError):
        _log.error("run %s is blocked: %s", run_id, error, extra=told)
        return str(error)
    _log.error("internal error in run %s; it is blocked", run_id, exc_info=error, extra=told)
    return "internal error of wfc; see the worker's log"


def unheard_results(run_id: str, deliveries: Iterable[Delivery]) -> list[InboxItem]:
    """Return the results of bodies that the run hasn't heard of, as what it will be told when it goes on."""
    return [
        InboxItem(0, run_id, "step_completed", one.at, one.call_id, payload=one.result)
        for one in deliveries
        if isinstance(one, StepSucceeded)
    ]
