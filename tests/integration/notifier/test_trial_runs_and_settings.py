"""Trial runs send everything to one address; what is not built yet is refused at start."""

from pathlib import Path

import pytest

from chassis.settings import load
from notifier.settings import Settings
from tests.integration.notifier.events import customer_changed, reminder_due
from tests.integration.notifier.stage import open_stage, sending
from tests.support.servers import Databases
from tests.unit.notifier.builders import NOON


async def test_a_trial_run_sends_every_channel_to_one_address(databases: Databases, tmp_path: Path) -> None:
    async with (
        databases.fresh("notifier") as database,
        open_stage(database, folder=tmp_path, redirect_all_to="proef@acme.example") as stage,
    ):
        stage.set_clock(NOON)
        async with sending(stage):
            channels = ("EMAIL", "SMS", "WHATSAPP", "LETTER")
            await stage.take_in(
                customer_changed(),
                *(
                    reminder_due(f"c-{n}", channel=channel, at=f"2026-04-06T06:0{n}:00Z")
                    for n, channel in enumerate(channels)
                ),
            )
            await stage.settle()
        sent = stage.inbox_messages()
        assert [(message.channel.value, message.to) for message in sent] == [
            ("EMAIL", "proef@acme.example")
        ] * 4
        for message, channel in zip(sent, channels, strict=True):
            assert message.subject.startswith(f"[{channel}]")
            assert message.text.splitlines()[0].startswith("PROEFBERICHT. Dit bericht was bestemd voor ")
            assert message.text.splitlines()[0].endswith(f"({channel}).")
        contacts = await stage.contacts()
        assert [contact["channel"] for contact in contacts] == list(channels)
        assert contacts[1]["recipient"] == "+31612345678"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("VELVET_SMS_PROVIDER", "cm"),
        ("VELVET_TASKS_PROVIDER", "hubspot"),
        ("VELVET_TASKS_PROVIDER", "salesforce"),
        ("VELVET_TASKS_PROVIDER", "webhook"),
        ("VELVET_LETTER_PROVIDER", "pingen"),
    ],
)
def test_a_provider_that_is_not_built_is_refused_in_a_sentence(
    variable: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        load(Settings, service="notifier", environ={"VELVET_SANDBOX": "true", variable: value})
    assert ended.value.code == 2
    assert f"{variable}={value} is not built yet" in capsys.readouterr().err


def test_outside_the_sandbox_every_missing_setting_is_named_at_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        load(Settings, service="notifier", environ={})
    said = capsys.readouterr().err
    for variable in (
        "VELVET_SMTP_URL",
        "VELVET_NOTIFIER_PUBLIC_URL",
        "VELVET_EMAIL_WEBHOOK_SECRET",
        "VELVET_AUTH_SERVICE_TOKEN_FILE",
    ):
        assert f"{variable} must be set outside the sandbox." in said


@pytest.mark.parametrize("url", ["mail.example", "http://x", "smtp://"])
def test_a_mail_address_that_is_none_is_named(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        load(Settings, service="notifier", environ={"VELVET_SANDBOX": "true", "VELVET_SMTP_URL": url})
    assert "VELVET_SMTP_URL" in capsys.readouterr().err
