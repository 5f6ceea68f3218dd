from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Promise(_message.Message):
    __slots__ = ("on", "invoice_ids", "amount", "note")
    ON_FIELD_NUMBER: _ClassVar[int]
    INVOICE_IDS_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    on: str
    invoice_ids: _containers.RepeatedScalarFieldContainer[str]
    amount: str
    note: str
    def __init__(self, on: _Optional[str] = ..., invoice_ids: _Optional[_Iterable[str]] = ..., amount: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class CallOutcome(_message.Message):
    __slots__ = ("result", "reason_code", "promise", "note")
    RESULT_FIELD_NUMBER: _ClassVar[int]
    REASON_CODE_FIELD_NUMBER: _ClassVar[int]
    PROMISE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    result: str
    reason_code: str
    promise: Promise
    note: str
    def __init__(self, result: _Optional[str] = ..., reason_code: _Optional[str] = ..., promise: _Optional[_Union[Promise, _Mapping]] = ..., note: _Optional[str] = ...) -> None: ...

class ContactRecorded(_message.Message):
    __slots__ = ("creditor_id", "customer_id", "contact_id", "version", "event", "at", "invoice_ids", "step", "tier", "channel", "tone", "language", "outcome", "why", "call_outcome", "consent", "action", "failed_channel")
    class ConsentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bool
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bool] = ...) -> None: ...
    CREDITOR_ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    CONTACT_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    INVOICE_IDS_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    TONE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    CALL_OUTCOME_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    FAILED_CHANNEL_FIELD_NUMBER: _ClassVar[int]
    creditor_id: str
    customer_id: str
    contact_id: str
    version: int
    event: str
    at: str
    invoice_ids: _containers.RepeatedScalarFieldContainer[str]
    step: str
    tier: str
    channel: str
    tone: str
    language: str
    outcome: str
    why: str
    call_outcome: CallOutcome
    consent: _containers.ScalarMap[str, bool]
    action: str
    failed_channel: str
    def __init__(self, creditor_id: _Optional[str] = ..., customer_id: _Optional[str] = ..., contact_id: _Optional[str] = ..., version: _Optional[int] = ..., event: _Optional[str] = ..., at: _Optional[str] = ..., invoice_ids: _Optional[_Iterable[str]] = ..., step: _Optional[str] = ..., tier: _Optional[str] = ..., channel: _Optional[str] = ..., tone: _Optional[str] = ..., language: _Optional[str] = ..., outcome: _Optional[str] = ..., why: _Optional[str] = ..., call_outcome: _Optional[_Union[CallOutcome, _Mapping]] = ..., consent: _Optional[_Mapping[str, bool]] = ..., action: _Optional[str] = ..., failed_channel: _Optional[str] = ...) -> None: ...
