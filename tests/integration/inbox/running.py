"""A running inbox and a stand-in for the notifier, for the tests of the inbox."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from typing_extensions import override

REPOSITORY = Path(__file__).resolve().parents[3]
ACCOUNT_SID = "AC" + "0a" * 16
AUTH_TOKEN = "twilio-test-token"
WHATSAPP_TOKEN = "whatsapp-test-token"
APP_SECRET = "whatsapp-test-secret"
PHONE_NUMBER_ID = "106540352242922"


@dataclass(frozen=True, slots=True)
class CallBackSeen:
    """One POST that the notifier's stand-in got."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """Takes the call-backs; `answers` are the statuses of the next ones, 204 when there are none left."""

    url: str = ""
    seen: list[CallBackSeen] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RunningInbox:
    """Where a running inbox listens."""

    http: httpx.Client
    host: str
    http_port: int
    smtp_port: int
    receiver: Receiver

    def messages(self, **query: Any) -> list[dict[str, Any]]:
        """Return one page of what the inbox got."""
        answer = self.http.get("/messages", params=query)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def callbacks_done(self) -> list[CallBackSeen]:
        """Wait until no call-back is pending and return those that arrived."""
        assert self.http.get("/idle").json() == {"pending_callbacks": 0}
        return self.receiver.seen


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run the stand-in for the notifier."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            receiver.seen.append(CallBackSeen(self.path, dict(self.headers.items()), body))
            self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def running_inbox(receiver: Receiver) -> Iterator[RunningInbox]:
    """Run the real program on free ports, with every credential set."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("VELVET_")},
        "VELVET_INBOX_HTTP_PORT": "0",
        "VELVET_INBOX_SMTP_PORT": "0",
        "VELVET_NOTIFIER_URL": receiver.url,
        "VELVET_TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "VELVET_TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "VELVET_WHATSAPP_TOKEN": WHATSAPP_TOKEN,
        "VELVET_WHATSAPP_APP_SECRET": APP_SECRET,
        "VELVET_WHATSAPP_PHONE_NUMBER_ID": PHONE_NUMBER_ID,
    }
    command = [sys.executable, "-m", "sandbox.inbox"]
    process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        http_url, smtp_url = process.stdout.readline().removeprefix("inbox ready: ").split()
        with httpx.Client(base_url=http_url, timeout=20, trust_env=False) as client:
            yield RunningInbox(
                http=client,
                host="127.0.0.1",
                http_port=int(http_url.rpartition(":")[2]),
                smtp_port=int(smtp_url.rpartition(":")[2]),
                receiver=receiver,
            )
    finally:
        process.terminate()
        assert process.wait(timeout=10) == 0


def a_mail(*, to: str = "inkoop@jansen.example", number: str = "1") -> EmailMessage:
    """Build a mail with text, HTML and an attachment."""
    mail = EmailMessage()
    mail["From"] = "Acme BV <debiteuren@acme.example>"
    mail["To"] = to
    mail["Subject"] = "Herinnering: factuur 2026-0001 (€ 1.656,25)"
    mail["Message-ID"] = f"<delivery-{number}@velvet.example>"
    mail["Reply-To"] = "zaak-1@acme.example"
    mail.set_content("Beste heer Jansen,\n\nFactuur 2026-0001 van € 1.656,25 staat nog open.\n")
    mail.add_alternative("<p>Beste heer <b>Jansen</b></p>", subtype="html")
    mail.add_attachment(b"%PDF-1.7 a", maintype="application", subtype="pdf", filename="factuur.pdf")
    return mail


def send_sms(inbox: RunningInbox, **fields: str) -> httpx.Response:
    """Send an SMS as the Twilio client would; a field given as an empty string is left out."""
    form = {
        "To": "+31612345678",
        "From": "+31850000000",
        "Body": "Factuur 2026-0001 staat nog open.",
        **fields,
    }
    return inbox.http.post(
        f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json",
        data={name: value for name, value in form.items() if value},
        auth=(ACCOUNT_SID, AUTH_TOKEN),
    )


def template_message(*paragraphs: str) -> dict[str, Any]:
    """Build a template message with one body parameter per paragraph."""
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "31612345678",
        "type": "template",
        "biz_opaque_callback_data": "delivery-9",
        "template": {
            "name": "reminder_warm",
            "language": {"policy": "deterministic", "code": "nl"},
            "components": [
                {"type": "body", "parameters": [{"type": "text", "text": text} for text in paragraphs]}
            ],
        },
    }


def send_whatsapp(inbox: RunningInbox, message: dict[str, Any]) -> httpx.Response:
    """Send a WhatsApp message as a client of the Cloud API would."""
    return inbox.http.post(
        f"/v23.0/{PHONE_NUMBER_ID}/messages",
        json=message,
        headers={"Authorization": f"Bearer {WHATSAPP_TOKEN}"},
    )
