"""Test workflows: in memory, in no time, with steps replaced.

    from wfc.testing import Environment

    def test_an_order_is_refused():
        with Environment() as env:
            env.replace(charge, raises=PaymentDeclined("no"))
            run = env.start(fulfil_order, order)
            assert run.result().state == "rejected"

Under pytest the fixture `wfc_env` is such an environment. The project is built by `wfc build`, and the build runs on
the real engine: what is tested is what would be deployed. `Environment` (environment.py) starts runs, replaces steps,
resumes hooks and moves the clock; `TestRun` (runs.py) is what it gives for a run.

A step is also an ordinary function: outside of a workflow, `await charge(order)` runs its body, whether that is `async
def` or `def`.
"""

from .environment import Environment
from .errors import BuildFailedError, StuckError, WaitingError
from .replacing import Replacement
from .runs import TestRun

__all__ = ["BuildFailedError", "Environment", "Replacement", "StuckError", "TestRun", "WaitingError"]
