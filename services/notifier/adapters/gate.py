"""Asks the invoices service, at the instant of sending, how the invoices stand (docs/explain/inside.md section 3)."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from chassis.http.client import ServiceClient
from chassis.kernel.errors import Rejected, Transient
from notifier.domain.command import Command
from notifier.usecases.ports import GateAnswer, Standing

INVOICES_MAX: Final = 5_000
"""Invoices in one question: half of what the invoices service takes."""


class InvoicesGate:
    """One bulk call for many messages (several for very many invoices); no answer counts as "not fresh": late beats wrong."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def ask(self, commands: Sequence[Command]) -> GateAnswer:
        """Ask about every invoice of these commands."""
        asked = sorted(
            {
                (command.creditor_id, command.customer_id, line.invoice_id)
                for command in commands
                for line in command.invoices
            }
        )
        parts = [asked[start : start + INVOICES_MAX] for start in range(0, max(len(asked), 1), INVOICES_MAX)]
        answers = await asyncio.gather(*map(self._part, parts))
        standings = {key: standing for answer in answers for key, standing in answer.standings.items()}
        return GateAnswer(fresh=all(answer.fresh for answer in answers), standings=standings)

    async def _part(self, asked: Sequence[tuple[str, str, str]]) -> GateAnswer:
        body = {
            "invoices": [
                {"creditor_id": creditor, "customer_id": customer, "invoice_id": invoice}
                for creditor, customer, invoice in asked
            ]
        }
        try:
            return _read(await self._client.post("/internal/gate", body=body))
        except (Transient, Rejected, KeyError, TypeError, ArithmeticError):
            return GateAnswer(fresh=False, standings={})


def _read(answer: Any) -> GateAnswer:
    standings = {
        (str(item["creditor_id"]), str(item["invoice_id"])): Standing(
            open=Decimal(str(item["open"] or "0")), blocked=str(item["blocked"] or "")
        )
        for item in answer["invoices"]
    }
    return GateAnswer(fresh=answer["fresh"] is True, standings=standings)
