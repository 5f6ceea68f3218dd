"""What is wrong with a customer's data, in the words of whoever has to mend it."""

import pytest

from scheduler.domain.decision import Reason
from scheduler.domain.sentences import sentence


def _said(field: str, reason: str, *, language: str) -> str:
    return sentence(Reason("data.problem", (field, reason)), language=language)


@pytest.mark.parametrize(
    ("field", "reason", "dutch", "english"),
    [
        (
            "contacts[0].email",
            "not an e-mail address",
            "Het e-mailadres van het eerste contact is niet bruikbaar: het is geen e-mailadres.",
            "The e-mail address of the first contact cannot be used: it is not an e-mail address.",
        ),
        (
            "contacts[11].phone",
            "not a telephone number that can be dialled",
            "Het telefoonnummer van contact 12 is niet bruikbaar: dit nummer kan niet worden gebeld.",
            "The telephone number of contact 12 cannot be used: this number cannot be dialled.",
        ),
        (
            "address.city",
            "missing: a letter cannot be addressed",
            "De plaats in het adres is niet bruikbaar: dit gegeven ontbreekt, dus een brief kan niet worden verstuurd.",
            "The town in the address cannot be used: it is missing, so a letter cannot be sent.",
        ),
        (
            "tone",
            "not one of FORMAL, NEUTRAL, WARM",
            "De toon is niet bruikbaar: mogelijk zijn alleen FORMAL, NEUTRAL, WARM.",
            "The tone cannot be used: only FORMAL, NEUTRAL, WARM are possible.",
        ),
        (
            "contacts[0].fax",
            "no such thing",
            "Het veld contacts[0].fax is niet bruikbaar: no such thing.",
            "The field contacts[0].fax cannot be used: no such thing.",
        ),
    ],
)
def test_a_problem_is_told_in_one_language(field: str, reason: str, dutch: str, english: str) -> None:
    assert _said(field, reason, language="nl") == dutch
    assert _said(field, reason, language="en") == english


def test_a_channel_that_ended_names_its_detail() -> None:
    dead = Reason("data.dead", ("EMAIL", "email"))
    assert (
        sentence(dead, language="nl")
        == "Per e-mail is de klant niet meer te bereiken: het e-mailadres klopt niet."
    )
    assert (
        sentence(dead, language="en")
        == "The customer cannot be reached by e-mail any more: the e-mail address is not right."
    )
