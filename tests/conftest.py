"""What every test shares: the hypothesis profiles, and `--update-golden` (see `golden/test_golden.py`).

`dev` is quick and random, `ci` is the same on every machine (derandomized), `soak` is long. The
profile is taken from `WFC_HYPOTHESIS_PROFILE`; `make test` sets `ci`.
"""

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci",
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("soak", max_examples=5_000, deadline=None)
settings.load_profile(os.environ.get("WFC_HYPOTHESIS_PROFILE", "dev"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that rewrites the golden trees."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the expected side of tests/golden")
