"""What the notifier can be told: providers, senders, webhooks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from typing_extensions import override

from chassis.settings import ServiceSettings

_NOT_BUILT = {
    "sms_provider": ("twilio", {"cm"}),
    "tasks_provider": ("worklist", {"hubspot", "salesforce", "webhook"}),
    "letter_provider": ("folder", {"pingen"}),
}
# Without a token of its own no question to the gate is answered, and nothing would ever be sent.
_NEEDED_OUTSIDE_THE_SANDBOX = ("smtp_url", "public_url", "email_webhook_secret", "auth_service_token_file")


class Settings(ServiceSettings):
    """The notifier's settings; a channel without credentials has no provider and is never used."""

    public_url: str = ""
    """Where vendors reach this service, e.g. https://notifier.acme.example; in the sandbox its own address."""
    sender_email: str = ""
    """Sender of creditors that have given none of their own."""
    reply_tags: bool = True
    """Reply-To with a sub-address per message (ar+<id>@…); off where the mail server knows none."""
    redirect_all_to: str = ""
    """Trial runs: every message goes to this e-mail address instead."""

    smtp_url: SecretStr = SecretStr("")
    mail_log_url: str = ""
    """Where the mail server's log can be asked after a crash (the inbox in the sandbox); empty: nowhere."""
    email_webhook_secret: SecretStr = SecretStr("")
    """Bearer token that the mail system shows at /v1/webhooks/email."""

    sms_provider: Literal["twilio", "cm"] = "twilio"
    twilio_base_url: str = "https://api.twilio.com"
    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_from: str = ""
    """A number or a name of at most 11 characters; empty: the creditor's name."""
    twilio_messaging_service_sid: str = ""

    whatsapp_base_url: str = "https://graph.facebook.com"
    whatsapp_phone_number_id: str = ""
    whatsapp_token: SecretStr = SecretStr("")
    whatsapp_app_secret: SecretStr = SecretStr("")
    whatsapp_verify_token: SecretStr = SecretStr("")
    whatsapp_template_prefix: str = "velvet_message"

    letter_provider: Literal["folder", "pingen"] = "folder"
    letter_base_url: str = ""
    """Set: letters are posted there; empty: written into the folder."""
    letter_token: SecretStr = SecretStr("")
    letter_folder: Path = Path("letters")

    tasks_provider: Literal["worklist", "hubspot", "salesforce", "webhook"] = "worklist"
    tasks_base_url: str = ""

    provider_timeout_s: float = Field(default=15, gt=0, le=120)
    sender_poll_s: float = Field(default=0.5, gt=0, le=60)
    """How often the sender looks by itself; in the process that takes commands in it is woken at once."""

    @field_validator("smtp_url")
    @classmethod
    def _is_a_mail_server(cls, url: SecretStr) -> SecretStr:
        parts = urlsplit(url.get_secret_value())
        if url.get_secret_value() and (parts.scheme not in {"smtp", "smtps"} or not parts.hostname):
            raise ValueError("must be like smtp://user:password@host:587 or smtps://host")
        return url

    @classmethod
    @override
    def missing(cls, given: Mapping[str, object]) -> list[str]:
        """Say what this combination lacks, and which providers are not built yet."""
        faults = super().missing(given)
        for name, (built, unbuilt) in _NOT_BUILT.items():
            if str(given.get(name, "")) in unbuilt:
                faults.append(f"VELVET_{name.upper()}={given[name]} is not built yet: use {built}.")
        if str(given.get("sandbox", "")).lower() not in {"true", "1", "yes", "on"}:
            faults += [
                f"VELVET_{'NOTIFIER_' if name == 'public_url' else ''}{name.upper()} must be set outside the sandbox."
                for name in _NEEDED_OUTSIDE_THE_SANDBOX
                if not given.get(name)
            ]
        return faults

    @property
    def own_public_url(self) -> str:
        """The address that vendors call back to, without a closing slash."""
        return (self.public_url or self.notifier_url).rstrip("/")
