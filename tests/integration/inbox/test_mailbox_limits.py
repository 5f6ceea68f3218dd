"""The mailbox is bounded: the oldest messages make room for the newest."""

import pytest

from sandbox.inbox import messages
from sandbox.inbox.messages import Attachment, Channel, Draft, Mailbox


def _draft(number: int, *, size_bytes: int = 0) -> Draft:
    attachments = (Attachment("a.pdf", "application/pdf", bytes(size_bytes)),) if size_bytes else ()
    return Draft(channel=Channel.CALL, to="1", provider_message_id=f"t{number}", attachments=attachments)


def _kept(mailbox: Mailbox) -> list[str]:
    page = mailbox.page(channel=None, to=None, after=0, limit=500)
    return [message.draft.provider_message_id for message in page.items]


def test_above_the_limit_the_oldest_message_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "MESSAGES_KEPT_MAX", 3)
    mailbox = Mailbox()
    for number in range(1, 6):
        mailbox.keep(_draft(number))
    assert _kept(mailbox) == ["t3", "t4", "t5"]
    assert mailbox.find(Channel.CALL, "t2") is None
    assert mailbox.get(3) is mailbox.find(Channel.CALL, "t3")
    assert mailbox.received[Channel.CALL] == 5


def test_large_attachments_count_towards_the_memory_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "BYTES_KEPT_MAX", 2_500)
    mailbox = Mailbox()
    for number in range(1, 5):
        mailbox.keep(_draft(number, size_bytes=1_000))
    assert _kept(mailbox) == ["t3", "t4"]


def test_ids_follow_from_what_is_sent_and_not_from_the_order_of_arrival() -> None:
    first, second = Mailbox(), Mailbox()
    one = {text: first.next_id("sms", text) for text in ("a", "b")}
    other = {text: second.next_id("sms", text) for text in ("b", "a")}
    assert one == other
    assert first.next_id("sms", "a") != one["a"]
