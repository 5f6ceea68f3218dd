"""Two creditors whose every word tells whose it is, and the words that may stand in no log, metric or header."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer

PREFERRED = ("EMAIL", "SMS", "WHATSAPP", "LETTER", "CALL")


@dataclass(frozen=True, slots=True)
class Canary:
    """One creditor: ids and names hold ``word``; what belongs to persons holds ``person``, a number or an IBAN."""

    word: str
    person: str
    digits: str
    """In every phone number of its customers and its own."""
    iban: str
    payer_iban: str

    @property
    def creditor_id(self) -> str:
        return f"{self.word}-nl"

    @property
    def personal(self) -> tuple[str, ...]:
        """What may appear in no log, metric, trace, dead-letter header or problem."""
        return self.person, self.digits, self.iban.lower(), self.payer_iban.lower()

    @property
    def marks(self) -> tuple[str, ...]:
        """What may appear in nothing of another creditor."""
        return self.word, *self.personal

    def customer_id(self, number: int) -> str:
        return f"{self.word}-c{number}"

    def invoice_id(self, number: int) -> str:
        return f"{self.word}-i{number}"

    def events(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield topic, key and body of everything that this creditor's ERP says."""
        yield "erp.creditor-updated.v1", f"{self.creditor_id}:", self._creditor()
        for number, channel in enumerate(PREFERRED, start=1):
            customer = self._customer(number, channel=channel)
            yield "erp.customer-updated.v1", self._key(number), customer
            yield "erp.invoice-issued.v1", self._key(number), self._invoice(number)
        yield "erp.invoice-issued.v1", self._key(1), {**self._invoice(6), "customer_id": self.customer_id(1)}
        yield (
            "erp.payment-received.v1",
            self._key(1),
            self._payment(1, allocations=[{"invoice_id": self.invoice_id(6), "amount": "60.00"}]),
        )
        yield "erp.payment-received.v1", f"{self.creditor_id}:", {**self._payment(2), "customer_id": ""}

    def poison(self) -> Iterator[tuple[str, str, dict[str, Any], dict[str, str]]]:
        """Yield topic, key, body and headers of records that can never succeed, personal data in the guilty place."""
        secret = f"{self.person} +31{self.digits}01 {self.iban}"
        invoice, payment = self._invoice(7), self._payment(7)
        money = {"currency": "EUR", "amount": "1.00"}
        for field in ("issued_on", "due_on"):
            yield "erp.invoice-issued.v1", self._key(7), {**invoice, field: secret}, {}
        for name in ("currency", "amount"):
            broken = {**money, name: secret}
            yield "erp.invoice-issued.v1", self._key(7), {**invoice, "amount": broken}, {}
            yield "erp.payment-received.v1", self._key(7), {**payment, "amount": broken}, {}
        yield "erp.payment-received.v1", self._key(7), {**payment, "received_on": secret}, {}
        yield "erp.payment-received.v1", self._key(7), {**payment, "amount": secret}, {}
        yield "erp.creditor-updated.v1", self._key(7), {**self._creditor(), "timezone": secret}, {}
        for header in ("ce_time", "ce_type", "content-type"):
            yield "erp.invoice-issued.v1", self._key(7), invoice, {header: secret}
        customer = {**self._customer(7, channel="EMAIL"), "customer_id": self.customer_id(8)}
        yield "erp.invoice-issued.v1", self._key(7), {**invoice, "customer": customer}, {}

    def _key(self, number: int) -> str:
        return f"{self.creditor_id}:{self.customer_id(number)}"

    def _creditor(self) -> dict[str, Any]:
        return {
            "creditor_id": self.creditor_id,
            "name": f"{self.word} groep",
            "legal_name": f"{self.word} groep B.V.",
            "iban": self.iban,
            "timezone": "Europe/Amsterdam",
            "language": "nl",
            "sender_email": f"debiteuren@{self.word}.example",
            "sender_name": f"{self.word} debiteuren",
            "reply_to": f"antwoord@{self.word}.example",
            "phone": f"+31{self.digits}99",
            "address": self._address(9),
        }

    def _customer(self, number: int, *, channel: str) -> dict[str, Any]:
        return {
            "creditor_id": self.creditor_id,
            "customer_id": self.customer_id(number),
            "name": f"Bedrijf {self.person} {number}",
            "kind": "BUSINESS",
            "country": "NL",
            "language": "nl",
            "account_manager": f"beheer-{self.person}@{self.word}.example",
            "contacts": [
                {
                    "purpose": "REMINDER",
                    "name": f"P. {self.person}",
                    "email": f"p{number}@{self.person}.example",
                    "mobile": f"+31{self.digits}0{number}",
                    "phone": f"+31{self.digits}1{number}",
                    "whatsapp_opt_in": True,
                }
            ],
            "address": self._address(number),
            "preferred_channel": channel,
        }

    def _address(self, number: int) -> dict[str, str]:
        return {
            "street": f"{self.person}straat {number}",
            "postal_code": "1012 JS",
            "city": f"{self.person}stad",
            "country": "NL",
        }

    def _invoice(self, number: int) -> dict[str, Any]:
        return {
            "creditor_id": self.creditor_id,
            "invoice_id": self.invoice_id(number),
            "customer_id": self.customer_id(number),
            "issued_on": "2026-03-02",
            "due_on": "2026-03-16",
            "amount": {"currency": "EUR", "amount": "160.00"},
            "payment_reference": f"{self.word}-ref-{number}",
            "order_reference": f"{self.word}-po-{number}",
            "document_url": f"https://{self.word}.example/{number}.pdf",
        }

    def _payment(self, number: int, **more: Any) -> dict[str, Any]:
        return {
            "creditor_id": self.creditor_id,
            "payment_id": f"{self.word}-p{number}",
            "received_on": "2026-03-20",
            "amount": {"currency": "EUR", "amount": "60.00"},
            "customer_id": self.customer_id(number),
            "payer_iban": self.payer_iban,
            "payer_name": f"Mw. {self.person}",
            "remittance": f"betaling van {self.person}, dank u",
            **more,
        }


ZWALUW = Canary("zwaluw", "kolibri", "61230010", "NL91ABNA0417164300", "NL20INGB0001234567")
REIGER = Canary("reiger", "lijster", "69870020", "NL02ABNA0123456789", "NL69INGB0123456789")


def plain(text: str) -> str:
    """Return the text as it is searched: without blanks, so that an IBAN in groups is found, and in small letters."""
    return "".join(text.split()).lower()


def found_in(text: str, words: tuple[str, ...]) -> list[str]:
    """Return the words that stand in the text."""
    searched = plain(text)
    return [word for word in words if word in searched]


async def publish(bootstrap: str, *canaries: Canary, poison: bool = False) -> int:
    """Send what the creditors' ERPs say, or their poison; returns how many records."""
    records = []
    for canary in canaries:
        if poison:
            records += [(*record[:3], record[3]) for record in canary.poison()]
        else:
            records += [(*record, {}) for record in canary.events()]
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        for number, (topic, key, body, broken) in enumerate(records):
            headers = {
                "ce_specversion": "1.0",
                "ce_id": f"{'poison' if poison else 'event'}-{number}",
                "ce_source": "urn:canaries",
                "ce_type": topic,
                "ce_time": "2026-03-02T08:00:00Z",
                "content-type": "application/json",
                **broken,
            }
            listed = [(name, value.encode()) for name, value in headers.items()]
            await producer.send(topic, json.dumps(body).encode(), key=key.encode(), headers=listed)
        await producer.flush()
    return len(records)
