"""The stack under fire: real servers, four services, the oracle, and a proxy on every link between them."""

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chaos.broker_fault import coordinator_has_failed
from chaos.nursery import Forked, Nursery
from chaos.oracle import LOG_VARIABLE
from chaos.proxy import HOST, Asks, Link, commits, ends_mail, posts, produces
from sandbox.stack.addresses import SERVICES, free_ports
from sandbox.stack.layout import home_of
from sandbox.stack.parts import Program
from sandbox.stack.stack import Stack

FAULT = "VELVET_FAULT"
PEERS = ("invoices", "classifier", "notifier")
_POLL_S = 0.02
_START_TRIES = 3


@dataclass(slots=True)
class Stage:
    """A running stack, its links by name, and the log of the oracle."""

    stack: Stack
    links: dict[str, Link]
    nurseries: dict[str, Nursery] = field(default_factory=dict)
    broker_faults: int = 0
    """How often the broker had to be restarted for a fault of its own."""
    _mending: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def oracle_log(self) -> Path:
        """The file in which the oracle writes each call that it accepted."""
        return self.stack.layout.home / "oracle.sqlite"

    def link(self, name: str) -> Link:
        """Return one link, e.g. ``postgres-invoices``, ``kafka-notifier``, ``mail``, ``gate``."""
        return self.links[name]

    def heal(self) -> None:
        """End every fault of every link."""
        for link in self.links.values():
            link.heal()

    def open_nurseries(self) -> None:
        """Let every service come from a nursery."""
        for service in SERVICES:
            nursery = Nursery(service, self.stack.layout.log(f"nursery-{service}"))
            nursery.open(self.stack.inherited)
            self.nurseries[service] = nursery
            url = self.stack.addresses.url(service)
            self.stack.recast(Forked(service, self.stack.layout, [service, "all"], url, nursery=nursery))

    # Services.

    def arm(self, service: str, point: str) -> None:
        """Let the service die at a fault point (``name:n``) after its next start; '' disarms it."""
        self.stack.amendments[service].pop(FAULT, None)
        if point:
            self.stack.amendments[service][FAULT] = point

    def play(self, service: str, *, mutant: str = "") -> None:
        """Choose what runs at the service's next start: its own main, or a mutant of it."""
        arguments = ["chaos.mutant", mutant, service, "all"] if mutant else [service, "all"]
        self.stack.program(service).arguments = arguments

    def launch(self, service: str) -> None:
        """Start the service and do not wait."""
        program = self.stack.program(service)
        program.environment = self.stack.environment(service)
        program.launch()

    async def up(self, service: str) -> None:
        """Start the service unarmed and wait until it is ready; a start that a fault spoils is tried again."""
        self.arm(service, "")
        for attempt in range(_START_TRIES):
            try:
                await self.stack.start_one(service)
            except Exception:
                if not await self.mend_broker() and attempt == _START_TRIES - 1:
                    raise
                await asyncio.sleep(1)
            else:
                return

    async def mend_broker(self) -> bool:
        """Restart the broker when its group coordinator has failed for good; say whether that was so."""
        async with self._mending:
            if not coordinator_has_failed(self.stack.layout.log("kafka")):
                return False
            self.broker_faults += 1
            await self.stack.kafka.restart()
            return True

    def keep_logs(self, number: int) -> Path:
        """Copy the logs of all parts, as they are after this blow, to where the table goes; returns the folder.

        Those of an earlier run's blow are replaced. A full disk does not end the run: what there is room for is kept.
        """
        kept = home_of() / "chaos" / f"logs-after-blow-{number}"
        shutil.rmtree(kept, ignore_errors=True)
        with contextlib.suppress(OSError):
            shutil.copytree(self.stack.layout.logs, kept)
        return kept

    async def died(self, service: str, *, within_s: float) -> bool:
        """Wait for the death of a service; False when it lives on."""
        deadline = time.monotonic() + within_s
        process = self.stack.program(service).process
        while process.running:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(_POLL_S)
        return True

    @contextlib.asynccontextmanager
    async def second(self, service: str, *, mutant: str = "") -> AsyncIterator[Program]:
        """Run a second replica of a service, with links of its own that nobody disturbs."""
        port = free_ports(1)[0]
        arguments = ["chaos.mutant", mutant, service, "all"] if mutant else [service, "all"]
        name = f"{service}-second"
        environment = self.stack.environment("nobody") | {
            f"VELVET_{service.upper()}_DATABASE_URL": self.stack.databases[service].url,
            f"VELVET_{service.upper()}_API_DATABASE_URL": self.stack.databases[service].api_url,
            f"VELVET_{service.upper()}_HTTP_PORT": str(port),
            "VELVET_INSTANCE_ID": "second",
        }
        program = Forked(
            name,
            self.stack.layout,
            arguments,
            f"http://{HOST}:{port}",
            environment,
            nursery=self.nurseries[service],
        )
        try:
            await program.start()
            yield program
        finally:
            await program.stop()


@contextlib.asynccontextmanager
async def open_stage() -> AsyncIterator[Stage]:
    """Start everything on free ports with fresh state; PostgreSQL is durable and remembers when it committed."""
    stack = Stack.fresh()
    links = _links(stack)
    stage = Stage(stack, links)
    stack.postgres.settings = ("track_commit_timestamp=on",)
    stack.program("inbox").arguments = ["chaos.oracle"]
    stack.amendments["inbox"] = {
        LOG_VARIABLE: str(stage.oracle_log),
        "VELVET_NOTIFIER_URL": _url(links["call-backs"]),
    }
    for service in SERVICES:
        stack.amendments[service] = _environment(stack, service, links)
    stage.open_nurseries()
    for link in links.values():
        await link.start()
    try:
        async with stack:
            yield stage
    finally:
        for link in links.values():
            await link.stop()
        for nursery in stage.nurseries.values():
            nursery.close()


def _links(stack: Stack) -> dict[str, Link]:
    """Name every link of the stack and choose its port."""
    ports = stack.addresses.ports
    wanted: list[tuple[str, int, Asks]] = [(f"postgres-{s}", ports["postgres"], commits) for s in SERVICES]
    brokers = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
    wanted += [(f"kafka-{s}", brokers[s], produces) for s in SERVICES]
    wanted += [(f"peer-{s}", ports[s], posts) for s in PEERS]
    wanted += [("gate", ports["invoices"], posts), ("call-backs", ports["notifier"], posts)]
    wanted += [("mail", ports["inbox_smtp"], ends_mail), ("vendors", ports["inbox"], posts)]
    own = _more_ports(len(wanted), besides=[*ports.values(), *brokers.values()])
    links = {
        name: Link(name, port, target, asks) for (name, target, asks), port in zip(wanted, own, strict=True)
    }
    stack.kafka.more_listeners = {s.upper(): (brokers[s], links[f"kafka-{s}"].port) for s in SERVICES}
    return links


def _more_ports(count: int, *, besides: Sequence[int]) -> list[int]:
    return [port for port in free_ports(count + len(besides)) if port not in besides][:count]


def _environment(stack: Stack, service: str, links: dict[str, Link]) -> dict[str, str]:
    """Lead a service's connections through its links."""
    direct = f":{stack.addresses.ports['postgres']}/"
    proxied = f":{links[f'postgres-{service}'].port}/"
    database = stack.databases[service]
    variables = {
        f"VELVET_{service.upper()}_DATABASE_URL": database.url.replace(direct, proxied),
        f"VELVET_{service.upper()}_API_DATABASE_URL": database.api_url.replace(direct, proxied),
        "VELVET_KAFKA_BOOTSTRAP": f"{HOST}:{links[f'kafka-{service}'].port}",
    }
    if service == "scheduler":
        variables |= {f"VELVET_{peer.upper()}_URL": _url(links[f"peer-{peer}"]) for peer in PEERS}
    if service == "notifier":
        vendors = _url(links["vendors"])
        variables |= {
            "VELVET_INVOICES_URL": _url(links["gate"]),
            "VELVET_PUBLIC_URL": _url(links["call-backs"]),
            "VELVET_SMTP_URL": f"smtp://{HOST}:{links['mail'].port}",
            "VELVET_MAIL_LOG_URL": vendors,
            "VELVET_TWILIO_BASE_URL": vendors,
            "VELVET_WHATSAPP_BASE_URL": vendors,
            "VELVET_LETTER_BASE_URL": vendors,
        }
    return variables


def _url(link: Link) -> str:
    return f"http://{HOST}:{link.port}"
