from contracts.erp.v1 import erp_pb2 as _erp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Stop(_message.Message):
    __slots__ = ("kind", "until", "reason", "id", "since")
    KIND_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    kind: str
    until: str
    reason: str
    id: str
    since: str
    def __init__(self, kind: _Optional[str] = ..., until: _Optional[str] = ..., reason: _Optional[str] = ..., id: _Optional[str] = ..., since: _Optional[str] = ...) -> None: ...

class InvoiceChanged(_message.Message):
    __slots__ = ("creditor_id", "invoice_id", "customer_id", "version", "issued_on", "due_on", "amount", "open", "status", "in_effect", "settled_on", "paid", "credited", "written_off", "written_off_on", "stops", "no_evidence", "known_from", "payment_reference", "order_reference", "document_url", "mandate_id", "reversed_on")
    CREDITOR_ID_FIELD_NUMBER: _ClassVar[int]
    INVOICE_ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ISSUED_ON_FIELD_NUMBER: _ClassVar[int]
    DUE_ON_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    IN_EFFECT_FIELD_NUMBER: _ClassVar[int]
    SETTLED_ON_FIELD_NUMBER: _ClassVar[int]
    PAID_FIELD_NUMBER: _ClassVar[int]
    CREDITED_FIELD_NUMBER: _ClassVar[int]
    WRITTEN_OFF_FIELD_NUMBER: _ClassVar[int]
    WRITTEN_OFF_ON_FIELD_NUMBER: _ClassVar[int]
    STOPS_FIELD_NUMBER: _ClassVar[int]
    NO_EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    KNOWN_FROM_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    ORDER_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_URL_FIELD_NUMBER: _ClassVar[int]
    MANDATE_ID_FIELD_NUMBER: _ClassVar[int]
    REVERSED_ON_FIELD_NUMBER: _ClassVar[int]
    creditor_id: str
    invoice_id: str
    customer_id: str
    version: int
    issued_on: str
    due_on: str
    amount: _erp_pb2.Money
    open: str
    status: str
    in_effect: bool
    settled_on: str
    paid: str
    credited: str
    written_off: str
    written_off_on: str
    stops: _containers.RepeatedCompositeFieldContainer[Stop]
    no_evidence: str
    known_from: str
    payment_reference: str
    order_reference: str
    document_url: str
    mandate_id: str
    reversed_on: str
    def __init__(self, creditor_id: _Optional[str] = ..., invoice_id: _Optional[str] = ..., customer_id: _Optional[str] = ..., version: _Optional[int] = ..., issued_on: _Optional[str] = ..., due_on: _Optional[str] = ..., amount: _Optional[_Union[_erp_pb2.Money, _Mapping]] = ..., open: _Optional[str] = ..., status: _Optional[str] = ..., in_effect: _Optional[bool] = ..., settled_on: _Optional[str] = ..., paid: _Optional[str] = ..., credited: _Optional[str] = ..., written_off: _Optional[str] = ..., written_off_on: _Optional[str] = ..., stops: _Optional[_Iterable[_Union[Stop, _Mapping]]] = ..., no_evidence: _Optional[str] = ..., known_from: _Optional[str] = ..., payment_reference: _Optional[str] = ..., order_reference: _Optional[str] = ..., document_url: _Optional[str] = ..., mandate_id: _Optional[str] = ..., reversed_on: _Optional[str] = ...) -> None: ...

class ContactState(_message.Message):
    __slots__ = ("purpose", "name", "email", "mobile", "phone", "whatsapp_opt_in")
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    MOBILE_FIELD_NUMBER: _ClassVar[int]
    PHONE_FIELD_NUMBER: _ClassVar[int]
    WHATSAPP_OPT_IN_FIELD_NUMBER: _ClassVar[int]
    purpose: str
    name: str
    email: str
    mobile: str
    phone: str
    whatsapp_opt_in: bool
    def __init__(self, purpose: _Optional[str] = ..., name: _Optional[str] = ..., email: _Optional[str] = ..., mobile: _Optional[str] = ..., phone: _Optional[str] = ..., whatsapp_opt_in: _Optional[bool] = ...) -> None: ...

class DataProblem(_message.Message):
    __slots__ = ("field", "value", "reason")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    field: str
    value: str
    reason: str
    def __init__(self, field: _Optional[str] = ..., value: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class CustomerChanged(_message.Message):
    __slots__ = ("creditor_id", "customer_id", "version", "name", "kind", "country", "language", "timezone", "sector", "size", "credit_limit", "account_manager", "contacts", "address", "preferred_channel", "preferred_window", "tone", "problems", "broken_on", "known_from", "stops")
    CREDITOR_ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TIMEZONE_FIELD_NUMBER: _ClassVar[int]
    SECTOR_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    CREDIT_LIMIT_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_MANAGER_FIELD_NUMBER: _ClassVar[int]
    CONTACTS_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    PREFERRED_CHANNEL_FIELD_NUMBER: _ClassVar[int]
    PREFERRED_WINDOW_FIELD_NUMBER: _ClassVar[int]
    TONE_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    BROKEN_ON_FIELD_NUMBER: _ClassVar[int]
    KNOWN_FROM_FIELD_NUMBER: _ClassVar[int]
    STOPS_FIELD_NUMBER: _ClassVar[int]
    creditor_id: str
    customer_id: str
    version: int
    name: str
    kind: str
    country: str
    language: str
    timezone: str
    sector: str
    size: str
    credit_limit: _erp_pb2.Money
    account_manager: str
    contacts: _containers.RepeatedCompositeFieldContainer[ContactState]
    address: _erp_pb2.Address
    preferred_channel: str
    preferred_window: _erp_pb2.Window
    tone: str
    problems: _containers.RepeatedCompositeFieldContainer[DataProblem]
    broken_on: _containers.RepeatedScalarFieldContainer[str]
    known_from: str
    stops: _containers.RepeatedCompositeFieldContainer[Stop]
    def __init__(self, creditor_id: _Optional[str] = ..., customer_id: _Optional[str] = ..., version: _Optional[int] = ..., name: _Optional[str] = ..., kind: _Optional[str] = ..., country: _Optional[str] = ..., language: _Optional[str] = ..., timezone: _Optional[str] = ..., sector: _Optional[str] = ..., size: _Optional[str] = ..., credit_limit: _Optional[_Union[_erp_pb2.Money, _Mapping]] = ..., account_manager: _Optional[str] = ..., contacts: _Optional[_Iterable[_Union[ContactState, _Mapping]]] = ..., address: _Optional[_Union[_erp_pb2.Address, _Mapping]] = ..., preferred_channel: _Optional[str] = ..., preferred_window: _Optional[_Union[_erp_pb2.Window, _Mapping]] = ..., tone: _Optional[str] = ..., problems: _Optional[_Iterable[_Union[DataProblem, _Mapping]]] = ..., broken_on: _Optional[_Iterable[str]] = ..., known_from: _Optional[str] = ..., stops: _Optional[_Iterable[_Union[Stop, _Mapping]]] = ...) -> None: ...

class CreditorChanged(_message.Message):
    __slots__ = ("creditor_id", "version", "name", "legal_name", "kvk", "iban", "bic", "timezone", "language", "payment_term_days", "sender_email", "sender_name", "reply_to", "phone", "address", "vat_deductible", "important_from", "whatsapp_up_to")
    CREDITOR_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    LEGAL_NAME_FIELD_NUMBER: _ClassVar[int]
    KVK_FIELD_NUMBER: _ClassVar[int]
    IBAN_FIELD_NUMBER: _ClassVar[int]
    BIC_FIELD_NUMBER: _ClassVar[int]
    TIMEZONE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_TERM_DAYS_FIELD_NUMBER: _ClassVar[int]
    SENDER_EMAIL_FIELD_NUMBER: _ClassVar[int]
    SENDER_NAME_FIELD_NUMBER: _ClassVar[int]
    REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    PHONE_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    VAT_DEDUCTIBLE_FIELD_NUMBER: _ClassVar[int]
    IMPORTANT_FROM_FIELD_NUMBER: _ClassVar[int]
    WHATSAPP_UP_TO_FIELD_NUMBER: _ClassVar[int]
    creditor_id: str
    version: int
    name: str
    legal_name: str
    kvk: str
    iban: str
    bic: str
    timezone: str
    language: str
    payment_term_days: int
    sender_email: str
    sender_name: str
    reply_to: str
    phone: str
    address: _erp_pb2.Address
    vat_deductible: bool
    important_from: _erp_pb2.Money
    whatsapp_up_to: _erp_pb2.Money
    def __init__(self, creditor_id: _Optional[str] = ..., version: _Optional[int] = ..., name: _Optional[str] = ..., legal_name: _Optional[str] = ..., kvk: _Optional[str] = ..., iban: _Optional[str] = ..., bic: _Optional[str] = ..., timezone: _Optional[str] = ..., language: _Optional[str] = ..., payment_term_days: _Optional[int] = ..., sender_email: _Optional[str] = ..., sender_name: _Optional[str] = ..., reply_to: _Optional[str] = ..., phone: _Optional[str] = ..., address: _Optional[_Union[_erp_pb2.Address, _Mapping]] = ..., vat_deductible: _Optional[bool] = ..., important_from: _Optional[_Union[_erp_pb2.Money, _Mapping]] = ..., whatsapp_up_to: _Optional[_Union[_erp_pb2.Money, _Mapping]] = ...) -> None: ...
