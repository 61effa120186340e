"""The engine: pure functions between the event log and the flow.

`advance.py` turns what happened into a transition, `replay.py` brings a run back from its log, `policy.py` says when a
step is tried again, `reopening.py` takes a failed run up again. Stores commit transitions, workers feed them; neither
is known here.
"""
