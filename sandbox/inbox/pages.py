"""The pages where people look at what was sent; they work without JavaScript."""

from itertools import islice
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Depends, Query, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.inbox.api import ChannelFilter
from sandbox.inbox.faults import FaultOrder
from sandbox.inbox.inbox import InboxOfApp
from sandbox.inbox.messages import Channel, Message
from sandbox.inbox.replies import MailKind, ReplyOrder, send_reply
from sandbox.inbox.requests import read_form

ROWS_PER_PAGE = 100
TEMPLATES = Path(__file__).parent / "templates"
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# A mail brings its own inline styles and nothing else: no scripts, no remote images, an origin of its own.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
SHOWN_INLINE = {"application/pdf"}
CHANNEL_NAMES = {
    Channel.EMAIL: "E-mail",
    Channel.SMS: "SMS",
    Channel.WHATSAPP: "WhatsApp",
    Channel.CALL: "Calls",
    Channel.LETTER: "Letters",
}

router = APIRouter(include_in_schema=False)
environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, **values: Any) -> HTMLResponse:
    """Render a page under the strict policy."""
    html = environment.get_template(template).render(channels=list(Channel), names=CHANNEL_NAMES, **values)
    return HTMLResponse(html, headers={**SAFE_HEADERS, "Content-Security-Policy": PAGE_POLICY})


def same_origin(request: Request) -> None:
    """Refuse a form that another site's page has sent."""
    origin = request.headers.get("Origin")
    if origin and origin != "null" and urlsplit(origin).netloc != request.headers.get("Host"):
        raise HTTPException(403, "A form of another site")


@router.get("/")
async def list_page(
    request: Request,
    inbox: InboxOfApp,
    channel: ChannelFilter = None,
    to: str = "",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    """List the messages, newest first."""
    wanted = to.strip().casefold()
    matching = (m for m in inbox.mailbox.newest_first(channel) if wanted in _haystack(m))
    skipped = (page - 1) * ROWS_PER_PAGE
    rows = list(islice(matching, skipped, skipped + ROWS_PER_PAGE + 1))
    return render(
        "list.html",
        rows=rows[:ROWS_PER_PAGE],
        more=len(rows) > ROWS_PER_PAGE,
        page=page,
        channel=channel,
        to=to,
        note=request.query_params.get("note", ""),
        here=f"/?channel={channel or ''}&to={quote(to)}",
        received=inbox.mailbox.received,
        refused=inbox.mailbox.refused,
        kept=len(inbox.mailbox),
        faults=inbox.faults.in_force(),
        callbacks=inbox.callbacks,
    )


@router.get("/view/{number}")
async def message_page(number: int, inbox: InboxOfApp, note: str = "") -> Response:
    """Show one message whole."""
    message = _find(inbox, number)
    can_answer = message.draft.channel in {Channel.EMAIL, Channel.SMS, Channel.WHATSAPP}
    return render(
        "message.html", message=message, note=note, can_answer=can_answer, mail_kinds=list(MailKind)
    )


@router.get("/messages/{number}/html")
async def mail_html(number: int, inbox: InboxOfApp) -> Response:
    """Return a mail's HTML on its own, locked up: the page shows it in a sandboxed frame."""
    html = _find(inbox, number).draft.html
    return HTMLResponse(html, headers={**SAFE_HEADERS, "Content-Security-Policy": MAIL_POLICY})


@router.get("/messages/{number}/attachments/{position}")
async def attachment(number: int, position: int, inbox: InboxOfApp) -> Response:
    """Return an attachment; a PDF opens in the browser, anything else is downloaded."""
    attachments = _find(inbox, number).draft.attachments
    if not 1 <= position <= len(attachments):
        raise HTTPException(404, "No such attachment")
    found = attachments[position - 1]
    inline = found.media_type in SHOWN_INLINE
    disposition = f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(found.name, safe='')}"
    return Response(
        found.content,
        headers={
            **SAFE_HEADERS,
            "Content-Type": found.media_type if inline else "application/octet-stream",
            "Content-Disposition": disposition,
        },
    )


@router.get("/style.css")
async def style() -> Response:
    """Return the style sheet."""
    return Response((TEMPLATES / "style.css").read_text("utf-8"), media_type="text/css", headers=SAFE_HEADERS)


@router.post("/view/faults", dependencies=[Depends(same_origin)])
async def set_fault_form(request: Request, inbox: InboxOfApp) -> Response:
    """Set a fault from the form."""
    form = {name: value for name, value in (await read_form(request)).items() if value.strip()}
    try:
        inbox.faults.set(FaultOrder.model_validate(form))
    except ValueError as error:
        return _back(f"Not set: {_first_line(error)}")
    return _back("Fault set.")


@router.post("/view/faults/clear", dependencies=[Depends(same_origin)])
async def clear_faults_form(inbox: InboxOfApp) -> Response:
    """End every fault from the form."""
    inbox.faults.clear()
    return _back("Faults ended.")


@router.post("/view/messages/clear", dependencies=[Depends(same_origin)])
async def empty_form(inbox: InboxOfApp) -> Response:
    """Empty the mailbox from the form."""
    inbox.mailbox.empty()
    return _back("Inbox emptied.")


@router.post("/view/{number}/reply", dependencies=[Depends(same_origin)])
async def reply_form(number: int, request: Request, inbox: InboxOfApp) -> Response:
    """Answer as the customer would, from the form."""
    form = await read_form(request)
    order = ReplyOrder(
        provider_message_id=_find(inbox, number).draft.provider_message_id,
        text=form.get("text", ""),
        kind=MailKind(form["kind"]) if form.get("kind") in set(MailKind) else None,
    )
    answered = await send_reply(order, inbox)
    note = (
        "The notifier took the reply."
        if answered.status_code == 200
        else "The notifier did not take the reply."
    )
    return RedirectResponse(f"/view/{number}?note={quote(note)}", status_code=303)


def _find(inbox: InboxOfApp, number: int) -> Message:
    message = inbox.mailbox.get(number)
    if message is None:
        raise HTTPException(404, "No such message")
    return message


def _haystack(message: Message) -> str:
    return f"{message.draft.to}\n{message.draft.subject}\n{message.draft.text}".casefold()


def _first_line(error: ValueError) -> str:
    lines = str(error).splitlines()
    return ": ".join(line.split(" [")[0].strip() for line in lines[1:3])


def _back(note: str) -> Response:
    return RedirectResponse(f"/?note={quote(note)}", status_code=303)
