"""The registry of topics (proto/topics.yaml), read once and typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import yaml

_CLOCK_MESSAGE = "contracts.scheduler.v1.ClockAdvanced"
_BESIDE_THE_CODE = Path(__file__).with_name("topics.yaml")
_IN_THE_REPOSITORY = Path(__file__).resolve().parents[3] / "proto" / "topics.yaml"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: who writes what into it, and who reads it."""

    name: str
    message: str
    """Full protobuf name, empty for a dead-letter topic."""
    key: str
    partitions: int
    retention_days: int
    """-1 keeps for ever."""
    producer: str
    consumers: frozenset[str]
    dead_letter: str
    """Where its consumers put what can never succeed; empty: each its own ``<service>.dead-letter.v1``."""
    payment: bool = False
    soft: tuple[str, ...] = ()
    """Fields (dotted) whose JSON may have the wrong shape without making the record poison."""

    @property
    def is_clock(self) -> bool:
        """Whether it carries the sandbox's clock, which the chassis follows itself."""
        return self.message == _CLOCK_MESSAGE

    @property
    def body(self) -> type[msgspec.Struct]:
        """The lean type of its messages."""
        package, _, name = self.message.rpartition(".")
        found: type[msgspec.Struct] = getattr(import_module(package), name)
        return found

    @property
    def protobuf(self) -> Any:
        """The protobuf class of its messages (opaque to the type checker: generated)."""
        package, _, name = self.message.rpartition(".")
        owner = package.split(".")[1]
        return getattr(import_module(f"{package}.{owner}_pb2"), name)


class Registry:
    """All topics by name, and the questions that the chassis asks about them."""

    def __init__(self, topics: Mapping[str, Topic]) -> None:
        self.topics = topics

    def __getitem__(self, name: str) -> Topic:
        return self.topics[name]

    def consumed_by(self, service: str) -> frozenset[str]:
        """Return the names of the topics that the service reads."""
        return frozenset(topic.name for topic in self.topics.values() if service in topic.consumers)

    def published_by(self, service: str) -> tuple[str, ...]:
        """Return the names of the topics that the service writes and somebody reads."""
        return tuple(t.name for t in self.topics.values() if t.producer == service and t.consumers)

    def payment_topics(self) -> tuple[str, ...]:
        """Return the topics that must be taken in before anybody may be approached about money."""
        return tuple(topic.name for topic in self.topics.values() if topic.payment)

    def dead_letter_of(self, service: str, *, topic: str) -> str:
        """Return where ``service`` puts a record of ``topic`` that can never succeed."""
        known = self.topics.get(topic)
        chosen = known.dead_letter if known else ""
        return chosen if chosen.startswith(f"{service}.") else f"{service}.dead-letter.v1"


def read(text: str) -> Registry:
    """Read the registry from YAML; a missing or misspelt entry fails here, at start."""
    raw = yaml.safe_load(text)
    defaults = raw.get("defaults", {})
    topics = {}
    for entry in raw["topics"]:
        merged = {"message": "", "dead_letter": "", **defaults, **entry}
        merged["consumers"] = frozenset(merged["consumers"])
        merged["soft"] = tuple(merged.get("soft", ()))
        topics[entry["name"]] = Topic(**merged)
    return Registry(topics)


@lru_cache(maxsize=1)
def registry() -> Registry:
    """Return the registry that stands beside the code when installed, in proto/ in a checkout."""
    path = _IN_THE_REPOSITORY if _IN_THE_REPOSITORY.exists() else _BESIDE_THE_CODE
    return read(path.read_text(encoding="utf-8"))
