"""Builds the inbox's web application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from sandbox.inbox import api, pages, post_office, replies, smtp, twilio, whatsapp
from sandbox.inbox.callbacks import CONCURRENT_MAX, CallBackLine
from sandbox.inbox.inbox import Inbox
from sandbox.inbox.messages import Mailbox
from sandbox.inbox.problems import on_http_error, on_invalid_request, problem
from sandbox.inbox.requests import BodyError
from sandbox.inbox.settings import InboxSettings


@asynccontextmanager
async def open_inbox(
    settings: InboxSettings, *, mailbox: Mailbox | None = None
) -> AsyncIterator[tuple[Inbox, int]]:
    """Start the SMTP server and the call-back line; hands out the inbox and the SMTP port.

    Raises OSError where the SMTP port is taken.
    """
    limits = httpx.Limits(max_connections=CONCURRENT_MAX)
    async with httpx.AsyncClient(limits=limits, trust_env=False) as client:
        kept = Mailbox() if mailbox is None else mailbox
        inbox = Inbox(settings=settings, callbacks=CallBackLine(client), mailbox=kept)
        server = await smtp.listen(inbox, host=settings.host, port=settings.smtp_port)
        inbox.smtp_listening = True
        try:
            yield inbox, server.sockets[0].getsockname()[1]
        finally:
            inbox.smtp_listening = False
            server.close()
            await inbox.callbacks.stop()


def build_app(inbox: Inbox) -> FastAPI:
    """Put every door on one application."""
    app = FastAPI(title="Velvet sandbox inbox", version="1", docs_url=None, redoc_url=None)
    app.state.inbox = inbox
    for module in (api, replies, post_office, twilio, whatsapp, pages):
        app.include_router(module.router)
    app.add_exception_handler(RequestValidationError, on_invalid_request)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(BodyError, _on_body_error)
    return app


async def _on_body_error(request: Request, error: Exception) -> Response:
    del request
    return problem(413, title="Body not readable", detail=str(error))
