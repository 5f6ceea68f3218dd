"""Asks the client library for the next batch: whole, and outside the sandbox not more often than it is of use."""

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.settings import ServiceSettings

Polled = Mapping[TopicPartition, Sequence[Any]]

_FRESH_MS: Final = 5
"""So long the answer to a fetch may take before a batch goes without it; it is there in one or two when there is more."""
_FEW: Final = 4
"""Up to the fourth part of a full batch is little: what comes meanwhile may well join the next one."""


class Poll:
    """The consumer's next records; ended by ``stop``, also while it waits."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._records_max = settings.batch_records_max
        # The sandbox's clock moves on when everybody is done: there a pause would only cost.
        self._pace_s = 0.0 if settings.sandbox else settings.batch_pace_ms / 1000
        self._not_before = -math.inf
        self._asking: asyncio.Future[Polled] | None = None
        self._stopping = False
        self.readings = 0
        """How often it was said anew where partitions stand: what was read before that is passed over."""

    def stop(self) -> None:
        """Ask no more; who waits for records gets none."""
        self._stopping = True
        if self._asking is not None:
            self._asking.cancel()

    async def records(self, consumer: AIOKafkaConsumer, *, timeout_ms: int) -> Polled:
        """Return what is there, at most a batch, and wait for the first record; nothing when told to stop."""
        self._asking = asyncio.ensure_future(self._paced(consumer, timeout_ms))
        try:
            return await self._asking
        except asyncio.CancelledError:
            if self._stopping and self._asking.cancelled():
                return {}
            raise
        finally:
            self._asking = None

    async def come_already(self, consumer: AIOKafkaConsumer) -> Polled:
        """Return what the library has fetched already, at most a batch."""
        polled: Polled = await consumer.getmany(timeout_ms=0, max_records=self._records_max)
        return polled

    async def _paced(self, consumer: AIOKafkaConsumer, timeout_ms: int) -> Polled:
        """Poll; after a batch with few records not before its pace is over, so that the next has more of them."""
        if (rest_s := self._not_before - time.monotonic()) > 0:
            await asyncio.sleep(rest_s)
        polled = await self._fresh(consumer, timeout_ms)
        if self._pace_s and polled:
            is_little = sum(map(len, polled.values())) * _FEW < self._records_max
            self._not_before = time.monotonic() + self._pace_s if is_little else -math.inf
        return polled

    async def _fresh(self, consumer: AIOKafkaConsumer, timeout_ms: int) -> Polled:
        """Return what came during the last batch with what is there by now, or wait for the first record.

        The library fetches nothing more from a broker while a record of it lies here unread. Under a steady load
        that is the first that came after the last poll, alone: a batch of one, and all others wait for the next.
        """
        begun = self.readings
        old = await self.come_already(consumer)
        count = sum(map(len, old.values()))
        if not old or count >= self._records_max:
            return old or await consumer.getmany(timeout_ms=timeout_ms, max_records=self._records_max)
        new: Polled = await consumer.getmany(timeout_ms=_FRESH_MS, max_records=self._records_max - count)
        if self.readings != begun:
            # Somebody said anew where the partitions stand, so what follows is read from there once more.
            return new
        return {tp: [*old.get(tp, ()), *new.get(tp, ())] for tp in {**old, **new}}
