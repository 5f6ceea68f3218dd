"""One running inbox per session, empty and without faults before each test."""

from collections.abc import Iterator

import pytest

from tests.integration.inbox.running import Receiver, RunningInbox, receiving, running_inbox


@pytest.fixture(scope="session")
def inbox_process() -> Iterator[RunningInbox]:
    with receiving() as receiver, running_inbox(receiver) as inbox:
        yield inbox


@pytest.fixture
def inbox(inbox_process: RunningInbox) -> RunningInbox:
    inbox_process.callbacks_done()
    assert inbox_process.http.delete("/messages").status_code == 204
    assert inbox_process.http.delete("/faults").status_code == 204
    inbox_process.receiver.seen.clear()
    inbox_process.receiver.answers.clear()
    return inbox_process


@pytest.fixture
def receiver(inbox: RunningInbox) -> Receiver:
    return inbox.receiver
