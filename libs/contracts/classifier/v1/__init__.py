"""Message types of contracts.classifier.v1, generated from proto/contracts/classifier/v1/classifier.proto; do not edit."""

import msgspec

from contracts.erp import v1 as erp


class Evidence(msgspec.Struct, kw_only=True):
    """contracts.classifier.v1.Evidence."""

    episodes: int = 0
    theta: float = 0.0
    bad_of_last_5: int = 0
    bad_of_last_12: int = 0
    last_bad_days_late: list[int] = msgspec.field(default_factory=list)
    open_overdue_days: int = 0
    rule: str = ""


class TierSince(msgspec.Struct, kw_only=True):
    """contracts.classifier.v1.TierSince."""

    tier: str = ""
    at: str = ""


class TierChanged(msgspec.Struct, kw_only=True):
    """contracts.classifier.v1.TierChanged."""

    creditor_id: str = ""
    customer_id: str = ""
    old_tier: str = ""
    new_tier: str = ""
    unknown: bool = False
    at: str = ""
    reason: str = ""
    reason_nl: str = ""
    evidence: Evidence | None = None
    version: int = 0
    history: list[TierSince] = msgspec.field(default_factory=list)


class ProfileChanged(msgspec.Struct, kw_only=True):
    """contracts.classifier.v1.ProfileChanged."""

    creditor_id: str = ""
    customer_id: str = ""
    version: int = 0
    episodes: int = 0
    structural_days_late: float | None = None
    lateness_pmf: list[float] = msgspec.field(default_factory=list)
    weekday_factor: list[float] = msgspec.field(default_factory=list)
    best_channel: str = ""
    best_window: erp.Window | None = None
