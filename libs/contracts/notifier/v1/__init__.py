"""Message types of contracts.notifier.v1, generated from proto/contracts/notifier/v1/notifier.proto; do not edit."""

import msgspec


class Promise(msgspec.Struct, kw_only=True):
    """contracts.notifier.v1.Promise."""

    on: str = ""
    invoice_ids: list[str] = msgspec.field(default_factory=list)
    amount: str = ""
    note: str = ""


class CallOutcome(msgspec.Struct, kw_only=True):
    """contracts.notifier.v1.CallOutcome."""

    result: str = ""
    reason_code: str = ""
    promise: Promise | None = None
    note: str = ""


class ContactRecorded(msgspec.Struct, kw_only=True):
    """contracts.notifier.v1.ContactRecorded."""

    creditor_id: str = ""
    customer_id: str = ""
    contact_id: str = ""
    version: int = 0
    event: str = ""
    at: str = ""
    invoice_ids: list[str] = msgspec.field(default_factory=list)
    step: str = ""
    tier: str = ""
    channel: str = ""
    tone: str = ""
    language: str = ""
    outcome: str = ""
    why: str = ""
    call_outcome: CallOutcome | None = None
    consent: dict[str, bool] = msgspec.field(default_factory=dict)
    action: str = ""
    failed_channel: str = ""
