"""The closed sets of words that policies, states and commands are written in."""

from enum import StrEnum


class Tier(StrEnum):
    """The treatment of a customer (contract section 4)."""

    GOLD = "GOLD"
    SILVER = "SILVER"
    BRONZE = "BRONZE"


class Deed(StrEnum):
    """What a command asks for (``ReminderDue.action``)."""

    SEND = "SEND"
    CALL = "CALL"
    DECISION = "DECISION"
    HANDOVER = "HANDOVER"
    DATA_QUALITY = "DATA_QUALITY"
    CANCEL = "CANCEL"
    REASSIGN = "REASSIGN"


class Manner(StrEnum):
    """How hard a step is: friendly, formal, or for a person to decide."""

    FRIENDLY = "FRIENDLY"
    FORMAL = "FORMAL"
    PERSON = "PERSON"


class Anchor(StrEnum):
    """What a step's day is counted from."""

    ISSUED = "ISSUED"
    DUE_AS_WRITTEN = "DUE_AS_WRITTEN"
    DUE = "DUE"
    STOPPING_RULE = "STOPPING_RULE"
    STEP = "STEP"


class Channel(StrEnum):
    """A way to reach the debtor."""

    EMAIL = "EMAIL"
    SMS = "SMS"
    WHATSAPP = "WHATSAPP"
    LETTER = "LETTER"
    CALL = "CALL"


class Tone(StrEnum):
    """The tone of a text."""

    WARM = "WARM"
    NEUTRAL = "NEUTRAL"
    FORMAL = "FORMAL"


class Purpose(StrEnum):
    """Which of the customer's contacts is addressed (W14)."""

    REMINDER = "REMINDER"
    ADMIN = "ADMIN"
    LEGAL = "LEGAL"


class Outreach(StrEnum):
    """Whether a creditor's reminders go out, are only reported, or are not even decided."""

    ON = "ON"
    SHADOW = "SHADOW"
    OFF = "OFF"


class Verdict(StrEnum):
    """What a decision means for one invoice (contract section 4, explanation)."""

    ACT = "ACT"
    WAIT = "WAIT"
    STOP = "STOP"
