import no_such_payment_client
from .errors import Declined
from .workflow import wf

client = no_such_payment_client.Client()


@wf.step(max_retries=0)
async def charge(*, amount: int) -> str:
    """Take the money."""
    if not await client.charge(amount):
        raise Declined("no")
    return "ok"
