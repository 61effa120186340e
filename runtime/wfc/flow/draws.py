"""What a run draws: random numbers and UUIDs that are the same on every replay of it, and others in every other run."""

from __future__ import annotations

from hashlib import blake2b
from uuid import UUID

from .random import Random

_UUID_EPOCH_TICKS = 0x01B21DD213814000  # from 1582-10-15 to 1970-01-01, in steps of 100 ns
_MULTICAST = 1 << 40


class Draws:
    """All that a run makes of its secret seed."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._streams: dict[str, Random] = {}
        self._uuid1_ticks = 0

    def digest(self, purpose: str, size: int) -> bytes:
        """Return bytes that only this run can make, for one purpose."""
        return blake2b(purpose.encode(), key=self._seed, digest_size=size).digest()

    def stream(self, name: str) -> Random:
        """Return one of the run's generators; each name has its own sequence."""
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = Random(self.digest(f"random:{name}", 32))
        return stream

    def uuid4(self) -> UUID:
        """Return the next version 4 UUID of the run."""
        return UUID(int=self.stream("uuid").getrandbits(128), version=4)

    def uuid1(self, clock_us: int, node: int | None, clock_seq: int | None) -> UUID:
        """Return a version 1 UUID of this time, no two of one moment alike; what isn't given is random."""
        ticks = max(clock_us * 10 + _UUID_EPOCH_TICKS, self._uuid1_ticks + 1)
        self._uuid1_ticks = ticks
        stream = self.stream("uuid")
        node = stream.getrandbits(48) | _MULTICAST if node is None else node  # the bit says: no hardware address
        sequence = stream.getrandbits(14) if clock_seq is None else clock_seq
        low, middle, high = ticks & 0xFFFFFFFF, ticks >> 32 & 0xFFFF, ticks >> 48 & 0x0FFF
        return UUID(fields=(low, middle, high, sequence >> 8 & 0x3F, sequence & 0xFF, node), version=1)
