"""Reads what went through Kafka: which commands there are, and whether versions rose in order."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.kafka.registry import registry

COMMANDS = "scheduler.reminder-due.v1"
CHANGES = "invoices.invoice-changed.v1"
TOPICS = (COMMANDS, CHANGES)
READ_S_MAX = 60.0


@dataclass(frozen=True, slots=True)
class Rung:
    """How high on the ladder of which invoices (creditor/invoice) a message stood."""

    keys: tuple[str, ...]
    step: str
    rank: int


@dataclass(slots=True)
class Log:
    """What the log says so far; a relay that crashed may send again what it had sent, never anything older first."""

    commands: dict[str, Rung] = field(default_factory=dict)
    """The commands to send a message, by id."""
    versions: dict[str, int] = field(default_factory=dict)
    """The highest version published of each invoice (creditor/invoice)."""
    disordered: set[str] = field(default_factory=set)
    _seen: set[tuple[str, int]] = field(default_factory=set)
    _positions: dict[TopicPartition, int] = field(default_factory=dict)

    async def read(self, bootstrap: str) -> None:
        """Read on, up to the present end of the topics."""
        consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed")
        await consumer.start()
        try:
            places = [
                TopicPartition(topic, number)
                for topic in TOPICS
                for number in range(registry()[topic].partitions)
            ]
            consumer.assign(places)
            ends = await consumer.end_offsets(places)
            for place in places:
                consumer.seek(place, self._positions.get(place, 0))
            behind = {place for place in places if ends[place] > self._positions.get(place, 0)}
            while behind:
                for place, records in (await consumer.getmany(timeout_ms=500)).items():
                    self._take(place.topic, records)
                    self._positions[place] = records[-1].offset + 1
                behind = {place for place in behind if self._positions.get(place, 0) < ends[place]}
        finally:
            await consumer.stop()

    def _take(self, topic: str, records: Sequence[Any]) -> None:
        for record in records:
            body = json.loads(record.value)
            if topic == COMMANDS and body.get("action") == "SEND":
                self.commands[str(body["command_id"])] = _rung(body)
            elif topic == CHANGES:
                self._change(f"{body['creditor_id']}/{body['invoice_id']}", int(body["version"]))

    def _change(self, key: str, version: int) -> None:
        if (key, version) in self._seen:
            return
        self._seen.add((key, version))
        highest = self.versions.get(key, 0)
        if version < highest:
            self.disordered.add(f"{key}: version {version} came after {highest}")
        self.versions[key] = max(highest, version)


def _rung(body: Mapping[str, Any]) -> Rung:
    """Read for which invoices the command is a step; others are only named in it."""
    keys = [f"{body['creditor_id']}/{i['invoice_id']}" for i in body["invoices"] if i.get("own_step")]
    # proto3's JSON leaves a zero out.
    return Rung(tuple(keys), str(body["step"]), int(body.get("rank", 0)))
