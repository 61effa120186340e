from ..database import transaction
from ..registry import wf


@wf.step
def has_reviewed(order_id: str) -> bool:
    """Say whether the customer has left a review by now."""
    with transaction() as records:
        return records.execute("select 1 from reviews where order_id = ?", (order_id,)).fetchone() is not None
