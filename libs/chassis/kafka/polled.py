"""What one poll brought, cut into batches."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiokafka import TopicPartition

Polled = Mapping[TopicPartition, Sequence[Any]]
"""The records of each partition, in their order."""


def in_batches(polled: Polled, records_max: int) -> Iterator[Polled]:
    """Cut a poll into batches, each partition's records in their order."""
    batch: dict[TopicPartition, Sequence[Any]] = {}
    room = records_max
    for tp, records in polled.items():
        rest = records
        while rest:
            batch[tp], rest = rest[:room], rest[room:]
            room -= len(batch[tp])
            if room == 0:
                yield batch
                batch, room = {}, records_max
    if batch:
        yield batch
