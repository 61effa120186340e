from wfc import flow as _flow

from wfc.flow import random
from wfc.flow import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .workflow import wf


@dataclass
class Quote:
    price: int
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    made: datetime = field(default_factory=lambda: _flow.datetime.now(UTC))


@wf.step
async def ask(supplier: str) -> int: ...


@wf.workflow
async def best_quote(suppliers: list[str]) -> Quote:
    _wfc_run = _flow.run()
    random.shuffle(suppliers)
    quotes = []
    for supplier in suppliers:
        try:
            quotes.append(Quote(await ask(supplier)))
        except (_flow.caught("acme.Busy"), TimeoutError) as error:
            if not _wfc_run.live:
                raise
            _flow.print(f"{supplier} has no time: {error}")  # once, however often this is replayed
    return min(quotes, key=lambda quote: quote.price)
