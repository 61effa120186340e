"""Order fulfilment: reserve, charge, pack, ship; and put everything back where that fails."""
