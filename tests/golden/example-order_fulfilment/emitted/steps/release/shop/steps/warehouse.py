from ..database import transaction
from ..registry import wf


@wf.step
def release(order_id: str) -> int:
    """Put everything that is held for the order back on the shelf; say how many lines that were."""
    with transaction() as records:
        held = records.execute("select key, sku, quantity from reservations where order_id = ?", (order_id,)).fetchall()
        for key, sku, quantity in held:
            records.execute("update stock set quantity = quantity + ? where sku = ?", (quantity, sku))
            records.execute("delete from reservations where key = ?", (key,))
    return len(held)
