"""An address that came with a fact is printed, and never visited (server-side request forgery, API7)."""

import builtins
import socket
from typing import NoReturn

import pytest

from notifier.adapters.letter_pdf import letter_pdf
from notifier.adapters.mail_message import build_mail
from notifier.adapters.templates import TemplateRenderer
from tests.unit.notifier.builders import NOON, a_command, a_message, a_party, an_invoice

SOMEWHERE_INSIDE = (
    "http://127.1/",
    "http://0x7f000001/",
    "http://[::ffff:10.0.0.1]/",
    "http://169.254.169.254/latest/meta-data/",
    "https://rebinding.example/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail whoever asks for a name or a connection."""

    def refuse(*asked: object, **_: object) -> NoReturn:
        pytest.fail(f"somebody went out: {asked[-1]}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    opened = builtins.open
    # Fonts are read from files of our own.
    monkeypatch.setattr(
        builtins,
        "open",
        lambda file, *more, **named: (refuse if "passwd" in str(file) else opened)(file, *more, **named),
    )


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("address", SOMEWHERE_INSIDE)
def test_the_address_of_a_document_is_never_visited(address: str) -> None:
    invoices = (an_invoice(document_url=address),)
    mail, letter = (
        TemplateRenderer().message(
            a_command(channel=channel, template="last-notice", tone="FORMAL", invoices=invoices),
            party=a_party(),
            now=NOON,
        )
        for channel in ("EMAIL", "LETTER")
    )
    assert address in mail.text
    assert ("href" in mail.html) == address.startswith("http")
    assert letter_pdf(a_message("LETTER", rendered=letter))
    assert build_mail(a_message(rendered=mail), sender="a@acme.example", tag_replies=True)
