"""Ten-line stand-ins for the machine room's ports; the port suites run over them and over the real ones."""

import asyncio
import random
from collections.abc import Sequence

from msgspec.structs import replace

from chassis.db.outbox import RawMessage
from chassis.kafka.messages import Outgoing
from chassis.kernel.errors import Transient


class FakeSender:
    """Plays Kafka behind the relay: keeps what it was sent, and fails as often as told."""

    def __init__(
        self, sent: list[RawMessage] | None = None, *, failures: int = 0, pause_s_max: float = 0
    ) -> None:
        self.sent = [] if sent is None else sent
        self.failures = failures
        self._pause_s_max = pause_s_max

    async def send(self, messages: Sequence[RawMessage]) -> None:
        """Keep the messages in their order; raises Transient as often as told."""
        if self.failures:
            self.failures -= 1
            raise Transient("the stand-in for Kafka was told to fail")
        for message in messages:
            await asyncio.sleep(random.random() * self._pause_s_max)  # noqa: S311 - a pause, not a secret
            self.sent.append(
                replace(message, value=b"" if message.value is message.key is None else message.value)
            )


class FakeEncoder:
    """Encodes nothing: the value is the id, so that a test can see what was published."""

    def __init__(self) -> None:
        self.published: list[Outgoing] = []

    def encode(self, outgoing: Outgoing, *, traceparent: str = "") -> RawMessage:
        """Keep the message, and return a raw one that names it."""
        del traceparent
        self.published.append(outgoing)
        return RawMessage(
            topic=outgoing.topic, key=outgoing.key.encode(), value=outgoing.id.encode(), headers=[]
        )
