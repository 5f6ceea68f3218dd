"""The gate: may these invoices be asked for at this instant, and are all payments in (inside.md section 3)."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from chassis.kernel.money import amount_text
from invoices.domain.gate import blocked
from invoices.domain.records import InvoiceState
from invoices.entrypoints.desk import Desk, Internal
from invoices.entrypoints.fields import ID_CHARS_MAX

Id = Annotated[str, Field(max_length=ID_CHARS_MAX, pattern=r"^[^\x00]*$")]


class GateInvoice(BaseModel):
    """One invoice that a command is about."""

    creditor_id: Id
    customer_id: Id
    invoice_id: Id


class GateBody(BaseModel):
    """The invoices of the commands that are about to go out."""

    invoices: list[GateInvoice] = Field(max_length=10_000)


class GateAnswer(BaseModel):
    """What is open on one invoice, and why it must not be asked for ('': it may)."""

    creditor_id: str
    invoice_id: str
    open: str
    blocked: str


class GateShown(BaseModel):
    """Not fresh: payments may be in the pipe, wait and ask again."""

    fresh: bool
    caught_up_to: datetime
    invoices: list[GateAnswer]


def gate_router(desk: Desk) -> APIRouter:
    """Return the route that the notifier asks before it sends."""
    router = APIRouter(tags=["internal"])

    @router.post("/internal/gate", summary="May these invoices be asked for?", include_in_schema=False)
    async def gate(_caller: Internal, body: GateBody) -> GateShown:
        """Wait for every payment that was on Kafka when the question came, then answer from one reading."""
        fresh = await desk.is_fresh()
        keys = sorted({(asked.creditor_id, asked.invoice_id) for asked in body.invoices})
        async with desk.database.reading() as unit:
            states = await desk.open_readings(unit).gate_states(keys)
        answers = []
        for asked in body.invoices:
            state = states.get((asked.creditor_id, asked.invoice_id))
            answer = blocked(state, customer_id=asked.customer_id)
            desk.count_answer(answer)
            answers.append(
                GateAnswer(
                    creditor_id=asked.creditor_id,
                    invoice_id=asked.invoice_id,
                    open=_open(state) if state is not None and answer != "UNKNOWN" else "0.00",
                    blocked=answer,
                )
            )
        now = desk.clock.now()
        # Fresh: everything was in when the question came, so nobody need be asked once more.
        caught_up_to = now if fresh and now is not None else await desk.caught_up_to(now)
        return GateShown(fresh=fresh, caught_up_to=caught_up_to, invoices=answers)

    return router


def _open(state: InvoiceState) -> str:
    return amount_text(state.settlement.open, currency=state.fact.currency)
