"""One suite per port of the machine room, run over the fake and over the real adapter: fakes cannot lie."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from chassis.db.outbox import RawMessage
from chassis.db.relay import Sender


class SenderSuite(ABC):
    """What the relay relies on. A subclass gives ``sender`` as a fixture and reads back what arrived."""

    @abstractmethod
    async def arrived(self, sender: Sender, *, count: int) -> Sequence[RawMessage]:
        """Return what has arrived, per key in order."""

    @abstractmethod
    def topic(self, sender: Sender) -> str:
        """Return a topic that exists."""

    async def test_what_was_sent_has_arrived_in_order_when_send_returns(self, sender: Sender) -> None:
        """Every message of one key, in order, bytes and headers unchanged."""
        topic = self.topic(sender)
        headers = [("ce_id", b"1"), ("x", b"\x00\xff")]
        messages = [
            RawMessage(topic=topic, key=b"c:o", value=str(n).encode(), headers=headers) for n in range(50)
        ]
        await sender.send(messages)
        found = await self.arrived(sender, count=50)
        assert [message.value for message in found] == [message.value for message in messages]  # noqa: S101 - a test
        assert {(m.key, tuple(m.headers)) for m in found} == {(b"c:o", tuple(headers))}  # noqa: S101 - a test

    async def test_a_message_may_have_no_value_or_no_key(self, sender: Sender) -> None:
        """A dead letter is passed on as it was; without both its value arrives empty."""
        pairs = [(b"k", None), (None, b"v"), (None, None)]
        topic = self.topic(sender)
        await sender.send(
            [RawMessage(topic=topic, key=k, value=v, headers=[], partition=0) for k, v in pairs]
        )
        found = await self.arrived(sender, count=3)
        assert [(m.key, m.value) for m in found] == [(b"k", None), (None, b"v"), (None, b"")]  # noqa: S101 - a test

    async def test_nothing_to_send_is_no_fault(self, sender: Sender) -> None:
        """An empty batch returns at once."""
        await sender.send([])
