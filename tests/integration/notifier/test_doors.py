"""The other HTTP doors: webhooks, consent, lists in pages, who may come in."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from sandbox.inbox.signatures import twilio_signature
from tests.integration.notifier.events import customer_changed, reminder_due
from tests.integration.notifier.stage import APP_SECRET, AUTH_TOKEN, Stage


async def _sms(stage: Stage) -> str:
    await stage.take_in(customer_changed(), reminder_due(channel="SMS"))
    await stage.settle()
    return str((await stage.contacts())[0]["provider_message_id"])


async def _from_twilio(stage: Stage, query: str = "", token: str = AUTH_TOKEN, **form: str) -> int:
    path = "/v1/webhooks/twilio" + query
    url = f"{str(stage.http.base_url).rstrip('/')}{path}"
    signature = twilio_signature(url=url, parameters=form, auth_token=token)
    answer = await stage.http.post(path, data=form, headers={"X-Twilio-Signature": signature})
    return answer.status_code


async def test_a_forged_call_back_changes_nothing(stage: Stage) -> None:
    sid = await _sms(stage)
    before = await stage.contacts()
    form = {"MessageSid": sid, "MessageStatus": "failed", "ErrorCode": "30005"}
    assert await _from_twilio(stage, token="guessed", **form) == 403
    assert await _from_twilio(stage, query="?d=contact-1", token="", **form) == 403
    assert (await stage.http.post("/v1/webhooks/twilio", data=form)).status_code == 403
    assert (await stage.http.post("/v1/webhooks/unknown", data=form)).status_code == 404
    assert await stage.contacts() == before


async def test_call_backs_twice_and_out_of_order_end_the_same(stage: Stage) -> None:
    sid = await _sms(stage)
    for status in ("delivered", "sent", "queued", "delivered", "undelivered"):
        assert await _from_twilio(stage, "?d=contact-1", MessageSid=sid, MessageStatus=status) == 204
    (contact,) = await stage.contacts()
    assert (contact["outcome"], [e["kind"] for e in contact["events"]]) == ("DELIVERED", ["DELIVERED"])
    assert [event["outcome"] for event in await stage.published()] == ["ACCEPTED", "DELIVERED"]


async def test_a_call_back_that_beats_our_own_answer_is_matched_by_our_id(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.take_in(customer_changed(), reminder_due(channel="SMS"))
    await stage.execute(
        "UPDATE contacts SET state = 'CALLING', provider = 'twilio', recipient = '+31612345678'"
    )
    assert await _from_twilio(stage, "?d=contact-1", MessageSid="SM1", MessageStatus="delivered") == 204
    (contact,) = await stage.contacts()
    assert (contact["outcome"], contact["provider_message_id"]) == ("DELIVERED", "SM1")
    # What is told does not depend on which came first, so that the clock counts the same every time.
    assert [event["outcome"] for event in await stage.published()] == ["ACCEPTED", "DELIVERED"]


async def test_a_dead_number_fails_the_contact_and_is_not_used_again(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.take_in(customer_changed(), reminder_due(channel="SMS"))
    await stage.execute(
        "UPDATE contacts SET state = 'ACCEPTED', status = 'ACCEPTED', recipient = '+31612345678', provider_message_id = 'SM1'"
    )
    form = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30005"}
    assert await _from_twilio(stage, **form) == 204
    (event,) = await stage.published()
    assert (event["event"], event["outcome"], event["failed_channel"]) == ("BOUNCED", "FAILED", "SMS")
    assert event["why"] == "TWILIO_30005"
    assert await stage.rows("SELECT address FROM suppressed_addresses") == [("+31612345678",)]


async def test_stop_by_sms_ends_sms_and_leaves_the_other_channels(stage: Stage) -> None:
    await _sms(stage)
    for _ in range(2):
        assert (
            await _from_twilio(
                stage, From="+31612345678", Body=" Stop. ", SmsStatus="received", MessageSid="SMin"
            )
            == 204
        )
    told = (await stage.published())[-1]
    assert (told["event"], told["consent"]) == ("OPTED_OUT", {"SMS": False})
    await stage.take_in(reminder_due("contact-2", channel="SMS"), reminder_due("contact-3"))
    await stage.settle()
    by_id = {contact["contact_id"]: contact for contact in await stage.contacts()}
    assert (by_id["contact-2"]["outcome"], by_id["contact-2"]["why"]) == ("SUPPRESSED", "OPTED_OUT")
    assert by_id["contact-3"]["outcome"] == "ACCEPTED"
    assert [event["kind"] for event in by_id["contact-1"]["events"]] == ["DELIVERED", "OPTED_OUT"]


async def test_an_answer_is_a_reply_on_the_last_contact(stage: Stage) -> None:
    await _sms(stage)
    await _from_twilio(stage, From="+31612345678", Body="Morgen!", SmsStatus="received", MessageSid="SMin")
    assert (await stage.published())[-1]["event"] == "REPLIED"
    assert [event["kind"] for event in (await stage.contacts())[0]["events"]] == ["DELIVERED", "REPLIED"]


def _hub(body: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    raw = json.dumps(body).encode()
    digest = hmac.new(APP_SECRET.encode(), raw, hashlib.sha256).hexdigest()
    return raw, {"X-Hub-Signature-256": f"sha256={digest}"}


async def test_whatsapp_statuses_come_in_batches_and_read_counts_as_delivered(stage: Stage) -> None:
    await stage.take_in(customer_changed(), reminder_due(channel="WHATSAPP"))
    await stage.settle()
    (contact,) = await stage.contacts()
    statuses = [
        {"id": contact["provider_message_id"], "status": status} for status in ("read", "sent", "odd")
    ]
    body, headers = _hub({"entry": [{"changes": [{"value": {"statuses": statuses}}]}, {"changes": 3}]})
    assert (await stage.http.post("/v1/webhooks/whatsapp", content=body, headers=headers)).status_code == 204
    forged = await stage.http.post("/v1/webhooks/whatsapp", content=body + b" ", headers=headers)
    assert forged.status_code == 403
    kinds = [event["kind"] for event in (await stage.contacts())[0]["events"]]
    assert kinds == ["DELIVERED", "READ"]


async def test_whatsapp_is_told_that_the_address_is_ours(stage: Stage) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "verify-me", "hub.challenge": "12345"}
    answer = await stage.http.get("/v1/webhooks/whatsapp", params=query)
    assert (answer.status_code, answer.text) == (200, "12345")
    wrong = await stage.http.get("/v1/webhooks/whatsapp", params={**query, "hub.verify_token": "x"})
    assert wrong.status_code == 403


async def test_a_bounced_mail_undoes_the_step(stage: Stage) -> None:
    await stage.take_in(customer_changed(), reminder_due())
    await stage.settle()
    body = {
        "kind": "BOUNCED",
        "provider_message_id": "contact-1@velvet.example",
        "recipient": "x",
        "text": "",
    }
    assert (await stage.http.post("/v1/webhooks/email", json=body)).status_code == 204
    (contact,) = await stage.contacts()
    assert (contact["outcome"], contact["why"]) == ("FAILED", "BOUNCED")
    told = (await stage.published())[-1]
    assert (told["event"], told["outcome"], told["failed_channel"]) == ("BOUNCED", "FAILED", "EMAIL")


async def test_a_mail_notice_of_no_known_kind_is_refused(stage: Stage) -> None:
    assert (await stage.http.post("/v1/webhooks/email", json={"kind": "??"})).status_code == 422
    assert (await stage.http.post("/v1/webhooks/email", content=b"\xff{")).status_code == 422


async def test_consent_is_recorded_read_and_told(stage: Stage) -> None:
    path = "/v1/customers/C-1001/consent"
    first = await stage.http.get(path, headers=stage.headers())
    assert first.json() == {"channels": {}}
    said = {"WHATSAPP": {"allowed": False, "source": "telefoon", "at": "2026-04-01T10:00:00+02:00"}}
    written = await stage.http.put(path, json={"channels": said}, headers=stage.headers())
    assert written.status_code == 200, written.text
    read = await stage.http.get(path, headers=stage.headers())
    assert read.json()["channels"]["WHATSAPP"] == {
        "allowed": False,
        "source": "telefoon",
        "at": "2026-04-01T08:00:00Z",
    }
    stale = {**stage.headers(), "If-Match": '"x"'}
    assert (await stage.http.put(path, json={"channels": said}, headers=stale)).status_code == 412
    good = {**stage.headers(), "If-Match": read.headers["ETag"]}
    yes = {"channels": {"SMS": {"allowed": True}}}
    assert (await stage.http.put(path, json=yes, headers=good)).status_code == 200
    assert [e["consent"] for e in await stage.published()] == [{"WHATSAPP": False}, {"SMS": True}]
    unknown = {"channels": {"FAX": {"allowed": True}}}
    again = {**stage.headers(), "If-Match": "*"}
    assert (await stage.http.put(path, json=unknown, headers=again)).status_code == 422


async def test_consent_may_be_recorded_before_the_sandbox_has_a_time_and_again_without_reading_first(
    stage: Stage,
) -> None:
    path = "/v1/customers/C-1001/consent"
    stage.set_clock(None)
    said = {"EMAIL": {"allowed": False, "source": "telefoon", "at": "2026-03-01T10:00:00Z"}}
    written = await stage.http.put(path, json={"channels": said}, headers=stage.headers())
    assert (written.status_code, written.json()) == (200, {"channels": said})
    undated = {"channels": {"SMS": {"allowed": True}}}
    assert (await stage.http.put(path, json=undated, headers=stage.headers())).status_code == 409
    stage.set_clock(datetime(2026, 3, 2, tzinfo=UTC))
    assert (await stage.http.put(path, json=undated, headers=stage.headers())).status_code == 200
    assert [told["consent"] for told in await stage.published()] == [{"EMAIL": False}, {"SMS": True}]


async def test_the_timeline_comes_in_pages(stage: Stage) -> None:
    commands = [reminder_due(f"c-{n}", at=f"2026-04-06T06:0{n}:00Z") for n in range(5)]
    await stage.take_in(customer_changed(), *commands)
    await stage.settle()
    seen: list[str] = []
    query: dict[str, str] = {"limit": "2"}
    while True:
        page = await stage.get("/v1/contacts", **query)
        seen += [item["contact_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == [f"c-{n}" for n in range(5)]


async def test_a_caller_needs_a_token_with_the_right_scope(stage: Stage) -> None:
    assert (await stage.http.get("/v1/contacts")).status_code == 401
    other = stage.headers("invoices:read")
    assert (await stage.http.get("/v1/contacts", headers=other)).status_code == 403
    reading = stage.headers("notifier:read")
    answer = await stage.http.post("/v1/call-tasks/x/outcome", json={"result": "PAID"}, headers=reading)
    assert answer.status_code == 403


async def test_the_api_describes_itself(stage: Stage) -> None:
    described = (await stage.http.get("/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    assert "/v1/contacts" in described["paths"]
