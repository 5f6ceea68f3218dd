"""``/v1/webhooks/{provider}``: what vendors and the mail system call back with."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from chassis.db.scope import every_creditor
from chassis.http.document import problems
from chassis.http.problems import Problem
from chassis.kernel.clock import Clock
from notifier.domain.reports import Reply, StatusReport
from notifier.entrypoints.http_tasks import present
from notifier.usecases.ports import CallBack, Meters, NotSigned, Webhook, Work, Works
from notifier.usecases.record_reply import record_reply
from notifier.usecases.record_status import record_status

_CALL_BACK: Final = {
    "description": "As the provider sends it, signed over these very bytes.",
    "content": {
        "application/json": {"schema": {"type": "object"}},
        "application/x-www-form-urlencoded": {
            "schema": {"type": "object", "additionalProperties": {"type": "string"}}
        },
    },
}


def webhooks_router(
    *, webhooks: Mapping[str, Webhook], works: Works, clock: Clock, meters: Meters
) -> APIRouter:
    """Return the routes; the provider's signature stands in for a token."""
    router = APIRouter(prefix="/v1", tags=["webhooks"])

    @router.post(
        "/webhooks/{provider}",
        summary="Take in a provider's call-back",
        status_code=204,
        response_class=Response,
        responses=problems(403),
        openapi_extra={"requestBody": _CALL_BACK},
    )
    async def take_in(provider: str, request: Request) -> Response:
        """Record what it says, then answer; twice and out of order is harmless, an unknown message is ignored."""
        webhook = _of(webhooks, provider)
        call_back = CallBack(
            path=request.url.path,
            raw_query=request.url.query,
            query=dict(request.query_params),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.body(),
        )
        try:
            reports = webhook.read(call_back)
        except NotSigned:
            meters.called_back(provider=provider, result="refused")
            raise Problem(403, "The call-back is not signed as it should be.") from None
        for report in reports:
            # Whose message it was is not known before it is found; the provider's signature was the token.
            with every_creditor():
                async with works() as work:
                    known = await _record(work, report, now=present(clock))
            meters.called_back(provider=provider, result="taken" if known else "unknown")
        # An empty answer is what Twilio takes for "nothing to say back".
        return Response(status_code=204)

    @router.get(
        "/webhooks/{provider}",
        summary="Answer a provider's question whether this address is ours",
        response_class=PlainTextResponse,
        responses=problems(403),
    )
    async def answer_challenge(provider: str, request: Request) -> Response:
        """Echo the challenge as plain text when the verify token fits."""
        try:
            answer = _of(webhooks, provider).challenge(dict(request.query_params))
        except NotSigned:
            raise Problem(403, "The verify token does not fit.") from None
        return Response(answer, media_type="text/plain")

    return router


async def _record(work: Work, report: StatusReport | Reply, *, now: datetime) -> bool:
    match report:
        case StatusReport():
            return await record_status(work, report, now=now)
        case Reply():
            return await record_reply(work, report, now=now)


def _of(webhooks: Mapping[str, Webhook], provider: str) -> Webhook:
    found = webhooks.get(provider)
    if found is None:
        raise Problem(404, f"There is no provider of that name; one of {', '.join(sorted(webhooks))}.")
    return found
