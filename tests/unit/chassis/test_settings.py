"""Settings: every fault at once, named by its variable, and no secret ever printed."""

from pathlib import Path

import pytest

from chassis.settings import ServiceSettings, load, sqlalchemy_url

GOOD = {
    "VELVET_INVOICES_DATABASE_URL": "postgresql://velvet:secret@db:5432/invoices",
    "VELVET_AUTH_ISSUER": "https://issuer.example",
    "VELVET_AUTH_AUDIENCE": "velvet",
    "VELVET_AUTH_JWKS_URL": "https://issuer.example/jwks",
}


def test_the_service_s_own_variable_goes_before_the_common_one() -> None:
    settings = load(
        ServiceSettings,
        service="invoices",
        environ={**GOOD, "VELVET_HTTP_PORT": "1", "VELVET_INVOICES_HTTP_PORT": "2"},
    )
    assert settings.http_port == 2
    assert load(ServiceSettings, service="invoices", environ=GOOD).http_port == 8101


def test_the_sandbox_needs_nothing_but_its_name() -> None:
    settings = load(ServiceSettings, service="notifier", environ={"VELVET_SANDBOX": "true"})
    assert settings.database_url.get_secret_value() == "postgresql://velvet@127.0.0.1:15432/notifier"
    assert settings.migration_database_url == settings.database_url


def test_every_fault_is_named_at_once_and_no_secret_is_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    environ = {
        "VELVET_INVOICES_HTTP_PORT": "99999",
        "VELVET_WIRE_FORMAT": "xml",
        "VELVET_BATCH_RECORDS_MAX": "many",
        "VELVET_KAFKA_PASSWORD_FILE": "missing-file",
        "VELVET_INVOICES_DATABASE_URL": "",
    }
    with pytest.raises(SystemExit) as ended:
        load(ServiceSettings, service="invoices", environ=environ)
    assert ended.value.code == 2
    told = capsys.readouterr().err
    for name in (
        "VELVET_INVOICES_HTTP_PORT",
        "VELVET_WIRE_FORMAT",
        "VELVET_BATCH_RECORDS_MAX",
        "VELVET_KAFKA_PASSWORD_FILE",
        "VELVET_INVOICES_DATABASE_URL must be set",
        "VELVET_AUTH_ISSUER must be set",
        "VELVET_AUTH_JWKS_URL or",
    ):
        assert name in told


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql://from-file/x\n")
    environ = {**GOOD, "VELVET_INVOICES_DATABASE_URL": "", "VELVET_INVOICES_DATABASE_URL_FILE": str(file)}
    settings = load(ServiceSettings, service="invoices", environ=environ)
    assert settings.database_url.get_secret_value() == "postgresql://from-file/x"


def test_printed_settings_hide_secrets() -> None:
    printed = load(ServiceSettings, service="invoices", environ=GOOD).printable()
    assert "VELVET_INVOICES_DATABASE_URL=**********" in printed
    assert "secret" not in printed
    assert "VELVET_AUTH_ISSUER=https://issuer.example" in printed


def test_the_signing_key_is_refused_outside_the_sandbox(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        load(
            ServiceSettings, service="invoices", environ={**GOOD, "VELVET_AUTH_SIGNING_KEY_FILE": "key.json"}
        )
    assert "for the sandbox only" in capsys.readouterr().err


def test_addresses_are_taken_as_people_write_them() -> None:
    settings = load(ServiceSettings, service="invoices", environ=GOOD)
    assert sqlalchemy_url(settings.database_url) == "postgresql+asyncpg://velvet:secret@db:5432/invoices"
