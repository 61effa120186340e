import wfc

from ..database import transaction
from ..errors import PaymentDeclined
from ..models import Order, Receipt
from ..money import total
from ..registry import wf


@wf.step(max_retries=5, timeout="30s")
async def charge(order: Order) -> Receipt:
    """Charge the order's card once, however often this is attempted."""
    if order.card.startswith("declined"):
        raise PaymentDeclined(f"the bank declined card {order.card!r}")
    charge_id = wfc.get_step_metadata().step_id
    amount = total(order.lines)
    with transaction() as records:
        records.execute(
            "insert or ignore into charges (key, order_id, amount) values (?, ?, ?)",
            (charge_id, order.order_id, str(amount)),
        )
    return Receipt(charge_id=charge_id, amount=amount)
