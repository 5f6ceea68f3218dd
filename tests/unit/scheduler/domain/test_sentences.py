"""Every reason is a whole sentence in both languages."""

import re
from pathlib import Path

import pytest

import scheduler.domain
from scheduler.domain.decision import Reason
from scheduler.domain.sentences import one_sentence, sentence
from tests.unit.scheduler.builders import Life, customer, local

CODE = re.compile(r'Reason\("([^"]+)"')
PREFIXED = re.compile(r'Reason\("(\w+\.)" \+')


def codes() -> set[str]:
    found: set[str] = set()
    folder = Path(next(iter(scheduler.domain.__path__)))
    for path in [*folder.glob("*.py"), *(folder.parent / "usecases").glob("*.py")]:
        found |= set(CODE.findall(path.read_text())) - set(PREFIXED.findall(path.read_text()))
    return found


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_code_in_the_sources_has_its_sentence(language: str) -> None:
    facts = ("2026-04-01", "EMAIL", "3", "4")
    for code in sorted(codes()):
        text = sentence(Reason(code, facts), language=language)
        assert text.endswith("."), code
        assert "{" not in text, code


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Payment is promised: nothing is sent until 3 April 2026."),
        ("nl", "Betaling is toegezegd: er gaat niets uit tot 3 april 2026."),
        ("de", "Payment is promised: nothing is sent until 3 April 2026."),
    ],
)
def test_days_are_written_as_people_write_them(language: str, expected: str) -> None:
    assert sentence(Reason("stop.PROMISED", ("2026-04-03", "")), language=language) == expected


def test_a_stop_without_an_end_holds_until_further_notice() -> None:
    text = sentence(Reason("stop.HELD", ("", "complaint 7")), language="en")
    assert text == "The invoice is on hold until further notice: complaint 7."


def test_an_unknown_code_still_says_something() -> None:
    assert sentence(Reason("stop.FLOODED"), language="nl") == "stop.FLOODED"


def test_reasons_join_into_one_sentence() -> None:
    text = one_sentence(
        (Reason("day.due", ("2026-04-01",)), Reason("channel.policy", ("SMS",))), language="en"
    )
    assert (
        text == "It is the effective due date, 1 April 2026; text message comes first in the policy's order."
    )


@pytest.mark.parametrize("tier", ["GOLD", "SILVER", "BRONZE"])
def test_every_command_of_every_ladder_carries_a_reason(tier: str) -> None:
    for action in Life(customer(tier=tier), start=local("2026-03-02")).until(local("2026-08-01")).done:
        for language in ("nl", "en"):
            assert len(one_sentence(action.reasons, language=language)) > 10


@pytest.mark.parametrize(
    ("language", "pronouns"), [("nl", r"Ze|Zij|Hij"), ("en", r"It (?!is (the|\d))|They")]
)
def test_no_sentence_begins_with_a_word_for_something_that_was_not_named(
    language: str, pronouns: str
) -> None:
    facts = ("3", "2026-04-01", "4", "5")
    for code in sorted(codes()):
        assert not re.match(rf"({pronouns})\b", sentence(Reason(code, facts), language=language)), code


def test_a_step_that_falls_after_the_due_date_is_called_a_step() -> None:
    reason = Reason("day.after", ("14", "2026-04-01"))
    assert (
        sentence(reason, language="nl")
        == "Deze stap staat gepland op 14 dagen na de effectieve vervaldag, 1 april 2026."
    )
    assert (
        sentence(reason, language="en")
        == "This step is planned for 14 days after the effective due date, 1 April 2026."
    )


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_stop_without_a_cause_ends_with_its_day(language: str) -> None:
    text = sentence(Reason("stop.HELD", ("2026-04-03", "")), language=language)
    assert text.endswith("april 2026." if language == "nl" else "April 2026.")
