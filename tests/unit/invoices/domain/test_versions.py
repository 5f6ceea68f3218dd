from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from invoices.domain.facts import InvoiceFact, issued_day
from invoices.domain.versions import Stamp, counting, merge
from tests.support.invoices_facts import day, invoice, stamp


def version(number: int, *, issued_on: str) -> InvoiceFact:
    return invoice(issued_on=issued_on, at=stamp("03-01", number=number))


def merged(*versions: InvoiceFact, today: str | None) -> tuple[InvoiceFact, ...]:
    known: tuple[InvoiceFact, ...] = ()
    for one in versions:
        known = merge(known, one, today=day(today) if today else None, day_of=issued_day)
    return known


def test_the_highest_stamp_wins_and_a_duplicate_changes_nothing() -> None:
    older, newer = version(1, issued_on="03-01"), version(2, issued_on="03-01")
    assert [v.stamp for v in merged(newer, older, newer, today="03-02")] == [newer.stamp]
    assert [v.stamp for v in merged(older, newer, today=None)] == [newer.stamp]


def test_a_version_dated_ahead_lets_the_earlier_one_hold_until_its_day() -> None:
    known = merged(version(1, issued_on="03-01"), version(2, issued_on="04-01"), today="03-10")
    assert [v.stamp.id for v in known] == ["e-0002", "e-0001"]
    assert counting(known, today=day("03-31"), day_of=issued_day) == (known[1], True)
    assert counting(known, today=day("04-01"), day_of=issued_day)[0].stamp == known[0].stamp


def test_while_none_is_in_effect_the_first_to_come_is_shown() -> None:
    known = merged(version(1, issued_on="04-01"), version(2, issued_on="05-01"), today="03-10")
    shown, in_effect = counting(known, today=day("03-10"), day_of=issued_day)
    assert (shown.stamp.id, in_effect) == ("e-0001", False)


def test_ties_in_time_are_broken_by_the_id_of_the_event() -> None:
    at = stamp().time
    assert Stamp(at, "b", "x") > Stamp(at, "a", "z")


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 28)), min_size=1, max_size=8),
    st.integers(1, 28),
    st.data(),
)
def test_what_is_dropped_can_never_count_again(
    numbers: list[tuple[int, int]], today: int, data: st.DataObject
) -> None:
    versions = [version(number, issued_on=f"03-{on:02}") for number, on in dict(numbers).items()]
    shuffled = data.draw(st.permutations(versions))
    kept = merged(*shuffled, today=f"03-{today:02}")
    for later in range(today, 29):
        at = date(2026, 3, later)
        expected = counting(versions, today=at, day_of=issued_day)
        found = counting(kept, today=at, day_of=issued_day)
        assert found[1] == expected[1]
        if expected[1]:
            assert found[0].stamp == expected[0].stamp
