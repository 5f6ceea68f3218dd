"""Creates the registry's topics: ``python -m chassis.kafka.topics create``."""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from chassis.kafka.connection import broker_settings, command_options
from chassis.kafka.producer import MESSAGE_BYTES_MAX
from chassis.kafka.registry import Topic, registry

_DAY_MS = 86_400_000
_READY_S_MAX = 60.0
_MESSAGE_BYTES = 1_048_588


def _new(topic: Topic, *, replication: int, partitions_max: int) -> NewTopic:
    retention_ms = -1 if topic.retention_days < 0 else topic.retention_days * _DAY_MS
    return NewTopic(
        name=topic.name,
        num_partitions=min(topic.partitions, partitions_max or topic.partitions),
        replication_factor=replication,
        topic_configs={
            "retention.ms": str(retention_ms),
            "min.insync.replicas": str(max(1, replication - 1)),
            "cleanup.policy": "delete",
            # A dead letter is a record as large as a topic takes, and its reason.
            "max.message.bytes": str(_MESSAGE_BYTES if topic.message else MESSAGE_BYTES_MAX),
        },
    )


async def create(
    bootstrap: str,
    *,
    replication: int = 1,
    partitions_max: int = 0,
    options: Mapping[str, object] | None = None,
) -> int:
    """Create what is missing, wait until every partition has a leader; returns how many were missing.

    ``partitions_max``: no topic gets more of them, for a cluster on one small machine; 0: as the registry says.
    A topic that is there keeps what it has: moving keys to other partitions would break their order.
    ``options``: how to connect, where an address is not all (chassis.kafka.connection).
    """
    admin = AIOKafkaAdminClient(
        **{**(options or {}), "bootstrap_servers": bootstrap, "request_timeout_ms": 30_000}
    )
    await admin.start()
    try:
        known = set(await admin.list_topics())
        missing = [topic for topic in registry().topics.values() if topic.name not in known]
        if missing:
            response = await admin.create_topics(
                [_new(t, replication=replication, partitions_max=partitions_max) for t in missing]
            )
            for name, code, *_ in response.topic_errors:
                if code and code != TopicAlreadyExistsError.errno:
                    raise for_code(code)(f"topic {name} could not be created")
        await _wait_for_leaders(admin)
    finally:
        await admin.close()
    return len(missing)


async def _wait_for_leaders(admin: AIOKafkaAdminClient) -> None:
    """Poll the metadata until every partition of every topic has a leader."""
    names = list(registry().topics)
    async with asyncio.timeout(_READY_S_MAX):
        while True:
            described = await admin.describe_topics(names)
            leaders = {t["topic"]: [p["leader"] for p in t["partitions"]] for t in described}
            if all(min(leaders.get(name, []), default=-1) >= 0 for name in names):
                return
            await asyncio.sleep(0.05)


def main(argv: Sequence[str]) -> int:
    """Run the command; exit status 1 with one sentence when the broker refuses or stays away."""
    settings = broker_settings()
    parser = argparse.ArgumentParser(prog="python -m chassis.kafka.topics", description=__doc__)
    parser.add_argument("action", choices=["create"])
    parser.add_argument(
        "--bootstrap", default=settings.kafka_bootstrap, help="host:port of the Kafka cluster"
    )
    parser.add_argument(
        "--replication", type=int, default=settings.kafka_replication, help="copies of each partition"
    )
    parser.add_argument("--partitions-max", type=int, default=0, help="at most so many a topic; 0: no limit")
    chosen = parser.parse_args(argv)
    try:
        count = asyncio.run(
            create(
                chosen.bootstrap,
                replication=chosen.replication,
                partitions_max=chosen.partitions_max,
                options=command_options(settings),
            )
        )
    except (KafkaError, OSError, TimeoutError) as error:
        sys.stderr.write(f"Kafka at {chosen.bootstrap} did not create the topics: {error!r}\n")
        return 1
    sys.stdout.write(f"{count} topics created, {len(registry().topics)} there.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
