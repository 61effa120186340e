import no_such_payment_client
from .errors import Unrelated
from .workflow import wf

client = no_such_payment_client.Client()


@wf.step
def notify(text: str = "hello") -> None:
    client.send(text)
    raise Unrelated(text)
