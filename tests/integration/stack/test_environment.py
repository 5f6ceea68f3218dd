"""What the processes are told: the user's word first, and no service another's database."""

from pathlib import Path

from sandbox.stack.addresses import SERVICES, Addresses
from sandbox.stack.databases import Database
from sandbox.stack.environment import Surroundings, is_sandbox
from sandbox.stack.tokens import Keys

KEYS = Keys(signing_key_file=Path("private.json"), jwks_file=Path("public.json"))
DATABASES = {
    name: Database(name, url=f"app@{name}", api_url=f"api@{name}", owner_url=f"owner@{name}")
    for name in SERVICES
}


def _around(**inherited: str) -> Surroundings:
    return Surroundings(Addresses(), inherited, keys=KEYS, databases=DATABASES)


def test_a_service_is_told_of_its_own_database_only() -> None:
    environment = _around().of("invoices")
    assert environment["VELVET_INVOICES_DATABASE_URL"] == "app@invoices"
    assert environment["VELVET_INVOICES_API_DATABASE_URL"] == "api@invoices"
    assert environment["VELVET_INVOICES_MIGRATION_DATABASE_URL"] == "owner@invoices"
    assert [name for name in environment if name.endswith("DATABASE_URL") and "INVOICES" not in name] == []
    assert [name for name in _around().of("inbox") if name.endswith("DATABASE_URL")] == []


def test_a_value_that_the_user_has_set_is_never_replaced() -> None:
    environment = _around(VELVET_SMTP_URL="smtp://mine.example", VELVET_SANDBOX="false").of("notifier")
    assert environment["VELVET_SMTP_URL"] == "smtp://mine.example"
    assert environment["VELVET_SANDBOX"] == "false"


def test_a_database_of_the_users_own_does_not_get_the_owner_of_ours() -> None:
    environment = _around(VELVET_INVOICES_DATABASE_URL="postgresql://db.example/i").of("invoices")
    assert environment["VELVET_INVOICES_DATABASE_URL"] == "postgresql://db.example/i"
    assert "VELVET_INVOICES_API_DATABASE_URL" not in environment
    assert "VELVET_INVOICES_MIGRATION_DATABASE_URL" not in environment


def test_everybody_knows_where_everybody_is_and_every_provider_is_the_inbox() -> None:
    environment = _around().of("scheduler")
    assert [environment[f"VELVET_{name.upper()}_URL"][-4:] for name in SERVICES] == [
        "8101",
        "8102",
        "8103",
        "8104",
    ]
    inbox = environment["VELVET_INBOX_URL"]
    providers = ("VELVET_TWILIO_BASE_URL", "VELVET_WHATSAPP_BASE_URL", "VELVET_LETTER_BASE_URL")
    assert {environment[name] for name in providers} == {inbox}
    assert environment["VELVET_SMTP_URL"] == "smtp://127.0.0.1:10025"


def test_the_sandbox_is_on_unless_the_user_says_otherwise() -> None:
    assert is_sandbox({})
    assert is_sandbox({"VELVET_SANDBOX": "True"})
    assert not is_sandbox({"VELVET_SANDBOX": "false"})
