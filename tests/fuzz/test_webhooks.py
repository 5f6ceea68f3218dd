"""Call-backs: only what the vendor signed counts, byte for byte; whatever else comes is refused, never an error of ours."""

import hashlib
import hmac
import json
from contextlib import suppress
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.kernel.errors import Rejected
from notifier.adapters.signatures import twilio_signature
from notifier.adapters.webhooks import EmailWebhook, TwilioWebhook, WhatsAppWebhook
from notifier.usecases.ports import CallBack, NotSigned
from tests.fuzz.effort import EXAMPLES
from tests.fuzz.mutations import NASTY, of_bytes

URL, TOKEN, SECRET = "https://notifier.acme.example", "twilio-token", "app-secret"
FORM = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+31612345678"}
BATCH = {
    "entry": [
        {
            "changes": [
                {
                    "value": {
                        "statuses": [
                            {"id": "wamid.1", "status": "delivered", "biz_opaque_callback_data": "c-1"}
                        ],
                        "messages": [{"id": "wamid.2", "from": "31612345678", "text": {"body": "stop"}}],
                    }
                }
            ]
        }
    ]
}
NOTICE = {
    "kind": "REPLIED",
    "provider_message_id": "<c-1@acme.example>",
    "text": "hallo",
    "recipient": "a@b.example",
}
TWILIO = TwilioWebhook(public_url=URL, auth_token=TOKEN, allow_unsigned=True)
WHATSAPP = WhatsAppWebhook(app_secret=SECRET, verify_token="v", allow_unsigned=True)
EMAIL = EmailWebhook(secret=SECRET, allow_unsigned=True)
OPEN = (
    TwilioWebhook(public_url=URL, auth_token="", allow_unsigned=True),
    WhatsAppWebhook(app_secret="", verify_token="", allow_unsigned=True),
    EmailWebhook(secret="", allow_unsigned=True),
)
fuzzed = settings(max_examples=EXAMPLES * 3, derandomize=True, deadline=None)
SEEDS = st.integers(min_value=0).map(Random)


def call(body: bytes, *, query: str = "d=c-1", **headers: str) -> CallBack:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return CallBack(path="/v1/webhooks/x", raw_query=query, query={"d": "c-1"}, headers=named, body=body)


def by_twilio(body: bytes, *, signature: str = "", **changes: Any) -> CallBack:
    good = twilio_signature(f"{URL}/v1/webhooks/x?d=c-1", list(FORM.items()), auth_token=TOKEN)
    return call(body, x_twilio_signature=signature or good, **changes)


def by_meta(body: bytes, *, signed: bytes | None = None) -> CallBack:
    digest = hmac.new(SECRET.encode(), body if signed is None else signed, hashlib.sha256).hexdigest()
    return call(body, x_hub_signature_256=f"sha256={digest}")


def test_what_is_signed_is_read_and_read_the_same_when_it_is_replayed() -> None:
    body = urlencode(FORM).encode()
    assert TWILIO.read(by_twilio(body)) == TWILIO.read(by_twilio(body)) != []
    batch = json.dumps(BATCH).encode()
    assert WHATSAPP.read(by_meta(batch)) == WHATSAPP.read(by_meta(batch))
    assert len(WHATSAPP.read(by_meta(batch))) == 2


@fuzzed
@given(at=st.integers(0), bit=st.integers(0, 7))
def test_a_flipped_bit_is_refused_or_means_the_same(at: int, bit: int) -> None:
    body = urlencode(FORM).encode()
    flipped = bytearray(body)
    flipped[at % len(body)] ^= 1 << bit
    with suppress(NotSigned):
        assert TWILIO.read(by_twilio(bytes(flipped))) == TWILIO.read(by_twilio(body))
    batch = json.dumps(BATCH).encode()
    spoilt = bytearray(batch)
    spoilt[at % len(batch)] ^= 1 << bit
    with pytest.raises(NotSigned):
        WHATSAPP.read(by_meta(bytes(spoilt), signed=batch))


@fuzzed
@given(rng=SEEDS)
def test_a_spoilt_body_under_a_good_signature_of_another_is_refused(rng: Random) -> None:
    batch = json.dumps(BATCH).encode()
    spoilt = of_bytes(batch, rng)
    if spoilt != batch:
        with pytest.raises(NotSigned):
            WHATSAPP.read(by_meta(spoilt, signed=batch))


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        "SHA256=" + "0" * 64,
        "sha1=" + "0" * 40,
        "0" * 64,
        "sha256=" + "0" * 64,
        "\xff\xfe",
        "=" * 9000,
    ],
)
def test_a_forged_signature_is_refused(signature: str) -> None:
    batch = json.dumps(BATCH).encode()
    good = by_meta(batch).headers["x-hub-signature-256"]
    # Hexadecimal digits in capitals are another text: the vendor writes small ones.
    for shown in (
        signature,
        good.upper(),
        good.replace("sha256", "sha1"),
        good[:-1],
        good + "0",
        f"{good}, {good}",
    ):
        with pytest.raises(NotSigned):
            WHATSAPP.read(call(batch, x_hub_signature_256=shown))
        with pytest.raises(NotSigned):
            TWILIO.read(call(urlencode(FORM).encode(), x_twilio_signature=shown))
        with pytest.raises(NotSigned):
            EMAIL.read(call(json.dumps(NOTICE).encode(), authorization=f"Bearer {shown}"))


def test_another_query_or_path_or_algorithm_is_refused() -> None:
    body = urlencode(FORM).encode()
    for forged in (
        by_twilio(body, query="d=c-2"),
        by_twilio(body, query=""),
        by_twilio(body, x_twilio_webhooks_signature_settings="ALG=NONE"),
        by_twilio(body + b"&MessageStatus=failed"),
        by_twilio(b"MessageStatus=failed&" + body),
    ):
        with pytest.raises(NotSigned):
            TWILIO.read(forged)


@fuzzed
@given(rng=SEEDS)
def test_whatever_an_open_door_is_told_is_read_or_refused_and_can_be_kept(rng: Random) -> None:
    bodies = [json.dumps(_spoilt(base, rng)).encode() for base in (BATCH, NOTICE)]
    form = {name: str(rng.choice(NASTY)) if rng.random() < 0.4 else value for name, value in FORM.items()}
    form |= {"MessageStatus": "received", "Body": str(rng.choice(NASTY))} if rng.random() < 0.5 else {}
    bodies += [of_bytes(bodies[0], rng), urlencode(form, errors="surrogatepass").encode()]
    for webhook in OPEN:
        for body in bodies:
            try:
                reports = webhook.read(call(body))
            except (NotSigned, Rejected):
                continue
            for report in reports:
                # PostgreSQL keeps neither a NUL nor half a character.
                assert "\x00" not in repr(report).replace("\\x00", "\x00")
                assert "\\ud8" not in repr(report)


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"a":' * 100_000, b'{"entry": ' + b"[" * 99_999])
def test_a_body_nested_too_deeply_is_refused(body: bytes) -> None:
    for webhook in OPEN[1:]:
        with pytest.raises(Rejected):
            webhook.read(call(body))


def _spoilt(value: Any, rng: Random) -> Any:
    if rng.random() < 0.08:
        return rng.choice(NASTY)
    if isinstance(value, dict):
        return {name: _spoilt(item, rng) for name, item in value.items()}
    return [_spoilt(item, rng) for item in value] if isinstance(value, list) else value
