"""What is asked for now, and what becomes of what a dead process left behind."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.adapters.templates import TemplateRenderer
from notifier.domain.consent import Consent
from notifier.domain.contact import MessageContact, SentAs
from notifier.domain.delivery import State
from notifier.domain.message import Message
from notifier.domain.outcome import (
    Absent,
    Accepted,
    Ambiguous,
    CannotTell,
    ConfigError,
    Outcome,
    Permanent,
    Repeatable,
    Retry,
    Scope,
)
from notifier.usecases.ports import GateAnswer, Standing
from notifier.usecases.prepare_message import Refusal, as_it_stands, prepare_message
from notifier.usecases.recover_sending import ABSENT_IS_SURE_AFTER_S, settle
from notifier.usecases.send_due import concerns_everybody
from tests.unit.notifier.builders import NOON, a_command, a_customer, a_delivery, a_party, an_invoice, to

CREDITOR = "acme-nl"


def answer(**standings: tuple[str, str]) -> GateAnswer:
    known = {(CREDITOR, name): Standing(Decimal(open_), why) for name, (open_, why) in standings.items()}
    return GateAnswer(fresh=True, standings=known)


@pytest.mark.parametrize(
    ("standing", "why"),
    [(("10", "PAID"), "PAID"), (("10", "DISPUTED"), "DISPUTED"), (("0", ""), "PAID"), (("-5", ""), "PAID")],
)
def test_one_own_invoice_that_may_not_be_asked_for_stops_the_message(
    standing: tuple[str, str], why: str
) -> None:
    command = a_command(invoices=(an_invoice("A"), an_invoice("B")))
    assert as_it_stands(command, answer=answer(A=("10", ""), B=standing)) == Refusal(why)


def test_an_invoice_that_the_gate_does_not_know_stops_the_message() -> None:
    assert as_it_stands(a_command(invoices=(an_invoice("A"),)), answer=answer()) == Refusal("UNKNOWN")


@given(st.sampled_from(["", "PAID", "DISPUTED", "HELD"]), st.integers(-2, 2))
def test_another_invoice_is_named_only_while_it_may_be(why: str, open_: int) -> None:
    command = a_command(invoices=(an_invoice("A"), an_invoice("B", own_step=False)))
    asked = as_it_stands(command, answer=answer(A=("7.50", ""), B=(str(open_), why)))
    assert not isinstance(asked, Refusal)
    named = [line.invoice_id for line in asked.invoices]
    assert named == (["A", "B"] if not why and open_ > 0 else ["A"])
    assert asked.invoices[0].open == Decimal("7.50")


def test_no_address_no_consent_and_no_template_are_told_apart() -> None:
    renderer = TemplateRenderer()
    nobody = a_party(customer=a_customer(contacts=()))
    refused = {"EMAIL": Consent(allowed=False, source="test", at=NOON)}
    wordless = a_command(channel="SMS", is_fourteen_day_letter=True)
    for command, party, why in (
        (a_command(), nobody, Refusal("NO_ADDRESS", "EMAIL")),
        (a_command(), a_party(consents=refused), Refusal("OPTED_OUT")),
        (wordless, a_party(), Refusal("TEMPLATE")),
    ):
        assert prepare_message(command, party=party, now=NOON, renderer=renderer) == why
    ready = prepare_message(a_command(), party=a_party(), now=NOON, renderer=renderer)
    assert isinstance(ready, Message)
    assert ready.recipient.address == "jan@jansen.example"


def _held(state: State, called_s_ago: float = 0.0) -> MessageContact:
    sent = SentAs("twilio", to("+31612345678", channel="SMS"), "", "words")
    return MessageContact(a_command(), a_delivery(state=state), sent=sent, called_s_ago=called_s_ago)


def _state(contact: MessageContact | None) -> State | None:
    return None if contact is None else contact.delivery.state


@pytest.mark.parametrize("found", [Accepted("SM1"), Absent(), CannotTell(), Repeatable()])
def test_what_was_only_claimed_goes_again(found: Accepted) -> None:
    assert _state(settle(_held(State.CLAIMED), found)) is State.PENDING


@pytest.mark.parametrize(
    ("found", "called_s_ago", "state"),
    [
        (Accepted("SM1"), 0.0, State.ACCEPTED),
        (CannotTell(), 999.0, State.AMBIGUOUS),
        (Repeatable(), 0.0, State.PENDING),
        (Absent(), ABSENT_IS_SURE_AFTER_S, State.PENDING),
        (Absent(), 1.0, None),
    ],
)
def test_what_may_have_been_sent_is_never_repeated_blindly(
    found: Accepted, called_s_ago: float, state: State | None
) -> None:
    assert _state(settle(_held(State.CALLING, called_s_ago), found)) is state


def test_what_goes_again_after_a_death_may_be_out_unless_the_provider_was_asked() -> None:
    repeated, unsent = (
        settle(_held(State.CALLING, ABSENT_IS_SURE_AFTER_S), found) for found in (Repeatable(), Absent())
    )
    assert repeated is not None
    assert unsent is not None
    ended = [contact.delivery.suppress(NOON, why="PAID").state for contact in (repeated, unsent)]
    assert ended == [State.AMBIGUOUS, State.SUPPRESSED]


@pytest.mark.parametrize(
    ("outcome", "is_everybodys"),
    [
        (ConfigError("x"), True),
        (Retry("x", scope=Scope.ACCOUNT), True),
        (Retry("x", scope=Scope.SENDER), True),
        (Retry("x"), False),
        (Permanent("x"), False),
        (Ambiguous("x"), False),
        (Accepted("x"), False),
    ],
)
def test_a_refusal_of_the_account_concerns_everybody(outcome: Outcome, *, is_everybodys: bool) -> None:
    assert concerns_everybody(outcome) is is_everybodys
