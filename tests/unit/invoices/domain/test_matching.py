import pytest

from invoices.domain.matching import CANDIDATES_MAX, number_key, numbers_in, reference_key


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2026-0001", "2026-0001"),
        ("Factuur 2026-0001 dd 2 maart", "2026-0001"),
        ("fact.nr.2026-0001, dank", "2026-0001"),
        ("betaling (inv2026/7).", "INV2026/7"),
        ("/REMI/USTD//2026-0001/EREF/x", "2026-0001"),
        ("nrs 2026-0001/2026-0002", "2026-0002"),
        ("FACTUUR: inv-12.", "INV-12"),
        ("Betreft INV 2026 12", "INV 2026 12"),
        ("#F.2026.1;", "F.2026.1"),
    ],
)
def test_an_invoice_number_is_found_as_a_whole_word(text: str, number: str) -> None:
    assert number_key(number) in numbers_in(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12026-0001", "2026-0001"),
        ("2026-00011", "2026-0001"),
        ("2026-0001-5", "2026-0001"),
        ("A2026-0001", "2026-0001"),
        ("101", "10"),
        ("", ""),
    ],
)
def test_a_part_of_a_longer_number_is_none(text: str, number: str) -> None:
    assert number_key(number) not in numbers_in(text)


def test_references_are_compared_without_spaces_and_case() -> None:
    assert reference_key(" rf18 5390 0754 7034 ") == "RF18539007547034"


def test_a_long_text_gives_a_bounded_number_of_candidates() -> None:
    assert len(numbers_in(" ".join(f"w{n}" for n in range(1000)))) == CANDIDATES_MAX
