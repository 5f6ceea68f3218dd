"""The idempotent producer behind the relay: acks=all, no lingering, given up and made anew when stuck."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from chassis.db.outbox import RawMessage
from chassis.kafka.connection import connection_options
from chassis.kafka.partitions import partition_of
from chassis.kernel.errors import Transient
from chassis.settings import ServiceSettings
from chassis.telemetry.logs import error_name, log

MESSAGE_BYTES_MAX = 4_000_000
"""A dead letter is the original, at most as large as a topic takes (1 MB), and its reason."""

_BATCH_BYTES = 131_072
_CLOSE_S_MAX = 5.0


class Unsent(Transient):
    """Kafka has not acknowledged these messages; some of them may be there all the same."""


def sendable(message: RawMessage) -> bytes | None:
    """Return the value to send: the library takes no record without key and value, so nothing becomes empty."""
    return b"" if message.value is None and message.key is None else message.value


class Publisher:
    """Sends messages in their order; after a failure the producer is thrown away, its retries with it."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._send_s_max = settings.kafka_request_s_max

    async def start(self) -> None:
        """Connect; raises Unsent when the broker cannot be reached."""
        await self._connected()

    async def send(self, messages: Sequence[RawMessage]) -> None:
        """Send all, return when all are acknowledged; raises Unsent otherwise."""
        producer = await self._connected()
        try:
            async with asyncio.timeout(self._send_s_max):
                await asyncio.gather(*await _enqueue(producer, messages))
        except asyncio.CancelledError:
            await self._abandon()
            raise
        except (KafkaError, OSError, TimeoutError, AssertionError) as error:
            # Its queue may hold batches that it would send after those of the next attempt.
            await self._abandon()
            raise Unsent(f"Kafka did not take the messages ({error_name(error)})") from error

    async def stop(self) -> None:
        """Close the connection; everything sent has been acknowledged before."""
        await self._abandon()

    async def _connected(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                **connection_options(self._settings),
                acks="all",
                enable_idempotence=True,
                linger_ms=0,
                max_batch_size=_BATCH_BYTES,
                max_request_size=MESSAGE_BYTES_MAX,
                client_id=f"velvet-{self._settings.service}-relay",
            )
            try:
                async with asyncio.timeout(self._send_s_max):
                    await producer.start()
            except BaseException as error:
                await _discard(producer)
                if isinstance(error, KafkaError | OSError | TimeoutError):
                    raise Unsent(f"Kafka cannot be reached ({error_name(error)})") from error
                raise
            self._producer = producer
        return self._producer

    async def _abandon(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await _discard(producer)


async def _enqueue(
    producer: AIOKafkaProducer, messages: Sequence[RawMessage]
) -> list[asyncio.Future[object]]:
    """Hand the messages over in batches per partition: a future per message would cost more than the message."""
    by_place: dict[tuple[str, int], list[RawMessage]] = {}
    partitions: dict[str, list[int]] = {}
    for message in messages:
        if message.topic not in partitions:
            partitions[message.topic] = sorted(await producer.partitions_for(message.topic))
        partition = message.partition
        if partition is None:
            partition = partition_of(message.key, partitions[message.topic], [])
        by_place.setdefault((message.topic, partition), []).append(message)
    return [
        await producer.send_batch(batch, topic, partition=partition)
        for (topic, partition), batched in by_place.items()
        for batch in _batches(producer, batched)
    ]


def _batches(producer: AIOKafkaProducer, messages: Sequence[RawMessage]) -> Iterator[Any]:
    """Fill the library's batches one after the other; a message that finds one full begins the next."""
    batch = producer.create_batch()
    for message in messages:
        headers = list(message.headers)
        value = sendable(message)
        if batch.append(timestamp=None, key=message.key, value=value, headers=headers) is None:
            yield batch
            batch = producer.create_batch()
            batch.append(timestamp=None, key=message.key, value=value, headers=headers)
    batch.close()
    yield batch


async def _discard(producer: AIOKafkaProducer) -> None:
    """Close without flushing: first the connections, so that no batch in flight is tried again."""
    try:
        async with asyncio.timeout(_CLOSE_S_MAX):
            await producer.client.close()
            # The library's own stop() would wait for what may never be delivered.
            with suppress(KafkaError):
                await producer._sender.close()  # noqa: SLF001
    except (KafkaError, OSError, TimeoutError) as error:
        log(__name__).warning("producer_close_failed", error=error_name(error))
    producer._closed = True  # noqa: SLF001 - says to the library's finaliser that this was meant.
