import wfc

from ..database import transaction
from ..errors import OutOfStock
from ..models import Line
from ..registry import wf


@wf.step
def reserve(order_id: str, line: Line) -> None:
    """Hold the articles of one line. Raise OutOfStock when there are not enough."""
    key = wfc.get_step_metadata().step_id
    with transaction() as records:
        if records.execute("select 1 from reservations where key = ?", (key,)).fetchone():
            return
        found = records.execute("select quantity from stock where sku = ?", (line.sku,)).fetchone()
        left = found[0] if found else 0
        if left < line.quantity:
            raise OutOfStock(line.sku, left)
        records.execute("update stock set quantity = quantity - ? where sku = ?", (line.quantity, line.sku))
        records.execute("insert into reservations values (?, ?, ?, ?)", (key, order_id, line.sku, line.quantity))
