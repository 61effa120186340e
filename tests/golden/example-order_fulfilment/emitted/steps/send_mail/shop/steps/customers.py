import wfc

from ..database import transaction
from ..registry import wf


@wf.step
def send_mail(recipient: str, body: str) -> None:
    """Send one mail."""
    key = wfc.get_step_metadata().step_id
    with transaction() as records:
        records.execute("insert or ignore into mails values (?, ?, ?)", (key, recipient, body))
