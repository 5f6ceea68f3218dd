"""What every process of the stack is told by its environment; a value the user has set always wins."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.stack.addresses import PORT_VARIABLES, SERVICES, Addresses
from sandbox.stack.databases import Database
from sandbox.stack.tokens import AUDIENCE, ISSUER, Keys

_OWN_DATABASE = ("DATABASE_URL", "API_DATABASE_URL", "MIGRATION_DATABASE_URL")
_YES = frozenset({"1", "true", "yes", "on"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything the environment of a process is made from."""

    addresses: Addresses
    inherited: Mapping[str, str]
    """The caller's environment: what stands in it is never replaced."""
    keys: Keys | None = None
    """The sandbox's keys; outside the sandbox nobody may trust them, and they are left out."""
    databases: Mapping[str, Database] = field(default_factory=dict)

    def of_all(self) -> dict[str, str]:
        """Return what all processes share, the databases of all services included."""
        return {**self._ours(), **self._of_databases(SERVICES), **self.inherited}

    def of(self, name: str) -> dict[str, str]:
        """Return the environment of one process: a service sees no database but its own."""
        others = {
            f"VELVET_{service.upper()}_{ending}"
            for service in SERVICES
            if service != name
            for ending in _OWN_DATABASE
        }
        return {variable: value for variable, value in self.of_all().items() if variable not in others}

    def _of_databases(self, services: tuple[str, ...]) -> dict[str, str]:
        """Return the addresses of the databases; a service with a database of the user's own gets none of ours."""
        variables = {}
        for service in services:
            prefix = f"VELVET_{service.upper()}"
            if service in self.databases and not self.inherited.get(f"{prefix}_DATABASE_URL"):
                variables[f"{prefix}_DATABASE_URL"] = self.databases[service].url
                variables[f"{prefix}_API_DATABASE_URL"] = self.databases[service].api_url
                variables[f"{prefix}_MIGRATION_DATABASE_URL"] = self.databases[service].owner_url
        return variables

    def _ours(self) -> dict[str, str]:
        """Return the stack's own values."""
        inbox = self.addresses.url("inbox")
        variables = {variable: str(self.addresses.ports[name]) for name, variable in PORT_VARIABLES.items()}
        variables |= {f"VELVET_{name.upper()}_URL": self.addresses.url(name) for name in (*SERVICES, "inbox")}
        variables |= {
            "PYTHONUNBUFFERED": "1",
            "VELVET_SANDBOX": "true",
            "VELVET_KAFKA_BOOTSTRAP": self.addresses.bootstrap,
            "VELVET_SMTP_URL": self.addresses.smtp_url,
            "VELVET_SMS_PROVIDER": "twilio",
            "VELVET_TWILIO_BASE_URL": inbox,
            "VELVET_TWILIO_ACCOUNT_SID": "ACsandbox00000000000000000000000000",
            "VELVET_TWILIO_AUTH_TOKEN": "sandbox-twilio-token",
            "VELVET_WHATSAPP_BASE_URL": inbox,
            "VELVET_WHATSAPP_PHONE_NUMBER_ID": "100000000000001",
            "VELVET_WHATSAPP_TOKEN": "sandbox-whatsapp-token",
            "VELVET_WHATSAPP_APP_SECRET": "sandbox-whatsapp-secret",
            "VELVET_LETTER_PROVIDER": "folder",
            "VELVET_LETTER_BASE_URL": inbox,
            "VELVET_TASKS_PROVIDER": "worklist",
        }
        if not self.inherited.get("VELVET_SMTP_URL"):
            # Our own mail server: after a crash it can be asked whether it took a mail.
            variables["VELVET_MAIL_LOG_URL"] = inbox
        if self.keys is not None:
            variables |= {
                "VELVET_AUTH_ISSUER": ISSUER,
                "VELVET_AUTH_AUDIENCE": AUDIENCE,
                "VELVET_AUTH_JWKS_FILE": str(self.keys.jwks_file),
                "VELVET_AUTH_SIGNING_KEY_FILE": str(self.keys.signing_key_file),
            }
        return variables


def is_sandbox(inherited: Mapping[str, str]) -> bool:
    """Tell whether the stack runs in the sandbox: yes, unless the user says otherwise."""
    return inherited.get("VELVET_SANDBOX", "true").strip().lower() in _YES


def callers_environment() -> dict[str, str]:
    """Return the environment of this program; variables set to nothing count as not set."""
    return {name: value for name, value in os.environ.items() if value or not name.startswith("VELVET_")}


def without_velvet(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without any setting of Velvet.

    A stack of its own must never send to the real providers, or work on the servers, of another one.
    """
    return {name: value for name, value in environ.items() if not name.startswith("VELVET_")}
