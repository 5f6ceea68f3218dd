"""One suite for every provider, the fake and the real ones: the same trouble gets the same word (providers.md 1.0)."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from notifier.adapters.http_outcomes import CONNECT_TIMEOUT_S
from notifier.adapters.http_outcomes import TIMEOUT_S as TIMEOUT_OF_VENDORS_S
from notifier.adapters.letters import LetterFolder, LetterService
from notifier.adapters.repositories_contacts import LEASE_S
from notifier.adapters.smtp import TIMEOUT_S as TIMEOUT_OF_MAIL_S
from notifier.adapters.templates import TemplateRenderer
from notifier.adapters.twilio import TwilioAccount, TwilioSms
from notifier.adapters.whatsapp import WhatsApp, WhatsAppAccount
from notifier.domain.message import Message
from notifier.domain.outcome import (
    Absent,
    Accepted,
    Ambiguous,
    ConfigError,
    Outcome,
    Permanent,
    Retry,
)
from notifier.usecases.ports import Provider
from sandbox.stack.addresses import free_ports
from tests.ports.scripted import TIMEOUT_S, listening
from tests.unit.notifier.builders import NOON, a_command, a_message, a_party
from tests.unit.notifier.fakes import FakeProvider

# -- HTTP vendors ---------------------------------------------------------------------------------------------


@dataclass
class Script:
    """What the vendor does with the next requests, and what it got."""

    answer: bytes = b""
    hang: bool = False
    requests: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (
                    int(line.split(b":")[1])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length")
                ),
                0,
            )
            self.requests.append(head + await reader.readexactly(length))
            if self.hang:
                await asyncio.sleep(TIMEOUT_S * 3)
            if not self.answer:
                return
            writer.write(self.answer)
            await writer.drain()


def http(status: int, body: object, *headers: str) -> bytes:
    content = json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def _twilio(port: int) -> TwilioSms:
    account = TwilioAccount(
        f"http://127.0.0.1:{port}", "AC1", "token", public_url="https://notifier.acme.example"
    )
    return TwilioSms(account, timeout_s=TIMEOUT_S)


def _whatsapp(port: int) -> WhatsApp:
    return WhatsApp(WhatsAppAccount(f"http://127.0.0.1:{port}", "123", "token"), timeout_s=TIMEOUT_S)


def _letters(port: int) -> LetterService:
    return LetterService(f"http://127.0.0.1:{port}", token="secret", timeout_s=TIMEOUT_S)


@dataclass(frozen=True)
class Vendor:
    """One HTTP vendor: how to reach it, how it says yes and no."""

    make: Callable[[int], TwilioSms | WhatsApp | LetterService]
    message: Message
    taken: bytes
    temporary: bytes
    permanent: bytes
    credentials: bytes


def _letter() -> Message:
    command = a_command(channel="LETTER", template="last-notice", tone="FORMAL")
    return a_message("LETTER", rendered=TemplateRenderer().message(command, party=a_party(), now=NOON))


VENDORS = {
    "twilio": Vendor(
        _twilio,
        a_message("SMS"),
        http(201, {"sid": "SM1"}),
        http(429, {"code": 20429}, "Retry-After: 120"),
        http(400, {"code": 21211}),
        http(401, {"code": 20003}),
    ),
    "whatsapp": Vendor(
        _whatsapp,
        a_message("WHATSAPP"),
        http(200, {"messages": [{"id": "wamid.1"}]}),
        http(429, {"error": {"code": 130429}}, "Retry-After: 120"),
        http(400, {"error": {"code": 131026}}),
        http(401, {"error": {"code": 190}}),
    ),
    "letters": Vendor(
        _letters,
        _letter(),
        http(201, {}),
        http(429, {}, "Retry-After: 120"),
        http(422, {}),
        http(401, {}),
    ),
}


@pytest.fixture(params=sorted(VENDORS))
def vendor(request: pytest.FixtureRequest) -> Vendor:
    return VENDORS[request.param]


async def _meets(vendor: Vendor, script: Script) -> Outcome:
    async with listening(script.serve) as port:
        provider = vendor.make(port)
        try:
            return await provider.send(vendor.message)
        finally:
            await provider.close()


async def test_a_taken_message_has_the_vendors_name(vendor: Vendor) -> None:
    outcome = await _meets(vendor, Script(vendor.taken))
    assert isinstance(outcome, Accepted)
    assert outcome.provider_id in {"SM1", "wamid.1", "contact-1"}


async def test_a_vendor_in_trouble_is_asked_again_when_it_says(vendor: Vendor) -> None:
    outcome = await _meets(vendor, Script(vendor.temporary))
    assert isinstance(outcome, Retry)
    assert outcome.after_s == 120
    assert isinstance(await _meets(vendor, Script(http(500, {}))), Retry)


async def test_a_refusal_for_good_is_not_repeated(vendor: Vendor) -> None:
    assert isinstance(await _meets(vendor, Script(vendor.permanent)), Permanent)


async def test_wrong_credentials_stop_the_channel(vendor: Vendor) -> None:
    assert isinstance(await _meets(vendor, Script(vendor.credentials)), ConfigError)


async def test_a_lost_answer_is_no_answer(vendor: Vendor) -> None:
    dropped, late = Script(), Script(vendor.taken, hang=True)
    assert isinstance(await _meets(vendor, dropped), Ambiguous)
    assert isinstance(await _meets(vendor, late), Ambiguous)
    assert len(dropped.requests) == len(late.requests) == 1


async def test_an_answer_cut_in_the_middle_is_no_answer(vendor: Vendor) -> None:
    assert isinstance(await _meets(vendor, Script(vendor.taken[:-1])), Ambiguous)


async def test_an_answer_that_is_no_json_is_never_a_yes_with_a_name(vendor: Vendor) -> None:
    status = vendor.taken.split(b" ")[1]
    garbled = b"HTTP/1.1 " + status + b" X\r\nContent-Length: 3\r\n\r\n<a>"
    outcome = await _meets(vendor, Script(garbled))
    assert isinstance(outcome, Ambiguous) or vendor is VENDORS["letters"]


async def test_a_vendor_cannot_lead_us_elsewhere(vendor: Vendor) -> None:
    script = Script(http(302, {}, "Location: /latest/meta-data/"))
    assert not isinstance(await _meets(vendor, script), Accepted)
    assert len(script.requests) == 1


async def test_where_nobody_listens_nothing_was_sent(vendor: Vendor) -> None:
    (port,) = free_ports(1)
    provider = vendor.make(port)
    assert isinstance(await provider.send(vendor.message), Retry)
    await provider.close()


async def test_twilio_gets_what_it_needs() -> None:
    script = Script(http(201, {"sid": "SM1"}))
    await _meets(VENDORS["twilio"], script)
    request = script.requests[0].decode()
    assert "POST /2010-04-01/Accounts/AC1/Messages.json" in request
    assert "To=%2B31612345678" in request
    assert "ValidityPeriod=36000" in request
    callback = "StatusCallback=https%3A%2F%2Fnotifier.acme.example%2Fv1%2Fwebhooks%2Ftwilio%3Fd%3Dcontact-1"
    assert callback in request
    assert "From=Acme" in request


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        ([{"sid": "SM9", "body": "Er staat nog € 1,00 open."}], Accepted("SM9")),
        ([{"sid": "SM9", "body": "iets anders"}], Absent()),
        ([], Absent()),
    ],
)
async def test_twilio_is_looked_up_by_recipient_and_words(
    listed: list[dict[str, str]], found: object
) -> None:
    script = Script(http(200, {"messages": listed}))
    async with listening(script.serve) as port:
        provider = _twilio(port)
        assert await provider.look_up(a_message("SMS")) == found
        await provider.close()
    assert b"To=%2B31612345678" in script.requests[0]


async def test_whatsapp_gets_a_template_with_our_words_and_our_id() -> None:
    script = Script(VENDORS["whatsapp"].taken)
    await _meets(VENDORS["whatsapp"], script)
    body = json.loads(script.requests[0].split(b"\r\n\r\n", 1)[1])
    assert body["biz_opaque_callback_data"] == "contact-1"
    assert body["to"] == "31612345678"
    assert body["template"]["name"] == "velvet_message_1"
    assert body["template"]["language"] == {"policy": "deterministic", "code": "nl"}


def test_a_lease_outlasts_every_provider_call() -> None:
    http_s = CONNECT_TIMEOUT_S + 2 * TIMEOUT_OF_VENDORS_S
    assert max(2 * TIMEOUT_OF_MAIL_S, http_s) + 10 < LEASE_S


# -- the folder, and the fake ---------------------------------------------------------------------------------


async def test_a_letter_written_twice_is_one_letter(tmp_path: Path) -> None:
    folder = LetterFolder(tmp_path / "letters")
    for _ in range(2):
        assert await folder.send(_letter()) == Accepted("contact-1")
    assert sorted(path.name for path in (tmp_path / "letters").iterdir()) == [
        "contact-1.json",
        "contact-1.pdf",
    ]
    slip = json.loads((tmp_path / "letters" / "contact-1.json").read_text())
    assert slip["address"][0] == "Bouwbedrijf Jansen"


async def test_a_folder_that_cannot_be_written_stops_the_channel(tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("in the way")
    assert isinstance(await LetterFolder(tmp_path / "letters").send(_letter()), ConfigError)


@pytest.mark.parametrize("outcome", [Retry("x"), Permanent("x"), ConfigError("x"), Ambiguous("x")])
async def test_the_fake_answers_as_the_real_ones(outcome: Outcome) -> None:
    fake: Provider = FakeProvider(outcome)
    assert await fake.send(a_message()) == outcome
    assert isinstance(await fake.send(a_message()), Accepted)
    assert isinstance(await FakeProvider().look_up(a_message()), Absent)
