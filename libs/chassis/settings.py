"""The settings that every service has, read from the environment once, every fault named at once."""

import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from typing_extensions import override

PREFIX = "VELVET_"
EXIT_SETTINGS = 2
"""Exit status of a process whose settings are at fault."""

_PORTS = {"invoices": 8101, "classifier": 8102, "scheduler": 8103, "notifier": 8104}  # contract section 2
_NEEDED_OUTSIDE_THE_SANDBOX = ("database_url", "auth_issuer", "auth_audience")


class ServiceSettings(BaseSettings):
    """What every service can be told. Units stand in the names; ``VELVET_<SERVICE>_…`` goes before ``VELVET_…``."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    service: str
    sandbox: bool = False
    instance_id: str = Field(default_factory=socket.gethostname)
    """Kafka's static membership: one per replica, kept over a restart; ``none`` turns it off."""

    database_url: SecretStr = SecretStr("")
    api_database_url: SecretStr = SecretStr("")
    """The address of the role that answers callers, subject to row-level security; falls back to ``database_url``."""
    migration_database_url: SecretStr = SecretStr("")
    """The owner's address for the ``migrate`` role; falls back to ``database_url``."""
    database_pool_max: int = Field(default=8, ge=2, le=200)
    database_statement_s_max: float = Field(default=30, gt=0)
    database_lock_s_max: float = Field(default=10, gt=0)

    kafka_bootstrap: str = "127.0.0.1:19092"
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_username: str = ""
    kafka_password: SecretStr = SecretStr("")
    kafka_ca_file: Path | None = None
    kafka_replication: int = Field(default=1, ge=1, le=9)
    """For `python -m chassis.kafka.topics create`: copies of each partition of a topic that it makes."""
    kafka_request_s_max: float = Field(default=15, gt=0)
    wire_format: Literal["json", "protobuf"] = "json"
    confluent_framing: bool = False
    """Take off the five bytes that a schema registry's serialisers put before the value."""
    batch_records_max: int = Field(default=1000, ge=1, le=5000)
    batch_pace_ms: int = Field(default=0, ge=0, le=1000)
    """Outside the sandbox a batch begins no sooner than so long after one with few records; 0: at once."""
    fetch_wait_ms_max: int = Field(default=100, ge=1, le=10_000)
    """How long the broker may hold a fetch that finds nothing. While records of some partitions lie unread for
    longer than a tenth of a second the library asks for the others alone: the busy ones then wait as long."""
    fetch_bytes_max: int = Field(default=1_048_576, ge=1024, le=52_428_800)
    """Of each partition and fetch; a larger record comes all the same. 256 kB instead of a megabyte: 10 MB less of a
    consumer that is far behind, but a third less of what the classifier takes in (docs/performance.md, P11)."""
    retry_delay_s_max: float = Field(default=30, gt=0)
    relay_records_max: int = Field(default=1000, ge=1, le=5000)

    http_host: str = "127.0.0.1"
    http_port: int = Field(default=0, ge=0, le=65_535)
    http_body_bytes_max: int = Field(default=10_000_000, ge=1000)

    auth_jwks_file: Path | None = None
    auth_jwks_url: str = ""
    auth_issuer: str = "https://velvet.sandbox.example"
    auth_audience: str = "velvet"
    auth_signing_key_file: Path | None = None
    """Sandbox only: the private key with which a service signs its own tokens."""
    auth_service_token_file: Path | None = None
    """Outside the sandbox: the bearer token of the service itself, read anew when the file changes."""

    invoices_url: str = "http://127.0.0.1:8101"
    classifier_url: str = "http://127.0.0.1:8102"
    scheduler_url: str = "http://127.0.0.1:8103"
    notifier_url: str = "http://127.0.0.1:8104"
    inbox_url: str = "http://127.0.0.1:8105"

    shutdown_s_max: float = Field(default=20, gt=0)
    startup_s_max: float = Field(default=60, gt=0)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    trace_exporter: Literal["none", "log"] = "none"

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_the_service(cls, values: dict[str, object]) -> dict[str, object]:
        name = str(values.get("service", ""))
        filled = {"http_port": _PORTS.get(name, 0), **values}
        if _is_true(filled.get("sandbox")) and "database_url" not in filled:
            filled["database_url"] = f"postgresql://velvet@127.0.0.1:15432/{name}"
        filled.setdefault("migration_database_url", filled.get("database_url", SecretStr("")))
        return filled

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from ``load`` alone: it knows the two prefixes and the ``_FILE`` variants."""
        return (init_settings,)

    @classmethod
    def missing(cls, given: Mapping[str, object]) -> list[str]:
        """Return a sentence for every setting that this combination lacks; services extend it."""
        service = str(given["service"])
        if _is_true(given.get("sandbox")):
            return []
        faults = [
            f"{_variable(service, name)} must be set outside the sandbox."
            for name in _NEEDED_OUTSIDE_THE_SANDBOX
            if not given.get(name)
        ]
        if not given.get("auth_jwks_file") and not given.get("auth_jwks_url"):
            faults.append("VELVET_AUTH_JWKS_URL or VELVET_AUTH_JWKS_FILE must be set outside the sandbox.")
        if given.get("auth_signing_key_file"):
            faults.append("VELVET_AUTH_SIGNING_KEY_FILE is for the sandbox only: unset it.")
        return faults

    def printable(self) -> str:
        """Return the settings one a line, secrets hidden, as the variables that would set them."""
        lines = []
        for name in type(self).model_fields:
            if name != "service":
                value = getattr(self, name)
                lines.append(f"{_variable(self.service, name)}={'' if value is None else value}")
        return "\n".join(lines)

    def without_io(self, **changes: object) -> Self:
        """Return a copy with some values changed; tests use it."""
        return self.model_copy(update=changes)


S = TypeVar("S", bound=ServiceSettings)

_PER_SERVICE = frozenset(
    {"database_url", "api_database_url", "migration_database_url", "http_host", "http_port"}
)


def _variable(service: str, name: str) -> str:
    """Return the variable that people set for this setting."""
    middle = f"{service}_" if name in _PER_SERVICE else ""
    return f"{PREFIX}{middle}{name}".upper()


def _is_true(value: object) -> bool:
    return value is True or str(value).lower() in {"true", "1", "yes", "on"}


def load(cls: type[S], *, service: str, environ: Mapping[str, str] | None = None) -> S:
    """Read the settings of ``service``; every fault is written to standard error, then exit status 2."""
    values, faults = _read(cls, service=service, environ=os.environ if environ is None else environ)  # noqa: TID251 - their one home
    faults += cls.missing(values)
    try:
        settings = cls(**values)  # type: ignore[arg-type]
    except ValidationError as error:
        faults = _sentences(error, service=service) + faults
    else:
        if not faults:
            return settings
    sys.stderr.write(
        f"The settings of {service} are at fault:\n" + "".join(f"- {fault}\n" for fault in faults)
    )
    raise SystemExit(EXIT_SETTINGS)


def _read(cls: type[S], *, service: str, environ: Mapping[str, str]) -> tuple[dict[str, object], list[str]]:
    """Collect what the environment says about the known settings; empty means not set."""
    values: dict[str, object] = {"service": service}
    faults: list[str] = []
    for name in cls.model_fields:
        if name == "service":
            continue
        for variable in (f"{PREFIX}{service}_{name}".upper(), f"{PREFIX}{name}".upper()):
            if environ.get(variable):
                values[name] = environ[variable]
                break
            path = environ.get(f"{variable}_FILE")
            if path and f"{name}_file" not in cls.model_fields:
                try:
                    values[name] = Path(path).read_text(encoding="utf-8").strip()
                except (OSError, UnicodeDecodeError) as error:
                    faults.append(
                        f"{variable}_FILE names {path}, which cannot be read ({type(error).__name__})."
                    )
                break
    return values, faults


def _sentences(error: ValidationError, *, service: str) -> list[str]:
    """Turn pydantic's list into sentences that name the variable and never a secret's value."""
    found = []
    for fault in error.errors(include_url=False):
        name = str(fault["loc"][0]) if fault["loc"] else "?"
        message = fault["msg"][:1].lower() + fault["msg"][1:]
        secret = any(word in name for word in ("url", "password", "token", "key", "secret"))
        given = "" if secret else f", not {str(fault['input'])[:60]!r}"
        found.append(f"{_variable(service, name)}: {message}{given}.")
    return found


def sqlalchemy_url(url: SecretStr) -> str:
    """Return the address with the asyncpg driver named: ``postgresql://`` as people write it is accepted."""
    text = url.get_secret_value()
    for scheme in ("postgresql://", "postgres://"):
        if text.startswith(scheme):
            return "postgresql+asyncpg://" + text.removeprefix(scheme)
    return text
