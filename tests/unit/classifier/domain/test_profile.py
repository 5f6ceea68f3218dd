"""What is published is rounded as Python rounds, whatever the short cut; a day is found without listing facts."""

from hypothesis import given
from hypothesis import strategies as st

from classifier.domain.evidence import InvoiceFacts, Outcome, facts_of, next_fact_on
from classifier.domain.profile import rounded

DAY = 739_000
EVER = DAY + 10_000


@given(st.lists(st.floats(min_value=0, max_value=7), max_size=30))
def test_numbers_are_rounded_as_python_rounds_them(values: list[float]) -> None:
    assert rounded(values) == tuple(round(value, 6) for value in values)


@given(st.integers(min_value=0, max_value=7_000_000))
def test_numbers_next_to_a_tie_are_rounded_as_python_rounds_them(millionths: int) -> None:
    tie = (millionths + 0.5) / 1e6
    values = [tie, tie * (1 - 2**-52), tie * (1 + 2**-52)]
    assert rounded(values) == tuple(round(value, 6) for value in values)


@given(
    st.integers(min_value=-100, max_value=100),
    st.integers(min_value=-100, max_value=100),
    st.integers(min_value=-150, max_value=150),
)
def test_an_open_invoice_says_when_time_adds_its_next_fact(issued: int, due: int, after: int) -> None:
    invoice = InvoiceFacts("I-1", 1, Outcome.OPEN, DAY + issued, DAY + due, DAY + due)
    later = [fact.on for fact in facts_of(invoice, until=EVER) if fact.on > DAY + after]
    assert next_fact_on(invoice, after=DAY + after) == min(later, default=0)
