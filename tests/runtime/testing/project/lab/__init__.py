"""A project whose workflows are tested by `wfc.testing` in every way."""
