from ..models import Line
from ..registry import wf


@wf.step
def reserve(order_id: str, line: Line) -> None:
    """Hold the articles of one line. Raise OutOfStock when there are not enough."""


@wf.step
def release(order_id: str) -> int:
    """Put everything that is held for the order back on the shelf; say how many lines that were."""
