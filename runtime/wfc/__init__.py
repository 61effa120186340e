"""wfc: durable workflows in Python, compiled."""
