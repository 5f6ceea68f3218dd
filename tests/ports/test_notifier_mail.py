"""The mail server's trouble gets the same word as every other provider's (providers.md 1.0)."""

import asyncio
from dataclasses import dataclass, field

import pytest

from notifier.adapters.smtp import CONNECTIONS_MAX, SmtpMail, SmtpServer
from notifier.domain.outcome import Accepted, Ambiguous, ConfigError, Outcome, Permanent, Retry, Suppress
from sandbox.stack.addresses import free_ports
from tests.ports.scripted import TIMEOUT_S, listening
from tests.unit.notifier.builders import a_message


@dataclass
class SmtpScript:
    """An SMTP server that answers each verb as told; a None closes the connection."""

    replies: dict[str, str | None] = field(default_factory=dict)
    hang_after_data: bool = False
    slowness_s: float = 0.0
    """How long each reply takes."""
    mails: list[bytes] = field(default_factory=list)
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if not self._say(writer, "BANNER", "220 ready"):
            return
        while line := await reader.readline():
            verb = line.decode("latin-1").split()[0].upper() if line.strip() else ""
            await asyncio.sleep(self.slowness_s)
            usual = {"EHLO": "250-x\r\n250 8BITMIME", "DATA": "354 go", "QUIT": "221 bye"}.get(verb, "250 ok")
            if not self._say(writer, verb, usual):
                return
            if verb == "DATA" and "DATA" not in self.replies and not await self._take(reader, writer):
                return
            if verb == "QUIT":
                return

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        self.mails.append(await reader.readuntil(b"\r\n.\r\n"))
        if self.hang_after_data:
            await asyncio.sleep(TIMEOUT_S * 3)
        return self._say(writer, "END", "250 taken")

    def _say(self, writer: asyncio.StreamWriter, verb: str, usual: str) -> bool:
        reply = self.replies.get(verb, usual)
        if reply is None:
            return False
        writer.write(reply.encode() + b"\r\n")
        return True


async def _mails(script: SmtpScript, *, times: int = 1, user: str = "") -> list[Outcome]:
    async with listening(script.serve) as port:
        server = SmtpServer("127.0.0.1", port, username=user, password=user)
        provider = SmtpMail(server, timeout_s=TIMEOUT_S)
        try:
            return [await provider.send(a_message(contact_id=f"contact-{n}")) for n in range(1, times + 1)]
        finally:
            await provider.close()


async def test_a_taken_mail_is_named_by_its_message_id_and_connections_are_kept() -> None:
    script = SmtpScript()
    assert await _mails(script, times=3) == [Accepted(f"contact-{n}@acme.example") for n in (1, 2, 3)]
    assert script.connections == 1
    assert b"Message-ID: <contact-1@acme.example>" in script.mails[0]


@pytest.mark.parametrize(
    ("replies", "outcome"),
    [
        ({"BANNER": "421 busy"}, Retry),
        ({"BANNER": None}, Retry),
        ({"EHLO": None, "HELO": None}, Retry),
        ({"MAIL": "451 later"}, Retry),
        ({"MAIL": "550 who are you"}, ConfigError),
        ({"MAIL": None}, Retry),
        ({"RCPT": "450 later"}, Retry),
        ({"RCPT": "552 5.2.2 full"}, Retry),
        ({"RCPT": None}, Retry),
        ({"DATA": "451 later"}, Retry),
        ({"END": "451 later"}, Retry),
        ({"END": "421 closing"}, Retry),
        ({"END": None}, Ambiguous),
    ],
)
async def test_smtp_trouble_gets_its_word(replies: dict[str, str | None], outcome: type[Outcome]) -> None:
    (met,) = await _mails(SmtpScript(replies))
    assert type(met) is outcome


@pytest.mark.parametrize("verb", ["RCPT", "END"])
async def test_an_unknown_mailbox_is_not_written_to_again(verb: str) -> None:
    outcomes = await _mails(SmtpScript({verb: "550 5.1.1 unknown"}))
    assert outcomes == [Permanent("SMTP_550", suppress=Suppress.ADDRESS)]


async def test_a_policy_refusal_leaves_the_address_in_use() -> None:
    assert await _mails(SmtpScript({"END": "554 5.7.1 spam"})) == [Permanent("SMTP_554")]


async def test_a_mail_without_an_answer_after_data_is_ambiguous() -> None:
    script = SmtpScript(hang_after_data=True)
    (met,) = await _mails(script)
    assert isinstance(met, Ambiguous)
    assert len(script.mails) == 1


async def test_a_mail_never_sets_out_when_its_envelope_took_too_long() -> None:
    # Every single answer is in time; together they outlast the lease, and another sender may have the message.
    script = SmtpScript(slowness_s=TIMEOUT_S * 0.6)
    (met,) = await _mails(script)
    assert isinstance(met, Retry)
    assert script.mails == []


async def test_a_mail_that_waits_too_long_for_a_connection_never_sets_out() -> None:
    script = SmtpScript(hang_after_data=True)
    async with listening(script.serve) as port:
        provider = SmtpMail(SmtpServer("127.0.0.1", port), timeout_s=TIMEOUT_S)
        messages = [a_message(contact_id=f"contact-{n}") for n in range(CONNECTIONS_MAX + 1)]
        outcomes = await asyncio.gather(*map(provider.send, messages))
        await provider.close()
    # Each connection was held for longer than the last mail may wait: nobody knows of the others, all of it.
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Ambiguous"] * CONNECTIONS_MAX + [
        "Retry"
    ]
    assert len(script.mails) == CONNECTIONS_MAX


async def test_wrong_smtp_credentials_stop_the_channel() -> None:
    replies: dict[str, str | None] = {"EHLO": "250-x\r\n250 AUTH PLAIN", "AUTH": "535 no"}
    (met,) = await _mails(SmtpScript(replies), user="u")
    assert isinstance(met, ConfigError)


async def test_no_mail_server_at_all_is_tried_again() -> None:
    (port,) = free_ports(1)
    provider = SmtpMail(SmtpServer("127.0.0.1", port), timeout_s=TIMEOUT_S)
    assert isinstance(await provider.send(a_message()), Retry)


async def test_a_refused_mail_leaves_the_connection_usable_for_the_next() -> None:
    script = SmtpScript()
    async with listening(script.serve) as port:
        provider = SmtpMail(SmtpServer("127.0.0.1", port), timeout_s=TIMEOUT_S)
        script.replies = {"RCPT": "450 later"}
        assert isinstance(await provider.send(a_message()), Retry)
        script.replies = {}
        assert isinstance(await provider.send(a_message()), Accepted)
        assert script.connections == 1
        await provider.close()


async def test_a_kept_connection_that_died_costs_nothing() -> None:
    script = SmtpScript()
    async with listening(script.serve) as port:
        provider = SmtpMail(SmtpServer("127.0.0.1", port), timeout_s=TIMEOUT_S)
        assert isinstance(await provider.send(a_message()), Accepted)
        script.replies = {"MAIL": None}
        assert isinstance(await provider.send(a_message()), Retry)
        script.replies = {}
        assert isinstance(await provider.send(a_message()), Accepted)
        await provider.close()
    assert len(script.mails) == 2
