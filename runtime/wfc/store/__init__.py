"""Stores: where the event log of every run is kept. See `protocol.py` for what a store promises."""
