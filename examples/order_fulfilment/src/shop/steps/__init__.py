"""One module per system that the shop talks to."""
