"""The registry of topics and the code say the same."""

from chassis.kafka.registry import registry
from sandbox.stack.addresses import SERVICES

EXTERNAL = {
    "erp.invoice-issued.v1",
    "erp.payment-received.v1",
    "erp.credit-note-issued.v1",
    "erp.payment-reversed.v1",
    "erp.invoice-written-off.v1",
    "erp.customer-updated.v1",
    "erp.creditor-updated.v1",
    "invoices.invoice-changed.v1",
    "invoices.customer-changed.v1",
    "classifier.tier-changed.v1",
    "classifier.profile-changed.v1",
    "scheduler.reminder-due.v1",
    "notifier.contact-recorded.v1",
    *(f"{service}.dead-letter.v1" for service in SERVICES),
}


def test_every_topic_of_the_contract_is_in_the_registry() -> None:
    assert set(registry().topics) >= EXTERNAL


def test_every_topic_has_an_owner_and_a_reader_that_exist() -> None:
    for topic in registry().topics.values():
        assert topic.producer in {*SERVICES, "erp"}, topic.name
        assert topic.consumers <= set(SERVICES), topic.name
        assert topic.name.startswith(f"{topic.producer}."), topic.name


def test_what_the_erp_sends_is_read_by_invoices_alone_and_parked_there() -> None:
    for topic in registry().topics.values():
        if topic.producer == "erp":
            assert topic.consumers == {"invoices"}
            assert topic.dead_letter == "invoices.dead-letter.v1"


def test_the_message_of_every_topic_can_be_built() -> None:
    for topic in registry().topics.values():
        if topic.message:
            assert topic.body() == topic.body()
            assert topic.protobuf.DESCRIPTOR.full_name == topic.message
