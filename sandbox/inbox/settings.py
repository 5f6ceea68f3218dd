"""What the inbox is told by its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InboxSettings:
    """Addresses to listen on and, where given, the credentials that senders must show.

    An empty credential means: not checked. A port of 0 means: any free one.
    """

    host: str = "127.0.0.1"
    http_port: int = 8105
    smtp_port: int = 10025
    notifier_url: str = ""
    twilio_account_sid: str = ""
    twilio_auth_token: str = ""
    whatsapp_phone_number_id: str = ""
    whatsapp_token: str = ""
    whatsapp_app_secret: str = ""


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message names the variable."""


def read_settings(environment: Mapping[str, str] = os.environ) -> InboxSettings:
    """Read the settings; raises SettingsError naming the variable that is wrong."""
    return InboxSettings(
        host=environment.get("VELVET_INBOX_HOST") or "127.0.0.1",
        http_port=_port(environment, "VELVET_INBOX_HTTP_PORT", default=8105),
        smtp_port=_port(environment, "VELVET_INBOX_SMTP_PORT", default=10025),
        notifier_url=environment.get("VELVET_NOTIFIER_URL", "").rstrip("/"),
        twilio_account_sid=environment.get("VELVET_TWILIO_ACCOUNT_SID", ""),
        twilio_auth_token=environment.get("VELVET_TWILIO_AUTH_TOKEN", ""),
        whatsapp_phone_number_id=environment.get("VELVET_WHATSAPP_PHONE_NUMBER_ID", ""),
        whatsapp_token=environment.get("VELVET_WHATSAPP_TOKEN", ""),
        whatsapp_app_secret=environment.get("VELVET_WHATSAPP_APP_SECRET", ""),
    )


def _port(environment: Mapping[str, str], name: str, *, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise SettingsError(f"{name} must be a port number from 0 to 65535, not {text!r}.")
    return int(text)
