"""The worklist: tasks made, cancelled, given to somebody else, and closed with what the call brought."""

import pytest

from tests.integration.notifier.events import creditor_changed, customer_changed, reminder_due
from tests.integration.notifier.stage import Stage


async def _a_call(stage: Stage, **changes: object) -> None:
    call = reminder_due("task-1", action="CALL", channel="CALL", assignee="sanne", template="call-friendly")
    for name, value in changes.items():
        setattr(call, name, value)
    await stage.take_in(creditor_changed(), customer_changed(), call)


async def test_a_call_is_a_task_and_a_contact_from_its_making(stage: Stage) -> None:
    await _a_call(stage)
    (task,) = await stage.tasks()
    (contact,) = await stage.contacts(invoice_id="2026-0001")
    assert task["task_id"] == contact["contact_id"] == "task-1"
    assert (task["state"], task["assignee"], task["kind"]) == ("OPEN", "sanne", "CALL")
    assert task["reason"] == contact["reason"] == "Five days past its due date."
    assert task["reason_nl"] == contact["reason_nl"] == "Vijf dagen over de vervaldatum."
    assert "Jan Jansen (Bouwbedrijf Jansen), +31301234567" in task["script"]
    assert (contact["channel"], contact["outcome"], contact["at"]) == (
        "CALL",
        "ACCEPTED",
        "2026-04-06T07:00:00Z",
    )
    assert contact["text"] == task["script"]
    (event,) = await stage.published()
    assert (event["outcome"], event["channel"], event["action"]) == ("ACCEPTED", "CALL", "CALL")


async def test_a_promise_closes_the_task_and_is_told(stage: Stage) -> None:
    await _a_call(stage)
    body = {"result": "PROMISED", "promise": {"on": "2026-04-10"}, "note": "belt terug"}
    answer = await stage.http.post("/v1/call-tasks/task-1/outcome", json=body, headers=stage.headers())
    assert (answer.status_code, answer.json()["state"]) == (200, "DONE")

    (contact,) = await stage.contacts()
    assert contact["outcome"] == "DONE"
    assert [event["kind"] for event in contact["events"]] == ["CALL_OUTCOME"]
    told = (await stage.published())[-1]
    assert (told["event"], told["outcome"], told["version"]) == ("CALL_OUTCOME", "DONE", 2)
    assert told["call_outcome"]["promise"] == {
        "on": "2026-04-10",
        "invoice_ids": ["2026-0001"],
        "amount": "",
        "note": "",
    }


async def test_a_closed_task_is_not_closed_again(stage: Stage) -> None:
    await _a_call(stage)
    path, headers = "/v1/call-tasks/task-1/outcome", stage.headers()
    assert (await stage.http.post(path, json={"result": "NO_ANSWER"}, headers=headers)).status_code == 200
    assert (await stage.http.post(path, json={"result": "NO_ANSWER"}, headers=headers)).status_code == 409
    assert len(await stage.published()) == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"result": "MAYBE"}, "result"),
        ({"result": "PROMISED"}, "promise"),
        ({"result": "PROMISED", "promise": {"on": "2026-04-01"}}, "promise"),
        ({"result": "PROMISED", "promise": {"on": "2026-02-30"}}, "promise"),
        ({"result": "PROMISED", "promise": {"on": "2026-04-10", "invoice_ids": ["x"]}}, "promise"),
        ({"result": "PAID", "promise": {"on": "2026-04-10"}}, "promise"),
        ({}, "result"),
    ],
)
async def test_an_outcome_that_makes_no_sense_is_refused(
    stage: Stage, body: dict[str, object], pointer: str
) -> None:
    await _a_call(stage)
    answer = await stage.http.post("/v1/call-tasks/task-1/outcome", json=body, headers=stage.headers())
    assert answer.status_code == 422
    assert pointer in answer.json()["errors"][0]["pointer"]
    assert (await stage.tasks())[0]["state"] == "OPEN"


async def test_a_task_of_another_creditor_does_not_exist(stage: Stage) -> None:
    await _a_call(stage)
    other = stage.headers(creditor_id="other")
    answer = await stage.http.post("/v1/call-tasks/task-1/outcome", json={"result": "PAID"}, headers=other)
    assert answer.status_code == 404
    assert (await stage.http.get("/v1/contacts", headers=other)).json()["items"] == []


async def test_a_paid_invoice_cancels_its_call(stage: Stage) -> None:
    await _a_call(stage)
    await stage.take_in(
        reminder_due("cancel-1", action="CANCEL", task_id="task-1", problem="PAID", invoices=[])
    )
    assert (await stage.tasks(state="CANCELLED"))[0]["task_id"] == "task-1"
    (contact,) = await stage.contacts()
    assert (contact["outcome"], contact["why"]) == ("SUPPRESSED", "PAID")
    told = (await stage.published())[-1]
    assert (told["outcome"], told["why"], told["version"]) == ("SUPPRESSED", "PAID", 2)


async def test_a_task_made_and_cancelled_in_one_poll_ends_cancelled(stage: Stage) -> None:
    call = reminder_due("task-1", action="CALL", channel="CALL")
    cancel = reminder_due("cancel-1", action="CANCEL", task_id="task-1", problem="PAID", invoices=[])
    await stage.take_in(call, cancel)
    await stage.take_in(call, cancel)
    assert [event["outcome"] for event in await stage.published()] == ["ACCEPTED", "SUPPRESSED"]


async def test_a_task_changes_its_assignee(stage: Stage) -> None:
    await _a_call(stage)
    await stage.take_in(
        reminder_due("move-1", action="REASSIGN", task_id="task-1", assignee="manager", invoices=[])
    )
    assert [task["task_id"] for task in await stage.tasks(assignee="manager")] == ["task-1"]
    assert await stage.tasks(assignee="sanne") == []


@pytest.mark.parametrize("kind", ["DECISION", "HANDOVER", "DATA_QUALITY"])
async def test_other_tasks_are_no_contacts(stage: Stage, kind: str) -> None:
    await stage.take_in(
        customer_changed(),
        reminder_due("task-2", action=kind, channel="", problem_field="contacts[0].email", problem="no @"),
    )
    assert await stage.contacts() == []
    (task,) = await stage.tasks()
    assert (task["kind"], task["state"]) == (kind, "OPEN")
    (event,) = await stage.published()
    assert (event["action"], event["channel"], event["outcome"]) == (kind, "", "ACCEPTED")


async def test_a_pending_message_can_be_taken_back(idle_stage: Stage) -> None:
    await idle_stage.take_in(customer_changed(), reminder_due())
    await idle_stage.take_in(
        reminder_due("cancel-1", action="CANCEL", task_id="contact-1", problem="HELD", invoices=[])
    )
    assert (await idle_stage.contacts())[0]["why"] == "HELD"
