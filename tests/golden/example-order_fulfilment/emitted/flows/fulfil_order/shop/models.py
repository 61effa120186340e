from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import pydantic


@dataclass(frozen=True)
class Line:
    """One article of an order, `quantity` times."""

    sku: str
    quantity: int
    unit_price: Decimal


class Order(pydantic.BaseModel):
    """An order as the web shop hands it over."""

    order_id: str
    email: str
    card: str
    lines: list[Line] = pydantic.Field(min_length=1)


@dataclass(frozen=True)
class Receipt:
    """A charge that went through."""

    charge_id: str
    amount: Decimal


class Outcome(pydantic.BaseModel):
    """How an order ended."""

    order_id: str
    state: Literal["shipped", "rejected", "refunded"]
    reason: str | None = None
    amount: Decimal | None = None
    parcel: str | None = None
