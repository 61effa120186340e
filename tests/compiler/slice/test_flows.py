"""What a flow's route holds: stubs of steps, the flow's own code, the exceptions that it may meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..conftest import Compile

PROJECT = """\
# file: app/errors.py
class PaymentError(Exception): pass
class Other(Exception): pass
# file: app/gateway.py
import no_such_gateway
from app.errors import PaymentError
class Declined(PaymentError): pass
class Silent(Exception): pass
client = no_such_gateway.connect()
# file: app/models.py
import pydantic
class Order(pydantic.BaseModel):
    n: int
class Unused(pydantic.BaseModel):
    n: int
# file: app/steps.py
from app.workflow import wf
from app.models import Order
from app.gateway import client, Declined
LIMIT = 3
RATE = 2
@wf.step(max_retries=1)
async def charge(order: Order, limit: int = LIMIT) -> Order:
    "Take the money."
    if not client.charge(order, RATE): raise Declined
    return order
# file: app/flow.py
from app.workflow import wf
from app.steps import charge
from app.errors import PaymentError
def describe(error): return repr(error)
def unused(): return 1
@wf.workflow
async def pay(*, n: int) -> str:
    try:
        await charge({"n": n})
    except PaymentError as error:
        return describe(error)
    return "ok"
"""


def test_a_flow_holds_stubs_and_no_dependencies_of_steps(compile_text: Compile) -> None:
    """Bodies are gone with what only they use; annotations, defaults and decorators stay."""
    compiled = compile_text(PROJECT)
    steps = compiled.text("pay", "app/steps.py")
    assert "max_retries=1" in steps
    assert "limit: int = LIMIT" in steps
    assert "LIMIT = 3" in steps
    assert "client" not in steps
    assert "RATE" not in steps
    assert "class Unused" not in compiled.text("pay", "app/models.py")
    assert compiled.route("pay").imports == ("pydantic",)
    compiled.load("pay")


def test_a_flow_has_the_subclasses_of_what_it_catches(compile_text: Compile) -> None:
    """A step may raise them, from a module that the flow itself has no use for; it is loaded, too."""
    compiled = compile_text(PROJECT)
    gateway = compiled.text("pay", "app/gateway.py")
    assert "class Declined" in gateway
    assert "Silent" not in gateway
    assert "no_such_gateway" not in gateway
    assert "gateway as _wfc_import" in compiled.text("pay", "route.py")
    compiled.load("pay")


def test_a_helper_is_in_the_flow_and_its_neighbour_is_not(compile_text: Compile) -> None:
    """First-party functions that the workflow calls come along."""
    compiled = compile_text(PROJECT)
    text = compiled.text("pay", "app/flow.py")
    assert "def describe" in text
    assert "def unused" not in text


def test_a_step_that_starts_a_workflow_holds_no_body_of_it(compile_text: Compile) -> None:
    """In a step's route a workflow is only its identity."""
    compiled = compile_text(
        """\
        # file: app/steps.py
        import wfc
        from app.workflow import wf
        @wf.workflow
        async def child(*, n: int) -> int:
            await wfc.sleep("1s")
            return n
        @wf.step
        async def begin() -> str:
            return (await wfc.start(child, n=1)).run_id
        """
    )
    assert "sleep" not in compiled.text("begin", "app/steps.py")
    assert "async def child(*, n: int) -> int: ..." in compiled.text("begin", "app/steps.py")


def test_a_handler_that_hides_fatal_error_is_refused(compile_text: Compile) -> None:
    """What lowering can't make match is an error at build time, never a handler that doesn't fire."""
    compiled = compile_text(
        """\
        # file: app/flow.py
        from wfc import FatalError
        from app.workflow import wf
        BOTH = (FatalError, KeyError)
        @wf.step
        async def work(): ...
        @wf.workflow
        async def one():
            try: await work()
            except BOTH: pass
        @wf.workflow
        async def two():
            try: await work()
            except* FatalError: pass
        """
    )
    assert compiled.codes == ["WFC311", "WFC311"]
    assert compiled.result.build is None
