"""The engine: pure functions between the event log and the flow.

`advance.py` turns what happened into a transition, `replay.py` brings a run back from its log, `retry.py` says when a
step is tried again. Stores commit transitions, workers feed them; neither is known here.
"""
