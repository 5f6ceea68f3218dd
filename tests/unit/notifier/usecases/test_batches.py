"""How large a batch may be, and one question to the gate for all of it."""

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.http.client import ServiceClient
from notifier.adapters import gate
from notifier.adapters.gate import InvoicesGate
from notifier.usecases.send_due import BATCH_MESSAGES_MAX, BATCH_MESSAGES_MIN, BATCH_S_AIM, next_limit
from tests.unit.notifier.builders import a_command, an_invoice

LIMITS = st.integers(BATCH_MESSAGES_MIN, BATCH_MESSAGES_MAX)


@given(limit=LIMITS, sent=st.integers(0, BATCH_MESSAGES_MAX), took_s=st.floats(0, 100))
def test_a_batch_is_never_larger_than_what_may_be_in_doubt(limit: int, sent: int, took_s: float) -> None:
    assert BATCH_MESSAGES_MIN <= next_limit(limit, sent=sent, took_s=took_s) <= BATCH_MESSAGES_MAX


def test_batches_grow_while_providers_are_quick() -> None:
    limits = [BATCH_MESSAGES_MIN]
    while limits[-1] < BATCH_MESSAGES_MAX:
        limits.append(next_limit(limits[-1], sent=limits[-1], took_s=0.1))
    assert limits == [20, 40, 50]


def test_a_batch_that_was_not_full_makes_the_next_no_larger() -> None:
    assert next_limit(40, sent=39, took_s=0.1) == 40


@given(limit=LIMITS)
def test_a_slow_provider_gets_small_batches(limit: int) -> None:
    assert next_limit(limit, sent=limit, took_s=BATCH_S_AIM * 1.01) == BATCH_MESSAGES_MIN


class _Invoices:
    """Stands for the invoices service: all is open, and some questions find payments in the pipe."""

    def __init__(self, *, not_fresh: str = "") -> None:
        self.asked: list[int] = []
        self._not_fresh = not_fresh

    async def post(self, path: str, *, body: Any) -> Any:
        assert path == "/internal/gate"
        invoices = body["invoices"]
        self.asked.append(len(invoices))
        fresh = self._not_fresh not in {item["invoice_id"] for item in invoices}
        return {"fresh": fresh, "invoices": [{**item, "open": "1.00", "blocked": ""} for item in invoices]}


@pytest.mark.parametrize(("not_fresh", "fresh"), [("", True), ("I-6", False)])
async def test_very_many_invoices_are_several_questions_and_one_answer(
    monkeypatch: pytest.MonkeyPatch, *, not_fresh: str, fresh: bool
) -> None:
    monkeypatch.setattr(gate, "INVOICES_MAX", 3)
    service = _Invoices(not_fresh=not_fresh)
    commands = [a_command(f"c-{n}", invoices=(an_invoice(f"I-{n}"),)) for n in range(7)]
    answer = await InvoicesGate(cast("ServiceClient", service)).ask(commands)
    assert (service.asked, answer.fresh) == ([3, 3, 1], fresh)
    assert set(answer.standings) == {("acme-nl", f"I-{n}") for n in range(7)}
