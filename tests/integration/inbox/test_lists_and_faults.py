"""What the contract says of the inbox: the list, its pages and filters, faults, and its rest."""

import time
from typing import Any

import pytest

from tests.integration.inbox.running import RunningInbox, send_sms, send_whatsapp, template_message


def _post_tasks(inbox: RunningInbox, count: int) -> None:
    for number in range(count):
        inbox.http.post("/tasks", json={"task_id": f"task-{number}", "phone": f"+3120000{number:04}"})


def test_messages_come_in_order_of_arrival_page_by_page(inbox: RunningInbox) -> None:
    _post_tasks(inbox, 53)
    first = inbox.http.get("/messages").json()
    assert len(first["items"]) == 50
    second = inbox.http.get("/messages", params={"cursor": first["next_cursor"]}).json()
    ids = [item["provider_message_id"] for item in first["items"] + second["items"]]
    assert ids == [f"task-{number}" for number in range(53)]
    assert second["next_cursor"] is None
    assert inbox.http.get("/messages", params={"limit": 53}).json()["next_cursor"] is None


def test_the_list_has_the_contracts_fields_and_filters(inbox: RunningInbox) -> None:
    send_sms(inbox)
    send_whatsapp(inbox, template_message("x"))
    _post_tasks(inbox, 1)
    required = {"channel", "to", "subject", "text", "headers", "provider_message_id"}
    assert all(required <= set(item) for item in inbox.messages())
    assert [item["channel"] for item in inbox.messages(to="+31612345678")] == ["SMS", "WHATSAPP"]
    assert [item["channel"] for item in inbox.messages(to="+31612345678", channel="SMS")] == ["SMS"]
    assert inbox.messages(to="nobody@jansen.example") == []
    assert len(inbox.messages(unknown="ignored")) == 3


def test_a_plus_that_a_careless_client_left_bare_still_finds_the_number(inbox: RunningInbox) -> None:
    send_sms(inbox)
    assert len(inbox.http.get("/messages?to=+31612345678").json()["items"]) == 1


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 501}, {"cursor": "x"}, {"channel": "FAX"}, {"cursor": "9" * 40}]
)
def test_a_query_that_cannot_be_answered_names_its_parameter(
    inbox: RunningInbox, query: dict[str, Any]
) -> None:
    answer = inbox.http.get("/messages", params=query)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(next(iter(query)))


def test_emptying_leaves_nothing_and_an_old_cursor_goes_on_working(inbox: RunningInbox) -> None:
    _post_tasks(inbox, 3)
    cursor = inbox.http.get("/messages", params={"limit": 2}).json()["next_cursor"]
    inbox.http.delete("/messages")
    assert inbox.messages() == []
    _post_tasks(inbox, 1)
    assert [item["provider_message_id"] for item in inbox.messages(cursor=cursor)] == ["task-0"]


def test_the_contracts_own_example_of_a_fault_counts_down(inbox: RunningInbox) -> None:
    order = {"channel": "CALL", "status": 500, "delay_s": 0, "drop_after_accepting": False, "times": 10}
    assert inbox.http.post("/faults", json=order).status_code == 201
    statuses = [inbox.http.post("/tasks", json={"task_id": f"t{i}"}).status_code for i in range(12)]
    assert statuses == [500] * 10 + [201] * 2
    assert inbox.http.get("/faults").json()["items"] == []


def test_a_fault_of_one_channel_leaves_the_others_alone(inbox: RunningInbox) -> None:
    inbox.http.post("/faults", json={"channel": "EMAIL", "status": 500})
    assert send_sms(inbox).status_code == 201


def test_faults_queue_up_and_an_endless_one_gives_way_to_the_next(inbox: RunningInbox) -> None:
    inbox.http.post("/faults", json={"channel": "CALL", "status": 503})
    inbox.http.post("/faults", json={"channel": "CALL", "status": 429, "times": 1})
    inbox.http.post("/faults", json={"channel": "CALL", "status": 404, "times": 1})
    statuses = [inbox.http.post("/tasks", json={"task_id": "t"}).status_code for _ in range(3)]
    assert statuses == [429, 404, 201]


def test_a_fault_without_details_is_a_500_until_it_is_ended(inbox: RunningInbox) -> None:
    inbox.http.post("/faults", json={"channel": "CALL"})
    assert [inbox.http.post("/tasks", json={"task_id": "t"}).status_code for _ in range(3)] == [500] * 3
    inbox.http.delete("/faults")
    assert inbox.http.post("/tasks", json={"task_id": "t"}).status_code == 201


@pytest.mark.parametrize(
    "order",
    [
        {"channel": "FAX"},
        {"status": 99},
        {"delay_s": -1},
        {"drop_after_accepting": "perhaps"},
        {"times": 0},
        {"tims": 3},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_by_field(inbox: RunningInbox, order: dict[str, Any]) -> None:
    answer = inbox.http.post("/faults", json=order)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(f"{next(iter(order))}:")


def test_refused_messages_are_counted_and_not_kept(inbox: RunningInbox) -> None:
    before = inbox.http.get("/counts").json()["refused"]["CALL"]
    inbox.http.post("/faults", json={"channel": "CALL", "status": 500, "times": 2})
    for _ in range(3):
        inbox.http.post("/tasks", json={"task_id": "t"})
    assert inbox.http.get("/counts").json()["refused"]["CALL"] == before + 2
    assert len(inbox.messages()) == 1


def test_idle_waits_for_the_call_backs_that_are_under_way(inbox: RunningInbox) -> None:
    inbox.receiver.answers = [500, 204]
    send_sms(inbox, StatusCallback=f"{inbox.receiver.url}/status")
    busy = inbox.http.get("/idle", params={"timeout_s": 0})
    assert (busy.status_code, busy.json()) == (503, {"pending_callbacks": 1})
    assert inbox.http.get("/idle").json() == {"pending_callbacks": 0}
    assert len(inbox.receiver.seen) == 2


def test_a_delay_makes_the_answer_late(inbox: RunningInbox) -> None:
    inbox.http.post("/faults", json={"channel": "CALL", "delay_s": 0.5, "times": 1})
    begun = time.monotonic()
    assert inbox.http.post("/tasks", json={"task_id": "t"}).status_code == 201
    assert time.monotonic() - begun >= 0.5


def test_the_probes_say_that_it_is_up(inbox: RunningInbox) -> None:
    assert inbox.http.get("/healthz").status_code == 200
    assert inbox.http.get("/readyz").status_code == 200
