import wfc


class ShopError(wfc.FatalError):
    """A refusal that the workflow has to deal with."""


class PaymentDeclined(ShopError):
    """The bank said no."""
