"""Which partition, and which shard of the outbox, a key belongs to."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from aiokafka.partitioner import murmur2

SHARDS: Final = 6
"""As many as a topic has partitions: replicas with other partitions have other shards."""


@lru_cache(maxsize=200_000)
def key_hash(key: bytes) -> int:
    """Return Kafka's own hash of a key; remembered, because the library computes it in Python."""
    return int(murmur2(key)) & 0x7FFFFFFF


def shard_of(key: bytes | None) -> int:
    """Return the shard in which all messages of this key keep their order."""
    return 0 if key is None else key_hash(key) % SHARDS


def partition_of(key: bytes | None, all_partitions: Sequence[int], _available: Sequence[int]) -> int:
    """Choose the partition as Java's default partitioner does for a key; without one the first."""
    return all_partitions[0] if key is None else all_partitions[key_hash(key) % len(all_partitions)]
