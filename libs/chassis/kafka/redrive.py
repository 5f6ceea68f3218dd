"""Puts dead letters back where they came from, each once: ``python -m chassis.kafka.redrive TOPIC``."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError

from chassis.kafka.connection import broker_settings, command_options
from chassis.kafka.dead_letter import original
from chassis.kafka.partitions import partition_of
from chassis.kafka.producer import MESSAGE_BYTES_MAX

_BATCH = 200
_ANSWER_MS = 500
_QUIET_S_MAX = 30.0


class NoOrigin(Exception):
    """A record in this topic does not say where it came from: it is no dead-letter topic."""


async def redrive(topic: str, *, bootstrap: str, options: Mapping[str, object] | None = None) -> int:
    """Put back every dead letter up to the topic's present end; returns how many.

    What has been put back is remembered as the consumer group's offset, in one Kafka transaction with
    the records: a crash neither loses nor doubles. Two of these at the same time fence each other.
    ``options``: how to connect, where an address is not all (chassis.kafka.connection).
    """
    group = f"velvet-redrive-{topic}"
    connecting = {**(options or {}), "bootstrap_servers": bootstrap}
    consumer = AIOKafkaConsumer(
        **connecting,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    producer = AIOKafkaProducer(
        **connecting,
        transactional_id=group,
        acks="all",
        max_request_size=MESSAGE_BYTES_MAX,
        partitioner=partition_of,
    )
    try:
        await consumer.start()
        await producer.start()
        ends = await _assigned(consumer, topic)
        return await _put_back_all(consumer, producer, ends=ends, group=group)
    finally:
        await producer.stop()
        await consumer.stop()


async def _assigned(consumer: AIOKafkaConsumer, topic: str) -> Mapping[TopicPartition, int]:
    """Take every partition of the topic, read on where the group stopped; returns the present ends."""
    await consumer._client.force_metadata_update()  # noqa: SLF001 - a consumer without a subscription knows no topics
    partitions = consumer.partitions_for_topic(topic)
    if not partitions:
        consumer._client.add_topic(topic)  # noqa: SLF001 - asks for this topic's metadata
        await consumer._client.force_metadata_update()  # noqa: SLF001
        partitions = consumer.partitions_for_topic(topic)
    if not partitions:
        raise NoOrigin(f"there is no topic {topic}")
    places = [TopicPartition(topic, number) for number in sorted(partitions)]
    consumer.assign(places)
    ends: dict[TopicPartition, int] = await consumer.end_offsets(places)
    for place in places:
        consumer.seek(place, await consumer.committed(place) or 0)
    return ends


async def _put_back_all(
    consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, *, ends: Mapping[TopicPartition, int], group: str
) -> int:
    count = 0
    while True:
        behind = [place for place, end in ends.items() if await consumer.position(place) < end]
        if not behind:
            return count
        async with asyncio.timeout(_QUIET_S_MAX):
            polled = await consumer.getmany(*behind, timeout_ms=_ANSWER_MS, max_records=_BATCH)
        letters = [r for place, records in polled.items() for r in records if r.offset < ends[place]]
        if letters:
            async with producer.transaction():
                for letter in letters:
                    await _put_back(producer, letter)
                reached = {TopicPartition(r.topic, r.partition): r.offset + 1 for r in letters}
                await producer.send_offsets_to_transaction(reached, group)
            count += len(letters)


async def _put_back(producer: AIOKafkaProducer, letter: object) -> None:
    """Send one dead letter to its origin: the same bytes, headers and partition."""
    headers: Sequence[tuple[str, bytes]] = letter.headers  # type: ignore[attr-defined]  # aiokafka is untyped
    told = dict(headers)
    if "origin-topic" not in told:
        raise NoOrigin("a record does not say where it came from: this is no dead-letter topic")
    await producer.send(
        told["origin-topic"].decode(),
        value=letter.value,  # type: ignore[attr-defined]  # aiokafka is untyped
        key=letter.key,  # type: ignore[attr-defined]  # aiokafka is untyped
        headers=original(headers),
        partition=int(told["origin-partition"]),
    )


def main(argv: Sequence[str]) -> int:
    """Run the command; exit status 1 with one sentence when it fails, nothing half done."""
    settings = broker_settings()
    parser = argparse.ArgumentParser(prog="python -m chassis.kafka.redrive", description=__doc__)
    parser.add_argument("topic", help="a dead-letter topic")
    parser.add_argument(
        "--bootstrap", default=settings.kafka_bootstrap, help="host:port of the Kafka cluster"
    )
    chosen = parser.parse_args(argv)
    # What goes wrong is said below in one sentence, not before it in the client's own words.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        options = command_options(settings)
        count = asyncio.run(redrive(chosen.topic, bootstrap=chosen.bootstrap, options=options))
    except KafkaConnectionError:
        sys.stderr.write(f"Nothing more was put back: Kafka at {chosen.bootstrap} does not answer.\n")
        return 1
    except (KafkaError, OSError, TimeoutError, NoOrigin) as error:
        sys.stderr.write(f"Nothing more was put back: {str(error).rstrip('.') or 'Kafka took too long'}.\n")
        return 1
    sys.stdout.write(_told(count, topic=chosen.topic))
    return 0


def _told(count: int, *, topic: str) -> str:
    if not count:
        return f"There is nothing to put back in {topic}: no dead letter, or each went back before.\n"
    return f"{count} dead letter{'s' if count > 1 else ''} of {topic} put back.\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
