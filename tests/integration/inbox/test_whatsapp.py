"""The inbox as the WhatsApp Cloud API: shape, text shown, errors, signed status webhooks."""

import hashlib
import hmac
import json
from typing import Any

import httpx
import jsonschema
import pytest
import yaml

from tests.integration.inbox.running import (
    APP_SECRET,
    PHONE_NUMBER_ID,
    REPOSITORY,
    WHATSAPP_TOKEN,
    RunningInbox,
    send_whatsapp,
    template_message,
)

SPECIFICATION = REPOSITORY.parent / "shared" / "specs" / "whatsapp_business_messaging_v23.yaml"


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    if not SPECIFICATION.exists():
        pytest.skip(f"NOT CHECKED against Meta's own specification: {SPECIFICATION.name} is absent")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    specification = yaml.load(SPECIFICATION.read_text("utf-8"), Loader=loader)  # noqa: S506 (a safe loader)
    found: dict[str, Any] = specification["components"]["schemas"]
    return found


def _check(body: Any, *, name: str, schemas: dict[str, Any]) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
    jsonschema.Draft202012Validator(schema).validate(body)


def test_what_goes_in_and_out_has_the_shape_of_metas_specification(
    inbox: RunningInbox, schemas: dict[str, Any]
) -> None:
    message = template_message("Beste Jan,", "Factuur 2026-0001 staat nog open.")
    _check(message["template"], name="TemplateObject", schemas=schemas)
    answer = send_whatsapp(inbox, message)
    assert answer.status_code == 200
    _check(answer.json(), name="MessageResponsePayload", schemas=schemas)
    for one in inbox.callbacks_done():
        webhook = json.loads(one.body)
        assert (webhook["object"], webhook["entry"][0]["changes"][0]["field"]) == (
            "whatsapp_business_account",
            "messages",
        )
        value = webhook["entry"][0]["changes"][0]["value"]
        _check(value, name="StatusMessageValue", schemas=schemas)
    inbox.http.post("/faults", json={"channel": "WHATSAPP", "status": 500, "times": 1})
    _check(send_whatsapp(inbox, message).json(), name="GraphAPIError_4", schemas=schemas)


def test_a_template_is_shown_as_its_paragraphs(inbox: RunningInbox) -> None:
    message = template_message("Beste Jan,", "Factuur 2026-0001 staat nog open.")
    amount = {
        "type": "currency",
        "currency": {"fallback_value": "€ 100,99", "code": "EUR", "amount_1000": 100990},
    }
    message["template"]["components"][0]["parameters"].append(amount)
    wamid = send_whatsapp(inbox, message).json()["messages"][0]["id"]
    (kept,) = inbox.messages(channel="WHATSAPP")
    assert kept["text"] == "Beste Jan,\n\nFactuur 2026-0001 staat nog open.\n\n€ 100,99"
    assert kept["to"] == "+31612345678"
    assert kept["provider_message_id"] == wamid
    assert wamid.startswith("wamid.")
    assert (kept["headers"]["template"], kept["headers"]["language"]) == ("reminder_warm", "nl")


def test_status_webhooks_come_in_order_signed_over_their_raw_bytes(inbox: RunningInbox) -> None:
    wamid = send_whatsapp(inbox, template_message("Dag 👋")).json()["messages"][0]["id"]
    seen = inbox.callbacks_done()
    statuses = [json.loads(one.body)["entry"][0]["changes"][0]["value"]["statuses"][0] for one in seen]
    assert [status["status"] for status in statuses] == ["delivered"]
    assert {status["id"] for status in statuses} == {wamid}
    assert {status["biz_opaque_callback_data"] for status in statuses} == {"delivery-9"}
    for one in seen:
        assert one.path == "/v1/webhooks/whatsapp"
        expected = hmac.digest(APP_SECRET.encode(), one.body, hashlib.sha256).hex()
        assert one.headers["X-Hub-Signature-256"] == f"sha256={expected}"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"messaging_product": "sms"}, "messaging_product"),
        ({"to": "someone"}, "to"),
        ({"type": "image"}, "type"),
        ({"template": {"name": "reminder_warm"}}, "template.language.code"),
    ],
)
def test_a_message_that_meta_would_not_take_gets_graphs_error(
    inbox: RunningInbox, change: dict[str, Any], field: str
) -> None:
    answer = send_whatsapp(inbox, {**template_message("x"), **change})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == 100
    assert field in answer.json()["error"]["error_data"]["details"]
    assert inbox.messages() == []


def test_a_wrong_token_gets_graphs_401(inbox: RunningInbox) -> None:
    url = f"/v23.0/{PHONE_NUMBER_ID}/messages"
    for headers in [{}, {"Authorization": "Bearer wrong"}]:
        answer = inbox.http.post(url, json=template_message("x"), headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, 190)


def test_another_version_of_the_api_is_as_good_and_another_number_is_not(inbox: RunningInbox) -> None:
    headers = {"Authorization": f"Bearer {WHATSAPP_TOKEN}"}
    message = template_message("x")
    assert (
        inbox.http.post(f"/v24.0/{PHONE_NUMBER_ID}/messages", json=message, headers=headers).status_code
        == 200
    )
    assert inbox.http.post("/v23.0/999/messages", json=message, headers=headers).status_code == 400


@pytest.mark.parametrize(
    ("status", "code", "transient"), [(429, 130429, True), (500, 131000, True), (400, 131026, False)]
)
def test_a_fault_refuses_in_graphs_shape(
    inbox: RunningInbox, status: int, code: int, *, transient: bool
) -> None:
    inbox.http.post("/faults", json={"channel": "whatsapp", "status": status, "times": 1})
    error = send_whatsapp(inbox, template_message("x")).json()["error"]
    assert (error["code"], error["is_transient"]) == (code, transient)
    assert send_whatsapp(inbox, template_message("x")).status_code == 200
    assert len(inbox.messages()) == 1


def test_a_dropped_message_is_kept_and_its_status_still_comes(inbox: RunningInbox) -> None:
    inbox.http.post("/faults", json={"channel": "WHATSAPP", "drop_after_accepting": True, "times": 1})
    with pytest.raises(httpx.RemoteProtocolError, match="disconnected without sending a response"):
        send_whatsapp(inbox, template_message("x"))
    assert len(inbox.messages()) == 1
    assert len(inbox.callbacks_done()) == 1
