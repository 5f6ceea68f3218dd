"""The four services outside the sandbox, under the wall clock, on a stack's servers, as processes of the benchmark."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

import httpx

from bench.asked import asked
from bench.processes import live_environment, running
from sandbox.stack.addresses import SERVICES
from sandbox.stack.stack import Stack

CREDITOR = "bench"
_READY_S_MAX = 180
_MUCH_WRITTEN = ("max_wal_size=8GB", "checkpoint_timeout=15min", "shared_buffers=4GB")
"""PostgreSQL for a thousand events a second and a million invoices (docs/howto/operate.md): by its defaults it writes
a checkpoint every twenty seconds there, after each of them every page that is touched goes to the log whole once more,
and its 128 MB of buffers hold so little that a statement first has to write another's page out."""


@dataclass(frozen=True, slots=True)
class Live:
    """What a load needs to know of the running services."""

    stack: Stack
    pids: Mapping[str, int]
    token: str
    """Of the creditor, every scope."""
    internal_token: str
    """As the services use among themselves."""

    def url(self, service: str) -> str:
        """Return a service's address."""
        return self.stack.urls[service]


def stack_for_load() -> Stack:
    """Return a stack whose PostgreSQL is set up for a steady load on many invoices."""
    stack = Stack.fresh()
    stack.postgres.settings = _MUCH_WRITTEN
    return stack


@contextlib.asynccontextmanager
async def live(
    stack: Stack, *, services: Sequence[str] = SERVICES, smtp_url: str = ""
) -> AsyncIterator[Live]:
    """Stop the stack's own services, which live in the sandbox, and run these instead."""
    environments = await prepared(stack, smtp_url=smtp_url)
    commands = [([service, "all"], environments[service]) for service in services]
    async with running(commands) as pids:
        await wait_ready([stack.urls[service] for service in services])
        yield Live(
            stack, dict(zip(services, pids, strict=True)), stack.token(CREDITOR), internal_token(stack)
        )


def internal_token(stack: Stack) -> str:
    """Return a token as the services use among themselves."""
    return stack.token("*", scopes=("internal",))


async def prepared(stack: Stack, *, smtp_url: str) -> dict[str, dict[str, str]]:
    """Stop the stack's own services; returns the environment of each outside the sandbox."""
    for service in SERVICES:
        await stack.stop_one(service)
    token_file = stack.layout.home / "service-token"
    token_file.write_text(internal_token(stack), encoding="utf-8")
    more = {
        "VELVET_AUTH_SERVICE_TOKEN_FILE": str(token_file),
        "VELVET_SMTP_URL": smtp_url or "smtp://127.0.0.1:1",
        "VELVET_NOTIFIER_PUBLIC_URL": "https://notifier.bench.example",
        "VELVET_EMAIL_WEBHOOK_SECRET": "bench",
        "VELVET_SENDER_EMAIL": "credit@bench.example",
        "VELVET_LETTER_FOLDER": str(stack.layout.home / "letters"),
        "VELVET_MAIL_LOG_URL": "",
        "VELVET_LOG_LEVEL": "warning",
    }
    return {service: live_environment(stack, service) | more for service in SERVICES}


async def wait_ready(urls: Sequence[str]) -> None:
    """Wait until every /readyz is green."""
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        for url in urls:
            await until_ready(client, url)


async def until_ready(client: httpx.AsyncClient, url: str) -> None:
    """Ask one service until it is ready; raises TimeoutError."""
    async with asyncio.timeout(_READY_S_MAX):
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(f"{url}/readyz")).is_success:
                    return
            await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def sink() -> AsyncIterator[str]:
    """Run the loopback mail server; yields its address."""
    async with asked("bench.smtp_sink") as process:
        yield f"smtp://127.0.0.1:{await process.expect('port')}"
