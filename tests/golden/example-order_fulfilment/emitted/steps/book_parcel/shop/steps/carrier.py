import wfc

from ..database import transaction
from ..registry import wf


class CarrierBusy(Exception):
    """The carrier didn't answer; it may next time."""


@wf.step(max_retries=6, retry=wfc.Retry(initial="100ms", factor=2, max="5s", jitter=False))
async def book_parcel(order_id: str, weight_kg: float) -> str:
    """Book a parcel and return its number."""
    step = wfc.get_step_metadata()
    with transaction() as records:
        records.execute("insert into carrier_calls values (?, ?)", (step.step_id, order_id))
        (calls,) = records.execute("select count(*) from carrier_calls where key = ?", (step.step_id,)).fetchone()
    if calls == 1:
        raise CarrierBusy("the line is busy")
    print(f"booked a parcel of {weight_kg} kg for {order_id} at attempt {step.attempt}")
    return f"PARCEL-{order_id}"
