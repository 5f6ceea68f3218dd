"""Letters and call tasks: kept once however often they are sent."""

import base64
from typing import Any

import httpx
import pytest

from tests.integration.inbox.running import RunningInbox

PDF = b"%PDF-1.7 letter"


def _letter(**changes: Any) -> dict[str, Any]:
    return {
        "letter_id": "delivery-7",
        "registered": True,
        "address": ["Bouwbedrijf Jansen", "Kade 1", "1011 AB Amsterdam"],
        "subject": "Ingebrekestelling",
        "text": "Geachte heer, mevrouw,",
        "pdf": base64.b64encode(PDF).decode(),
        **changes,
    }


def test_a_letter_sent_twice_is_one_letter_with_its_pdf(inbox: RunningInbox) -> None:
    answers = [inbox.http.post("/letters", json=_letter()) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert [answer.json()["duplicate"] for answer in answers] == [False, True]
    (kept,) = inbox.messages(channel="LETTER")
    assert kept["to"] == "Bouwbedrijf Jansen, Kade 1, 1011 AB Amsterdam"
    assert kept["headers"] == {
        "address": "Bouwbedrijf Jansen\nKade 1\n1011 AB Amsterdam",
        "registered": "true",
    }
    assert kept["provider_message_id"] == "delivery-7"
    pdf = inbox.http.get(kept["attachments"][0]["url"])
    assert (pdf.content, pdf.headers["Content-Type"]) == (PDF, "application/pdf")


@pytest.mark.parametrize(
    ("change", "field"), [({"pdf": base64.b64encode(b"no").decode()}, "pdf"), ({"address": []}, "address")]
)
def test_a_letter_that_cannot_be_printed_is_refused_by_field(
    inbox: RunningInbox, change: dict[str, Any], field: str
) -> None:
    answer = inbox.http.post("/letters", json=_letter(**change))
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"].startswith(f"{field}:")


def test_a_call_task_posted_twice_is_one_task(inbox: RunningInbox) -> None:
    task = {
        "task_id": "contact-3",
        "customer_id": "C-1001",
        "phone": "+31201234567",
        "subject": "Bel Bouwbedrijf Jansen",
        "script": "Goedemiddag",
        "invoice_ids": ["2026-0001", "2026-0002"],
    }
    assert [inbox.http.post("/tasks", json=task).status_code for _ in range(2)] == [201, 200]
    (kept,) = inbox.messages(channel="CALL")
    assert (kept["to"], kept["text"], kept["provider_message_id"]) == (
        "+31201234567",
        "Goedemiddag",
        "contact-3",
    )
    assert kept["headers"] == {"customer_id": "C-1001", "invoice_ids": "2026-0001, 2026-0002"}


def test_a_dropped_letter_can_be_sent_again_without_a_second_one(inbox: RunningInbox) -> None:
    inbox.http.post("/faults", json={"channel": "LETTER", "drop_after_accepting": True, "times": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        inbox.http.post("/letters", json=_letter())
    assert inbox.http.post("/letters", json=_letter()).json() == {
        "letter_id": "delivery-7",
        "duplicate": True,
    }
    assert len(inbox.messages()) == 1


def test_a_fault_on_every_channel_reaches_letters_and_tasks_too(inbox: RunningInbox) -> None:
    inbox.http.post("/faults", json={"status": 503, "times": 2})
    assert inbox.http.post("/letters", json=_letter()).status_code == 503
    assert inbox.http.post("/tasks", json={"task_id": "t"}).status_code == 503
    assert inbox.messages() == []
    assert inbox.http.post("/tasks", json={"task_id": "t"}).status_code == 201
