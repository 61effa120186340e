from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Receipt:
    """A charge that went through."""

    charge_id: str
    amount: Decimal
