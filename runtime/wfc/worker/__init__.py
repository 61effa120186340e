"""The worker: claims runs, drives their flows and runs their steps. See `worker.py`."""
