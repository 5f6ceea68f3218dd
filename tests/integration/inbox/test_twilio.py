"""The inbox as Twilio: shape, credentials, errors, call-backs and their signatures."""

import base64
import hashlib
import hmac
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import jsonschema
import pytest

from tests.integration.inbox.running import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    REPOSITORY,
    Receiver,
    RunningInbox,
    send_sms,
)

SPECIFICATION = REPOSITORY.parent / "shared" / "specs" / "twilio_api_v2010.json"


def _specification() -> dict[str, Any]:
    if not SPECIFICATION.exists():
        pytest.skip(f"NOT CHECKED against Twilio's own specification: {SPECIFICATION.name} is absent")
    specification: dict[str, Any] = json.loads(Path(SPECIFICATION).read_text("utf-8"))
    return specification


def _nullable(schema: Any) -> Any:
    """Turn OpenAPI 3.0's `nullable` into JSON Schema, and leave out formats that jsonschema does not know."""
    if isinstance(schema, list):
        return [_nullable(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: _nullable(value) for name, value in schema.items() if name not in {"nullable", "format"}}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


def test_an_sms_is_answered_in_the_shape_of_twilios_specification(inbox: RunningInbox) -> None:
    specification = _specification()
    answer = send_sms(inbox, StatusCallback=f"{inbox.receiver.url}/status?d=delivery-1")
    assert answer.status_code == 201
    components = _nullable(specification["components"])
    schema = {"$ref": "#/components/schemas/api.v2010.account.message", "components": components}
    jsonschema.Draft202012Validator(schema).validate(answer.json())
    properties = specification["components"]["schemas"]["api.v2010.account.message"]["properties"]
    assert set(answer.json()) == set(properties)


def test_every_field_of_the_specifications_request_is_taken(inbox: RunningInbox) -> None:
    path = _specification()["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]["post"]
    schema = path["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    assert {"To", "From", "Body", "StatusCallback", "ValidityPeriod"} <= set(schema["properties"])
    assert send_sms(inbox, ValidityPeriod="7200", SmartEncoded="true", RiskCheck="disable").status_code == 201
    assert inbox.messages()[0]["headers"]["ValidityPeriod"] == "7200"


def test_an_sms_is_kept_and_shown_under_twilios_id(inbox: RunningInbox) -> None:
    sid = send_sms(inbox).json()["sid"]
    assert re.fullmatch(r"SM[0-9a-f]{32}", sid)
    (kept,) = inbox.messages(channel="SMS")
    assert (kept["to"], kept["text"], kept["provider_message_id"], kept["subject"]) == (
        "+31612345678",
        "Factuur 2026-0001 staat nog open.",
        sid,
        "",
    )


def test_the_same_text_twice_gets_two_ids(inbox: RunningInbox) -> None:
    assert send_sms(inbox).json()["sid"] != send_sms(inbox).json()["sid"]


def test_call_backs_come_in_order_and_with_twilios_signature(inbox: RunningInbox) -> None:
    url = f"{inbox.receiver.url}/v1/webhooks/twilio?d=delivery-1"
    sid = send_sms(inbox, StatusCallback=url).json()["sid"]
    seen = inbox.callbacks_done()
    forms = [{name: values[0] for name, values in parse_qs(one.body.decode()).items()} for one in seen]
    assert [form["MessageStatus"] for form in forms] == ["delivered"]
    assert {form["MessageSid"] for form in forms} == {sid}
    for one, form in zip(seen, forms, strict=True):
        assert one.path == "/v1/webhooks/twilio?d=delivery-1"
        signed = url
        for name in sorted(form):
            signed += name + form[name]
        expected = base64.b64encode(hmac.digest(AUTH_TOKEN.encode(), signed.encode(), hashlib.sha1))
        assert one.headers["X-Twilio-Signature"] == expected.decode()
    fetched = inbox.http.get(
        f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{sid}.json", auth=(ACCOUNT_SID, AUTH_TOKEN)
    )
    assert fetched.json()["status"] == "delivered"


def test_a_signature_changes_with_the_url_and_with_each_parameter() -> None:
    # Independent of our code: Twilio's documented example for validating requests.
    from sandbox.inbox.signatures import twilio_signature  # noqa: PLC0415

    parameters = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    signature = twilio_signature(url=url, parameters=parameters, auth_token="12345")
    assert signature == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert twilio_signature(url=url + "&", parameters=parameters, auth_token="12345") != signature
    shuffled = dict(reversed(parameters.items()))
    assert twilio_signature(url=url, parameters=shuffled, auth_token="12345") == signature
    changed = {**parameters, "Digits": "1235"}
    assert twilio_signature(url=url, parameters=changed, auth_token="12345") != signature


def test_a_call_back_that_fails_is_tried_again(inbox: RunningInbox, receiver: Receiver) -> None:
    receiver.answers = [500, 500, 204]
    send_sms(inbox, StatusCallback=f"{receiver.url}/status")
    statuses = [parse_qs(one.body.decode())["MessageStatus"][0] for one in inbox.callbacks_done()]
    assert statuses == ["delivered"] * 3


@pytest.mark.parametrize(
    ("missing", "code"),
    [({"To": ""}, 21604), ({"Body": ""}, 21602), ({"From": ""}, 21603), ({"To": "06-1"}, 21211)],
)
def test_a_request_that_twilio_would_not_take_gets_twilios_error(
    inbox: RunningInbox, missing: dict[str, str], code: int
) -> None:
    answer = send_sms(inbox, **missing)
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "message", "more_info", "status"}
    assert answer.json()["code"] == code
    assert inbox.messages() == []


def test_wrong_credentials_get_twilios_401(inbox: RunningInbox) -> None:
    url = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
    pairs = [(ACCOUNT_SID, "wrong"), ("someone", AUTH_TOKEN), ("", "")]
    credentials = [base64.b64encode(f"{user}:{password}".encode()).decode() for user, password in pairs]
    for header in ["", "Basic ???", "Bearer x", *(f"Basic {encoded}" for encoded in credentials)]:
        answer = inbox.http.post(url, data={"To": "+31612345678"}, headers={"Authorization": header})
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)


@pytest.mark.parametrize(("status", "code"), [(429, 20429), (500, 20500), (503, 20503), (400, 21211)])
def test_a_fault_refuses_in_twilios_shape_as_often_as_told(
    inbox: RunningInbox, status: int, code: int
) -> None:
    inbox.http.post("/faults", json={"channel": "SMS", "status": status, "times": 2})
    refused = [send_sms(inbox) for _ in range(2)]
    assert [answer.status_code for answer in refused] == [status, status]
    assert refused[0].json()["code"] == code
    assert inbox.messages() == []
    assert send_sms(inbox).status_code == 201


def test_a_dropped_sms_is_kept_and_its_call_backs_still_come(inbox: RunningInbox) -> None:
    inbox.http.post("/faults", json={"channel": "SMS", "drop_after_accepting": True, "times": 1})
    with pytest.raises(httpx.RemoteProtocolError, match="disconnected without sending a response"):
        send_sms(inbox, StatusCallback=f"{inbox.receiver.url}/status?d=delivery-2")
    (kept,) = inbox.messages()
    assert [parse_qs(one.body.decode())["MessageSid"] for one in inbox.callbacks_done()] == [
        [kept["provider_message_id"]]
    ]


def test_what_was_sent_can_be_found_again_by_its_recipient(inbox: RunningInbox) -> None:
    sid = send_sms(inbox).json()["sid"]
    send_sms(inbox, To="+31699999999")
    found = inbox.http.get(
        f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json",
        params={"To": "+31612345678", "DateSent": "2026-04-01"},
        auth=(ACCOUNT_SID, AUTH_TOKEN),
    )
    assert [message["sid"] for message in found.json()["messages"]] == [sid]
