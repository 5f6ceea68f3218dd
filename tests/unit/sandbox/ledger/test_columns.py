"""Columns are found by name, generously, and doubt is told in one sentence."""

import json
from pathlib import Path

import pytest

from sandbox.ledger.columns import find_columns, normalised, read_mapping
from sandbox.ledger.model import LedgerError


def _find(header: str, **mapping: str) -> dict[str, str]:
    names = header.split("|")
    found = find_columns(names, mapping=mapping, looks_right=lambda _role, _index: True)
    return {role: names[index] for role, index in found.at.items()}


REQUIRED_OF = [
    "customerID|invoiceNumber|InvoiceDate|DueDate|SettledDate|InvoiceAmount",
    "Debiteurnummer|Factuurnummer|Factuurdatum|Vervaldatum|Betaaldatum|Bedrag",
    "KLANT_NR|Factuur nr.|factuur datum|verval datum|Betaald op|Bedrag incl. BTW",
    "Customer|Invoice #|Issue date|Due|Paid|Amount (EUR)",
    "cust_number|invoice_id|document_create_date|due_in_date|clear_date|total_open_amount",
    "Client code|Document No|Date|Due on|Payment date|Total",
    "Débiteur|Facture nr|invoice date|due date|payment date|Amount".replace("Facture nr", "Factuur-nr"),
]


@pytest.mark.parametrize("header", REQUIRED_OF)
def test_the_required_columns_are_found_in_any_usual_spelling(header: str) -> None:
    names = header.split("|")
    found = _find(header)
    assert [found[role] for role in ("customer", "invoice", "issued", "due", "paid", "amount")] == names


def test_columns_that_look_alike_are_not_mistaken() -> None:
    found = _find(
        "PaperlessDate|customerID|invoiceNumber|InvoiceDate|DueDate|InvoiceAmount|Disputed|SettledDate|"
        "PaperlessBill|DaysToSettle|DaysLate"
    )
    assert set(found) == {"customer", "invoice", "issued", "due", "paid", "amount", "disputed"}
    assert found["disputed"] == "Disputed"


def test_a_name_beside_a_number_is_the_customers_name() -> None:
    found = _find("Klantnr|Klant|Factuurnr|Factuurdatum|Vervaldatum|Betaaldatum|Bedrag")
    assert (found["customer"], found["name"]) == ("Klantnr", "Klant")


def test_a_name_alone_is_the_customer() -> None:
    found = _find("Klantnaam|Factuurnr|Factuurdatum|Vervaldatum|Betaaldatum|Bedrag")
    assert found["customer"] == "Klantnaam"


def test_a_missing_column_is_named_together_with_the_columns_seen() -> None:
    with pytest.raises(
        LedgerError, match=r"a due date \(due\).*Columns seen: 'Klant', 'Factuur'.*due=<column>"
    ):
        _find("Klant|Factuur|Factuurdatum|Betaaldatum|Bedrag")


def test_two_columns_for_one_role_are_refused_by_name() -> None:
    with pytest.raises(LedgerError, match="'Invoice number', 'Factuurnummer'"):
        _find("Klant|Invoice number|Factuurnummer|Factuurdatum|Vervaldatum|Betaaldatum|Bedrag")


def test_a_mapping_settles_what_names_do_not() -> None:
    header = "Klant|Invoice number|Factuurnummer|A|B|C|Bedrag"
    found = _find(header, invoice="Factuurnummer", issuedOn="A", vervaldatum="b", payment_date="C")
    assert (found["invoice"], found["issued"], found["due"], found["paid"]) == (
        "Factuurnummer",
        "A",
        "B",
        "C",
    )


def test_a_mapping_to_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(LedgerError, match="'Nope' is the due, but that column is not in the file"):
        _find("Klant|Factuur|Factuurdatum|Vervaldatum|Betaaldatum|Bedrag", due="Nope")


def test_a_doubtful_name_needs_values_of_its_kind() -> None:
    header = ["Klant", "Factuur", "Factuurdatum", "Vervaldatum", "Betaald", "Bedrag"]
    with pytest.raises(LedgerError, match="a payment date"):
        find_columns(header, mapping={}, looks_right=lambda role, _index: role != "paid")


def test_a_column_whose_values_belie_its_name_is_named_not_called_missing() -> None:
    header = ["Klant", "Factuur", "Factuurdatum", "Vervaldatum", "Betaaldatum", "Bedrag"]
    with pytest.raises(LedgerError, match=r"^'Bedrag' is called like an amount, but .*: amount=Bedrag$"):
        find_columns(header, mapping={}, looks_right=lambda role, _index: role != "amount")
    found = find_columns(header, mapping={"amount": "Bedrag"}, looks_right=lambda _role, _index: False)
    assert found.at["amount"] == 5


def test_mappings_are_read_from_a_string_and_from_files(tmp_path: Path) -> None:
    expected = {"customer": "Klant", "invoice": "Fact.nr"}
    assert read_mapping("customer=Klant,invoice=Fact.nr") == expected
    (tmp_path / "m.yaml").write_text("customer: Klant\ninvoice: Fact.nr\n")
    (tmp_path / "m.json").write_text(json.dumps(expected))
    assert read_mapping(str(tmp_path / "m.yaml")) == expected
    assert read_mapping(str(tmp_path / "m.json")) == expected
    assert read_mapping("") == {}


@pytest.mark.parametrize("wrong", ["customer=", "customer=Klant,=x", "nowhere.yaml"])
def test_a_mapping_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(LedgerError):
        read_mapping(wrong)


def test_an_unknown_role_is_refused_with_the_roles_that_exist() -> None:
    with pytest.raises(LedgerError, match=r"'colour'.*customer, invoice"):
        _find("Klant|Factuur|Factuurdatum|Vervaldatum|Betaaldatum|Bedrag", colour="Klant")


def test_names_are_compared_without_case_accents_and_signs() -> None:
    assert normalised(" Débiteur_Nr. ") == normalised("debiteurnr") == "debiteurnr"
