"""Takes letters (PDF and address sheet) and call tasks over a small JSON API of its own."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import JSONResponse, Response

from sandbox.inbox.inbox import Acceptance, Inbox, InboxOfApp, answer
from sandbox.inbox.messages import Attachment, Channel, Draft, Message
from sandbox.inbox.problems import problem

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=200)]

router = APIRouter(tags=["Letters and call tasks"])


class LetterOrder(BaseModel):
    """One letter to print: sent again with the same `letter_id`, it is still one letter."""

    letter_id: Identifier
    address: list[Annotated[str, StringConstraints(max_length=200)]] = Field(min_length=1, max_length=10)
    pdf: Base64Bytes = Field(description="The letter as a PDF, base64.")
    subject: str = ""
    text: str = ""
    registered: bool = False


class TaskOrder(BaseModel):
    """One call task for the worklist: posted again with the same `task_id`, it is still one task."""

    model_config = ConfigDict(extra="allow")

    task_id: Identifier
    customer_id: str = ""
    phone: str = ""
    subject: str = ""
    script: str = ""


@router.post("/letters")
async def take_letter(order: LetterOrder, inbox: InboxOfApp) -> Response:
    """Take a letter: 201 when new, 200 when it was there already."""
    if not order.pdf.startswith(b"%PDF-"):
        return problem(422, title="Not valid", detail="pdf: must be a PDF document, base64.")

    def accept() -> Acceptance:
        return _keep_once(inbox, id_name="letter_id", draft=_letter(order))

    return await answer(inbox, channel=Channel.LETTER, accept=accept, refuse=_refuse)


@router.post("/tasks")
async def take_task(order: TaskOrder, inbox: InboxOfApp) -> Response:
    """Take a call task: 201 when new, 200 when it was there already."""

    def accept() -> Acceptance:
        return _keep_once(inbox, id_name="task_id", draft=_task(order))

    return await answer(inbox, channel=Channel.CALL, accept=accept, refuse=_refuse)


def _letter(order: LetterOrder) -> Draft:
    return Draft(
        channel=Channel.LETTER,
        to=", ".join(line for line in order.address if line.strip()),
        provider_message_id=order.letter_id,
        subject=order.subject,
        text=order.text,
        headers={"address": "\n".join(order.address), "registered": str(order.registered).lower()},
        attachments=(Attachment(f"{order.letter_id}.pdf", "application/pdf", order.pdf),),
    )


def _task(order: TaskOrder) -> Draft:
    extras: dict[str, Any] = order.model_extra or {}
    return Draft(
        channel=Channel.CALL,
        to=order.phone or order.customer_id,
        provider_message_id=order.task_id,
        subject=order.subject,
        text=order.script,
        headers={
            "customer_id": order.customer_id,
            **{name: _as_text(value) for name, value in extras.items() if value is not None},
        },
    )


def _as_text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _keep_once(inbox: Inbox, *, id_name: str, draft: Draft) -> Acceptance:
    known: Message | None = inbox.mailbox.find(draft.channel, draft.provider_message_id)
    body = {id_name: draft.provider_message_id, "duplicate": known is not None}
    response = JSONResponse(body, status_code=200 if known else 201)
    return Acceptance(known or inbox.mailbox.keep(draft), response)


def _refuse(status: int) -> Response:
    return problem(status, title="Fault", detail=f"The inbox was told to answer with {status}.")
