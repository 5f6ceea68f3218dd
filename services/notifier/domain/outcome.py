"""What a provider answered: the one classification that every adapter returns (providers.md 1.0)."""

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """Whom a temporary refusal concerns: the others go on."""

    RECIPIENT = "RECIPIENT"
    SENDER = "SENDER"
    ACCOUNT = "ACCOUNT"


class Suppress(StrEnum):
    """What must not be used again after a permanent refusal."""

    NOTHING = "NOTHING"
    ADDRESS = "ADDRESS"
    CHANNEL = "CHANNEL"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has taken the message and named it."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Retry:
    """Not taken, and certain not to be: the same call may be made again."""

    reason: str
    after_s: float | None = None
    """Seconds that the provider asked us to wait; None: our own backoff."""
    scope: Scope = Scope.RECIPIENT


@dataclass(frozen=True, slots=True)
class Permanent:
    """Refused for good; ``reason`` is the provider's code, kept as text."""

    reason: str
    suppress: Suppress = Suppress.NOTHING


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """The message went out and no answer came: never repeated blindly."""

    reason: str
    provider_id: str = ""
    """Under which the provider has it, if it has it: known where we name our messages ourselves (mail)."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """No answer came from a provider that takes the same call twice as one: it goes again, but may be out already."""

    reason: str


@dataclass(frozen=True, slots=True)
class ConfigError:
    """Our credentials or settings are at fault: the channel stops and somebody is called."""

    reason: str


Outcome = Accepted | Retry | Repeat | Permanent | Ambiguous | ConfigError


@dataclass(frozen=True, slots=True)
class Absent:
    """Looked up, and the provider knows of no such message."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The provider offers no look-up, or did not answer it."""


@dataclass(frozen=True, slots=True)
class Repeatable:
    """The provider knows our id: the same call again is harmless, so nothing need be looked up."""


LookUp = Accepted | Absent | CannotTell | Repeatable
