"""When a failed attempt of a step is followed by another."""

from __future__ import annotations

from dataclasses import dataclass

from ..manifest import RetryPolicy, StepEntry

SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class StepPolicy:
    """What the build says about a step's attempts."""

    max_retries: int
    retry: RetryPolicy

    @classmethod
    def of(cls, entry: StepEntry) -> StepPolicy:
        """Return the policy of a step in the manifest."""
        return cls(entry.max_retries, entry.retry)

    def is_last(self, attempt: int) -> bool:
        """Is there no further attempt after this one (counted from 1)?"""
        return attempt > self.max_retries

    def pause_us(self, attempt: int, draw: float) -> int:
        """Microseconds to wait after a failed attempt: exponential, capped, with full jitter.

        `draw` is a number in [0, 1) that the caller drew.
        """
        policy = self.retry
        try:
            grown = policy.initial_seconds * policy.factor ** (attempt - 1)
        except OverflowError:
            grown = policy.max_seconds
        seconds = min(policy.max_seconds, grown)
        return int(seconds * SECOND * (draw if policy.jitter else 1.0))
