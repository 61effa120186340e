import wfc
from ..registry import wf


@wf.step(max_retries=6, retry=wfc.Retry(initial="100ms", factor=2, max="5s", jitter=False))
async def book_parcel(order_id: str, weight_kg: float) -> str:
    """Book a parcel and return its number."""
