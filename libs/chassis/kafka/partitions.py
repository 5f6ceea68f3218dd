"""Which partition, and which shard of the outbox, a key belongs to."""

import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

SHARDS: Final = 6
"""As many as a topic has partitions: replicas with other partitions have other shards."""


_MASK: Final = 0xFFFFFFFF
_MIX: Final = 0x5BD1E995
_SEED: Final = 0x9747B28C


@lru_cache(maxsize=200_000)
def key_hash(key: bytes) -> int:
    """Return Kafka's own hash of a key (murmur2, made positive), four bytes at a time."""
    whole = len(key) & ~3
    found = _SEED ^ len(key)
    for (word,) in struct.iter_unpack("<I", key[:whole]):
        word = word * _MIX & _MASK  # noqa: PLW2901 - as the algorithm is written
        word ^= word >> 24  # noqa: PLW2901
        found = (found * _MIX & _MASK) ^ (word * _MIX & _MASK)
    if len(key) > whole:
        found = (found ^ int.from_bytes(key[whole:], "little")) * _MIX & _MASK
    found ^= found >> 13
    found = found * _MIX & _MASK
    found ^= found >> 15
    return found & 0x7FFFFFFF


def shard_of(key: bytes | None) -> int:
    """Return the shard in which all messages of this key keep their order."""
    return 0 if key is None else key_hash(key) % SHARDS


def partition_of(key: bytes | None, all_partitions: Sequence[int], _available: Sequence[int]) -> int:
    """Choose the partition as Java's default partitioner does for a key; without one the first."""
    return all_partitions[0] if key is None else all_partitions[key_hash(key) % len(all_partitions)]
