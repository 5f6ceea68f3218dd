"""The three roots of every error, named for what they mean to the caller.

A reason says what was expected and never quotes a value: it ends in dead-letter headers, problems and pages of others.
"""

from chassis.kernel.envelope import Origin


class VelvetError(Exception):
    """Something went wrong; the message says what to do next."""


class Transient(VelvetError):
    """It may succeed later: the partition waits with backoff, readiness goes down."""


class Poison(VelvetError):
    """It can never succeed: the record goes to the dead-letter topic, the next one goes through.

    ``field`` names the guilty field as a dotted path, empty when the whole record is at fault.
    ``origin`` names the guilty record of a batch; without it the batch is split until the record stands alone.
    """

    def __init__(self, reason: str, *, field: str = "", origin: Origin | None = None) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.reason = reason
        self.field = field
        self.origin = origin


class Rejected(VelvetError):
    """A rule said no to a person or system that asked; told to the caller, pages nobody.

    ``field`` names the guilty field as a dotted path, empty when the request as a whole is refused.
    """

    def __init__(self, reason: str, *, field: str = "") -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.reason = reason
        self.field = field


class NotFound(Rejected):
    """There is no such thing within the caller's creditor."""


class Conflict(Rejected):
    """What the caller knew is no longer so: read again, then decide anew."""


class Fenced(Transient):
    """Another process has taken over this partition; what was begun here is rolled back."""
