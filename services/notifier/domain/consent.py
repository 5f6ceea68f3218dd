"""Which channels a customer allows (law.md 3.4): WhatsApp needs a yes, the others go on until a no."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

CHANNELS: Final = ("EMAIL", "SMS", "WHATSAPP", "CALL", "LETTER")
MESSAGE_CHANNELS: Final = ("EMAIL", "SMS", "WHATSAPP", "LETTER")
OPT_IN_CHANNELS: Final = frozenset({"WHATSAPP"})

_STOP_WORDS: Final = frozenset(
    "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT AFMELDEN UITSCHRIJVEN STOPPEN".split()
)
_START_WORDS: Final = frozenset("START UNSTOP AANMELDEN".split())


@dataclass(frozen=True, slots=True)
class Consent:
    """One channel's yes or no, where it came from and since when (UTC)."""

    allowed: bool
    source: str
    at: datetime


def is_allowed(
    channel: str, *, recorded: Mapping[str, Consent], opted_in: bool, is_statutory: bool = False
) -> bool:
    """Say whether a message may go over ``channel``.

    ``opted_in`` is the WhatsApp flag of the customer's details; a recorded yes or no beats it. A notice
    that the law requires may go by post whatever was said about post (law.md 3.3, opt-outs).
    """
    if is_statutory and channel == "LETTER":
        return True
    said = recorded.get(channel)
    if said is not None:
        return said.allowed
    return opted_in or channel not in OPT_IN_CHANNELS


def read_keyword(text: str) -> bool | None:
    """Read an answer: False for STOP and its like, True for START, None for anything else."""
    word = text.strip().strip(".!\"'").upper()
    if word in _STOP_WORDS:
        return False
    return True if word in _START_WORDS else None
