"""Write routes, manifest and source maps: checked, reproducible, all or nothing.

Imports nothing by itself: `stamp` and `write` are needed by every build, `routes` (and with it LibCST) only
by one that has something to do.
"""
