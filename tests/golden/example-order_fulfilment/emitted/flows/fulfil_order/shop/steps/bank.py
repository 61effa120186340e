from ..models import Order, Receipt
from ..registry import wf


@wf.step(max_retries=5, timeout="30s")
async def charge(order: Order) -> Receipt:
    """Charge the order's card once, however often this is attempted."""


@wf.step(max_retries=20)
async def refund(receipt: Receipt) -> None:
    """Give the money back. Doing it twice changes nothing."""
