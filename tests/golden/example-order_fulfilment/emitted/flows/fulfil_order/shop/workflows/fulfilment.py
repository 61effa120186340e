from wfc import flow as _flow

import asyncio
from dataclasses import dataclass

import wfc

from ..errors import OutOfStock, PaymentDeclined
from ..models import Order, Outcome
from ..registry import wf
from ..steps.bank import charge, refund
from ..steps.carrier import book_parcel
from ..steps.customers import send_mail
from ..steps.warehouse import release, reserve

PACK_WITHIN_SECONDS = 3 * 24 * 60 * 60


@dataclass
class Packed(wfc.BaseHook):
    """The warehouse has packed the order."""

    weight_kg: float


@wf.workflow
async def fulfil_order(order: Order) -> Outcome:
    """Reserve, charge, wait for the warehouse, ship."""
    _wfc_run = _flow.run()
    try:
        await reserve_all(order)
        receipt = await charge(order)
    except (OutOfStock, PaymentDeclined) as refusal:
        if not _wfc_run.live:
            raise
        await release(order.order_id)
        await send_mail(order.email, f"We are sorry: {refusal}.")
        return Outcome(order_id=order.order_id, state="rejected", reason=str(refusal))

    try:
        async with _flow.cm(_wfc_run, asyncio.timeout(PACK_WITHIN_SECONDS)):
            packed = await Packed.wait(token=f"packed-{order.order_id}")
    except TimeoutError:
        if not _wfc_run.live:
            raise
        await asyncio.gather(refund(receipt), release(order.order_id))
        await send_mail(order.email, "We could not pack your order in time, your money is on its way back.")
        return Outcome(order_id=order.order_id, state="refunded", reason="not packed in time", amount=receipt.amount)

    parcel = await book_parcel(order.order_id, packed.weight_kg)
    await send_mail(order.email, f"Your parcel {parcel} has left.")
    return Outcome(order_id=order.order_id, state="shipped", amount=receipt.amount, parcel=parcel)


async def reserve_all(order: Order) -> None:
    """Reserve all lines at once. None is still being reserved when this returns or raises."""
    results = await asyncio.gather(
        *(reserve(order.order_id, line) for line in order.lines),
        return_exceptions=True,
    )
    for result in results:
        if isinstance(result, BaseException):
            raise result
