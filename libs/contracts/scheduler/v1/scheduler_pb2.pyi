from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class InvoiceInCommand(_message.Message):
    __slots__ = ("invoice_id", "currency", "amount", "open", "issued_on", "due_on", "payment_reference", "document_url", "own_step", "order_reference")
    INVOICE_ID_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    ISSUED_ON_FIELD_NUMBER: _ClassVar[int]
    DUE_ON_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_URL_FIELD_NUMBER: _ClassVar[int]
    OWN_STEP_FIELD_NUMBER: _ClassVar[int]
    ORDER_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    invoice_id: str
    currency: str
    amount: str
    open: str
    issued_on: str
    due_on: str
    payment_reference: str
    document_url: str
    own_step: bool
    order_reference: str
    def __init__(self, invoice_id: _Optional[str] = ..., currency: _Optional[str] = ..., amount: _Optional[str] = ..., open: _Optional[str] = ..., issued_on: _Optional[str] = ..., due_on: _Optional[str] = ..., payment_reference: _Optional[str] = ..., document_url: _Optional[str] = ..., own_step: _Optional[bool] = ..., order_reference: _Optional[str] = ...) -> None: ...

class ReminderDue(_message.Message):
    __slots__ = ("creditor_id", "customer_id", "command_id", "action", "at", "not_after", "step", "tier", "channel", "registered", "purpose", "tone", "language", "template", "invoices", "reason", "reason_nl", "policy_name", "policy_version", "assignee", "task_id", "problem_field", "problem", "fourteen_day_letter", "rank", "manner", "day", "mark")
    CREDITOR_ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    COMMAND_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    NOT_AFTER_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    REGISTERED_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    TONE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    INVOICES_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REASON_NL_FIELD_NUMBER: _ClassVar[int]
    POLICY_NAME_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    ASSIGNEE_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    FOURTEEN_DAY_LETTER_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    MANNER_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    MARK_FIELD_NUMBER: _ClassVar[int]
    creditor_id: str
    customer_id: str
    command_id: str
    action: str
    at: str
    not_after: str
    step: str
    tier: str
    channel: str
    registered: bool
    purpose: str
    tone: str
    language: str
    template: str
    invoices: _containers.RepeatedCompositeFieldContainer[InvoiceInCommand]
    reason: str
    reason_nl: str
    policy_name: str
    policy_version: int
    assignee: str
    task_id: str
    problem_field: str
    problem: str
    fourteen_day_letter: bool
    rank: int
    manner: str
    day: str
    mark: str
    def __init__(self, creditor_id: _Optional[str] = ..., customer_id: _Optional[str] = ..., command_id: _Optional[str] = ..., action: _Optional[str] = ..., at: _Optional[str] = ..., not_after: _Optional[str] = ..., step: _Optional[str] = ..., tier: _Optional[str] = ..., channel: _Optional[str] = ..., registered: _Optional[bool] = ..., purpose: _Optional[str] = ..., tone: _Optional[str] = ..., language: _Optional[str] = ..., template: _Optional[str] = ..., invoices: _Optional[_Iterable[_Union[InvoiceInCommand, _Mapping]]] = ..., reason: _Optional[str] = ..., reason_nl: _Optional[str] = ..., policy_name: _Optional[str] = ..., policy_version: _Optional[int] = ..., assignee: _Optional[str] = ..., task_id: _Optional[str] = ..., problem_field: _Optional[str] = ..., problem: _Optional[str] = ..., fourteen_day_letter: _Optional[bool] = ..., rank: _Optional[int] = ..., manner: _Optional[str] = ..., day: _Optional[str] = ..., mark: _Optional[str] = ...) -> None: ...

class ClockAdvanced(_message.Message):
    __slots__ = ("now",)
    NOW_FIELD_NUMBER: _ClassVar[int]
    now: str
    def __init__(self, now: _Optional[str] = ...) -> None: ...
