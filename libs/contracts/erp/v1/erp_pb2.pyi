from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Money(_message.Message):
    __slots__ = ("currency", "amount")
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    currency: str
    amount: str
    def __init__(self, currency: _Optional[str] = ..., amount: _Optional[str] = ...) -> None: ...

class Address(_message.Message):
    __slots__ = ("street", "postal_code", "city", "country")
    STREET_FIELD_NUMBER: _ClassVar[int]
    POSTAL_CODE_FIELD_NUMBER: _ClassVar[int]
    CITY_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    street: str
    postal_code: str
    city: str
    country: str
    def __init__(self, street: _Optional[str] = ..., postal_code: _Optional[str] = ..., city: _Optional[str] = ..., country: _Optional[str] = ...) -> None: ...

class Contact(_message.Message):
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

class Window(_message.Message):
    __slots__ = ("to", "days")
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    DAYS_FIELD_NUMBER: _ClassVar[int]
    to: str
    days: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, to: _Optional[str] = ..., days: _Optional[_Iterable[str]] = ..., **kwargs) -> None: ...

class Allocation(_message.Message):
    __slots__ = ("invoice_id", "amount")
    INVOICE_ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    invoice_id: str
    amount: str
    def __init__(self, invoice_id: _Optional[str] = ..., amount: _Optional[str] = ...) -> None: ...

class InvoiceIssued(_message.Message):
    __slots__ = ("creditor_id", "invoice_id", "customer_id", "issued_on", "due_on", "amount", "payment_reference", "order_reference", "document_url", "mandate_id", "customer")
    CREDITOR_ID_FIELD_NUMBER: _ClassVar[int]
    INVOICE_ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUED_ON_FIELD_NUMBER: _ClassVar[int]
    DUE_ON_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    ORDER_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_URL_FIELD_NUMBER: _ClassVar[int]
    MANDATE_ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_FIELD_NUMBER: _ClassVar[int]
    creditor_id: str
    invoice_id: str
    customer_id: str
    issued_on: str
    due_on: str
    amount: Money
    payment_reference: str
    order_reference: str
    document_url: str
    mandate_id: str
    customer: CustomerUpdated
    def __init__(self, creditor_id: _Optional[str] = ..., invoice_id: _Optional[str] = ..., customer_id: _Optional[str] = ..., issued_on: _Optional[str] = ..., due_on: _Optional[str] = ..., amount: _Optional[_Union[Money, _Mapping]] = ..., payment_reference: _Optional[str] = ..., order_reference: _Optional[str] = ..., document_url: _Optional[str] = ..., mandate_id: _Optional[str] = ..., customer: _Optional[_Union[CustomerUpdated, _Mapping]] = ...) -> None: ...

class PaymentReceived(_message.Message):
    __slots__ = ("creditor_id", "payment_id", "received_on", "amount", "customer_id", "allocations", "payment_reference", "payer_iban", "payer_name", "remittance")
    CREDITOR_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_ON_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    ALLOCATIONS_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    PAYER_IBAN_FIELD_NUMBER: _ClassVar[int]
    PAYER_NAME_FIELD_NUMBER: _ClassVar[int]
    REMITTANCE_FIELD_NUMBER: _ClassVar[int]
    creditor_id: str
    payment_id: str
    received_on: str
    amount: Money
    customer_id: str
    allocations: _containers.RepeatedCompositeFieldContainer[Allocation]
    payment_reference: str
    payer_iban: str
    payer_name: str
    remittance: str
    def __init__(self, creditor_id: _Optional[str] = ..., payment_id: _Optional[str] = ..., received_on: _Optional[str] = ..., amount: _Optional[_Union[Money, _Mapping]] = ..., customer_id: _Optional[str] = ..., allocations: _Optional[_Iterable[_Union[Allocation, _Mapping]]] = ..., payment_reference: _Optional[str] = ..., payer_iban: _Optional[str] = ..., payer_name: _Optional[str] = ..., remittance: _Optional[str] = ...) -> None: ...

class CreditNoteIssued(_message.Message):
    __slots__ = ("creditor_id", "credit_note_id", "customer_id", "issued_on", "amount", "invoice_id")
    CREDITOR_ID_FIELD_NUMBER: _ClassVar[int]
    CREDIT_NOTE_ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUED_ON_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    INVOICE_ID_FIELD_NUMBER: _ClassVar[int]
    creditor_id: str
    credit_note_id: str
    customer_id: str
    issued_on: str
    amount: Money
    invoice_id: str
    def __init__(self, creditor_id: _Optional[str] = ..., credit_note_id: _Optional[str] = ..., customer_id: _Optional[str] = ..., issued_on: _Optional[str] = ..., amount: _Optional[_Union[Money, _Mapping]] = ..., invoice_id: _Optional[str] = ...) -> None: ...

class PaymentReversed(_message.Message):
    __slots__ = ("creditor_id", "reversal_id", "payment_id", "reversed_on", "amount", "reason_code")
    CREDITOR_ID_FIELD_NUMBER: _ClassVar[int]
    REVERSAL_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    REVERSED_ON_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REASON_CODE_FIELD_NUMBER: _ClassVar[int]
    creditor_id: str
    reversal_id: str
    payment_id: str
    reversed_on: str
    amount: Money
    reason_code: str
    def __init__(self, creditor_id: _Optional[str] = ..., reversal_id: _Optional[str] = ..., payment_id: _Optional[str] = ..., reversed_on: _Optional[str] = ..., amount: _Optional[_Union[Money, _Mapping]] = ..., reason_code: _Optional[str] = ...) -> None: ...

class InvoiceWrittenOff(_message.Message):
    __slots__ = ("creditor_id", "invoice_id", "written_off_on", "amount", "reason")
    CREDITOR_ID_FIELD_NUMBER: _ClassVar[int]
    INVOICE_ID_FIELD_NUMBER: _ClassVar[int]
    WRITTEN_OFF_ON_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    creditor_id: str
    invoice_id: str
    written_off_on: str
    amount: Money
    reason: str
    def __init__(self, creditor_id: _Optional[str] = ..., invoice_id: _Optional[str] = ..., written_off_on: _Optional[str] = ..., amount: _Optional[_Union[Money, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class CustomerUpdated(_message.Message):
    __slots__ = ("creditor_id", "customer_id", "name", "kind", "country", "language", "timezone", "sector", "size", "credit_limit", "account_manager", "contacts", "address", "preferred_channel", "preferred_window", "tone")
    CREDITOR_ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
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
    creditor_id: str
    customer_id: str
    name: str
    kind: str
    country: str
    language: str
    timezone: str
    sector: str
    size: str
    credit_limit: Money
    account_manager: str
    contacts: _containers.RepeatedCompositeFieldContainer[Contact]
    address: Address
    preferred_channel: str
    preferred_window: Window
    tone: str
    def __init__(self, creditor_id: _Optional[str] = ..., customer_id: _Optional[str] = ..., name: _Optional[str] = ..., kind: _Optional[str] = ..., country: _Optional[str] = ..., language: _Optional[str] = ..., timezone: _Optional[str] = ..., sector: _Optional[str] = ..., size: _Optional[str] = ..., credit_limit: _Optional[_Union[Money, _Mapping]] = ..., account_manager: _Optional[str] = ..., contacts: _Optional[_Iterable[_Union[Contact, _Mapping]]] = ..., address: _Optional[_Union[Address, _Mapping]] = ..., preferred_channel: _Optional[str] = ..., preferred_window: _Optional[_Union[Window, _Mapping]] = ..., tone: _Optional[str] = ...) -> None: ...

class CreditorUpdated(_message.Message):
    __slots__ = ("creditor_id", "name", "legal_name", "kvk", "iban", "bic", "timezone", "language", "payment_term_days", "sender_email", "sender_name", "reply_to", "phone", "address", "vat_deductible", "important_from", "whatsapp_up_to")
    CREDITOR_ID_FIELD_NUMBER: _ClassVar[int]
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
    address: Address
    vat_deductible: bool
    important_from: Money
    whatsapp_up_to: Money
    def __init__(self, creditor_id: _Optional[str] = ..., name: _Optional[str] = ..., legal_name: _Optional[str] = ..., kvk: _Optional[str] = ..., iban: _Optional[str] = ..., bic: _Optional[str] = ..., timezone: _Optional[str] = ..., language: _Optional[str] = ..., payment_term_days: _Optional[int] = ..., sender_email: _Optional[str] = ..., sender_name: _Optional[str] = ..., reply_to: _Optional[str] = ..., phone: _Optional[str] = ..., address: _Optional[_Union[Address, _Mapping]] = ..., vat_deductible: _Optional[bool] = ..., important_from: _Optional[_Union[Money, _Mapping]] = ..., whatsapp_up_to: _Optional[_Union[Money, _Mapping]] = ...) -> None: ...
