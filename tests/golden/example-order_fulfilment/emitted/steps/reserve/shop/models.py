from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Line:
    """One article of an order, `quantity` times."""

    sku: str
    quantity: int
    unit_price: Decimal
