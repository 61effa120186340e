"""A workflow that asks for the time and for chance, and catches what a library raises in a step."""

import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

import acme

from app.workflow import wf


@dataclass
class Quote:
    price: int
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    made: datetime = field(default_factory=lambda: datetime.now(UTC))


@wf.step
async def ask(supplier: str) -> int:
    return int(acme.ask(supplier))


@wf.workflow
async def best_quote(suppliers: list[str]) -> Quote:
    random.shuffle(suppliers)
    quotes = []
    for supplier in suppliers:
        try:
            quotes.append(Quote(await ask(supplier)))
        except (acme.Busy, TimeoutError) as error:
            print(f"{supplier} has no time: {error}")  # once, however often this is replayed
    return min(quotes, key=lambda quote: quote.price)
