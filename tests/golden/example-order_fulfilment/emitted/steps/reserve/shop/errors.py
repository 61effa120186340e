import wfc


class ShopError(wfc.FatalError):
    """A refusal that the workflow has to deal with."""


class OutOfStock(ShopError):
    """There is less of an article than was ordered."""

    def __init__(self, sku: str, left: int) -> None:
        super().__init__(f"{sku} is sold out ({left} left)")
        self.sku = sku
        self.left = left
