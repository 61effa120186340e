from ..registry import wf


@wf.step
def send_mail(recipient: str, body: str) -> None:
    """Send one mail."""
