import wfc

from ..registry import wf
from ..steps.customers import has_reviewed, send_mail


@wf.workflow
async def ask_for_review(order_id: str, email: str, reminders: int = 3) -> int:
    """Return how many mails it took, or were in vain."""
    for sent in range(reminders):
        await wfc.sleep("5 days")
        if await has_reviewed(order_id):
            return sent
        await send_mail(email, f"How do you like your order {order_id}?")
    return reminders
