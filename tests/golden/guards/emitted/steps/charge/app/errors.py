class PaymentError(Exception):
    """Anything that goes wrong with money."""


class Declined(PaymentError):
    """The flow doesn't name this one, and may meet it."""
