from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from .models import Line

CENT = Decimal("0.01")


def total(lines: Iterable[Line]) -> Decimal:
    """Add up the lines, rounded to a cent as on an invoice."""
    amount = sum((line.unit_price * line.quantity for line in lines), Decimal(0))
    return amount.quantize(CENT, ROUND_HALF_UP)
