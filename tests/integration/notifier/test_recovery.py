"""After a crash: what was not sent goes again, what may have been sent is never repeated blindly."""

from pathlib import Path

import pytest

from notifier.usecases.send_due import SendDue
from sandbox.inbox.messages import Channel
from tests.integration.notifier.events import customer_changed, reminder_due
from tests.integration.notifier.stage import Stage, open_stage, sending
from tests.support.servers import Databases
from tests.unit.notifier.builders import NOON


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it, nothing is cleaned up."""


async def _die_at(stage: Stage, point: str, *, channel: str) -> None:
    """Run one batch of the real sender and let it die at a fault point."""
    await stage.take_in(customer_changed(), reminder_due(channel=channel))
    sender = stage.service.background[0].func.__self__  # type: ignore[attr-defined]
    send_due: SendDue = sender._lane._send_due

    def fault_point(name: str) -> None:
        if name == point:
            raise Killed

    dying = SendDue(
        works=send_due.works,
        gate=send_due.gate,
        renderer=send_due.renderer,
        providers=send_due.providers,
        clock=send_due.clock,
        meters=send_due.meters,
        owner=send_due.owner,
        fault_point=fault_point,
    )
    with pytest.raises(Killed):
        await dying()


@pytest.mark.parametrize("point", ["after_claim", "before_provider_io"])
@pytest.mark.parametrize("channel", ["EMAIL", "SMS", "WHATSAPP", "LETTER"])
async def test_what_died_before_the_call_is_sent_once_by_the_next_process(
    idle_stage: Stage, point: str, channel: str
) -> None:
    await _die_at(idle_stage, point, channel=channel)
    assert idle_stage.inbox_messages() == []
    async with sending(idle_stage):
        await idle_stage.settle()
    assert [sent.channel for sent in idle_stage.inbox_messages()] == [Channel(channel)]
    assert (await idle_stage.contacts())[0]["outcome"] in {"ACCEPTED", "DELIVERED"}


async def test_a_mail_that_died_after_the_call_is_ambiguous(idle_stage: Stage) -> None:
    await _die_at(idle_stage, "after_provider_io", channel="EMAIL")
    async with sending(idle_stage):
        await idle_stage.settle()
    assert len(idle_stage.inbox_messages()) == 1
    (contact,) = await idle_stage.contacts()
    assert (contact["outcome"], contact["why"]) == ("AMBIGUOUS", "INTERRUPTED")


async def test_a_mail_that_died_after_the_call_is_found_in_the_relays_log(
    databases: Databases, tmp_path: Path
) -> None:
    async with (
        databases.fresh("notifier") as database,
        open_stage(database, folder=tmp_path, mail_log=True) as stage,
    ):
        stage.set_clock(NOON)
        await _die_at(stage, "after_provider_io", channel="EMAIL")
        async with sending(stage):
            await stage.settle()
        assert len(stage.inbox_messages()) == 1
        (contact,) = await stage.contacts()
        assert (contact["outcome"], contact["provider_message_id"]) == (
            "ACCEPTED",
            "contact-1@velvet.example",
        )


async def test_a_mail_that_never_left_is_sent_once_the_log_is_sure(
    databases: Databases, tmp_path: Path
) -> None:
    async with (
        databases.fresh("notifier") as database,
        open_stage(database, folder=tmp_path, mail_log=True) as stage,
    ):
        stage.set_clock(NOON)
        await _die_at(stage, "after_provider_io", channel="EMAIL")
        stage.inbox.mailbox.empty()
        await stage.execute("UPDATE contacts SET called_at = clock_timestamp() - interval '6 seconds'")
        async with sending(stage):
            await stage.settle()
        assert len(stage.inbox_messages()) == 1
        assert (await stage.contacts())[0]["outcome"] == "ACCEPTED"


async def test_an_sms_that_died_after_the_call_is_found_at_the_provider(idle_stage: Stage) -> None:
    await _die_at(idle_stage, "after_provider_io", channel="SMS")
    async with sending(idle_stage):
        await idle_stage.settle()
    assert len(idle_stage.inbox_messages()) == 1
    assert (await idle_stage.contacts())[0]["outcome"] == "DELIVERED"


async def test_a_letter_that_died_after_the_call_is_one_letter(idle_stage: Stage) -> None:
    await _die_at(idle_stage, "after_provider_io", channel="LETTER")
    async with sending(idle_stage):
        await idle_stage.settle()
    assert len(idle_stage.inbox_messages()) == 1
    assert (await idle_stage.contacts())[0]["outcome"] == "ACCEPTED"


async def test_a_lease_of_another_process_is_left_alone_until_it_runs_out(idle_stage: Stage) -> None:
    stage = idle_stage
    await _die_at(stage, "after_claim", channel="EMAIL")
    await stage.execute("UPDATE contacts SET owner = 'somebody-else'")
    sender = stage.service.background[0].func.__self__  # type: ignore[attr-defined]
    assert await sender._lane._recover(owner=None) == 0
    await stage.execute("UPDATE contacts SET lease_until = clock_timestamp() - interval '1 second'")
    assert await sender._lane._recover(owner=None) == 1
    async with sending(stage):
        await stage.settle()
    assert len(stage.inbox_messages()) == 1


async def test_an_answer_that_comes_after_a_takeover_changes_nothing(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.take_in(customer_changed(), reminder_due())
    sender = stage.service.background[0].func.__self__  # type: ignore[attr-defined]
    send_due: SendDue = sender._lane._send_due
    now = stage.service.clock.now()
    assert now is not None
    async with send_due.works() as work:
        old = await work.contacts.claim_due(now, owner="zombie", limit=10)
    await stage.execute("UPDATE contacts SET state = 'PENDING'")
    async with send_due.works() as work:
        new = await work.contacts.claim_due(now, owner="fresh", limit=10)
        assert [c.delivery.token for c in new] == [c.delivery.token + 1 for c in old]
        assert await send_due._still_ours(work, old) == []
