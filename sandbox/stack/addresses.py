"""Ports and addresses of one stack: the contract's fixed ones, or free ones."""

import random
import socket
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

from sandbox.stack.problem import StackProblem

HOST = "127.0.0.1"
SERVICES = ("invoices", "classifier", "scheduler", "notifier")

# Contract section 2.
DEFAULT_PORTS: Mapping[str, int] = {
    "kafka": 19092,
    "kafka_controller": 19093,
    "postgres": 15432,
    "invoices": 8101,
    "classifier": 8102,
    "scheduler": 8103,
    "notifier": 8104,
    "inbox": 8105,
    "inbox_smtp": 10025,
}
PORT_VARIABLES: Mapping[str, str] = {
    "kafka": "VELVET_KAFKA_PORT",
    "kafka_controller": "VELVET_KAFKA_CONTROLLER_PORT",
    "postgres": "VELVET_POSTGRES_PORT",
    **{name: f"VELVET_{name.upper()}_HTTP_PORT" for name in SERVICES},
    "inbox": "VELVET_INBOX_HTTP_PORT",
    "inbox_smtp": "VELVET_INBOX_SMTP_PORT",
}
# Below the range from which the kernel hands out client ports, so that no outgoing connection takes one.
_FREE_RANGE = range(20_000, 32_000)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Which part listens on which port of the loopback address."""

    ports: Mapping[str, int] = field(default_factory=lambda: dict(DEFAULT_PORTS))

    def url(self, name: str) -> str:
        """Return the HTTP base address of a service or the inbox, without a final slash."""
        return f"http://{HOST}:{self.ports[name]}"

    @property
    def bootstrap(self) -> str:
        """The address of the stack's own Kafka."""
        return f"{HOST}:{self.ports['kafka']}"

    @property
    def smtp_url(self) -> str:
        """The address of the inbox as a mail server."""
        return f"smtp://{HOST}:{self.ports['inbox_smtp']}"


def chosen_addresses(environ: Mapping[str, str]) -> Addresses:
    """Return the contract's ports, each replaced by its environment variable where that is set.

    Raises StackProblem when two parts would share one: only one of them could start, and answer for both.
    """
    holders: dict[int, str] = {}
    for name in DEFAULT_PORTS:
        port = _port(environ, name)
        if port in holders:
            both = f"{PORT_VARIABLES[holders[port]]} and {PORT_VARIABLES[name]}"
            raise StackProblem(f"{both} name the same port, {port}: give each its own.")
        holders[port] = name
    return Addresses({name: port for port, name in holders.items()})


def _port(environ: Mapping[str, str], name: str) -> int:
    """Read one port; a problem names the variable when it holds no port."""
    text = environ.get(PORT_VARIABLES[name], "")
    if not text:
        return DEFAULT_PORTS[name]
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65_536:
        raise StackProblem(f"{PORT_VARIABLES[name]} must be a port between 1 and 65535, not {text!r}.")
    return int(text)


def free_addresses() -> Addresses:
    """Return ports that nobody listens on now, each another one, none of them a fixed one."""
    return Addresses(dict(zip(DEFAULT_PORTS, free_ports(len(DEFAULT_PORTS)), strict=True)))


def free_ports(count: int) -> list[int]:
    """Return ``count`` different ports that are free at this moment."""
    candidates = [port for port in _FREE_RANGE if port not in DEFAULT_PORTS.values()]
    random.SystemRandom().shuffle(candidates)
    found: list[int] = []
    with ExitStack() as held:
        for port in candidates:
            if len(found) == count:
                break
            listener = _bound(port)
            if listener is not None:
                held.enter_context(listener)
                found.append(port)
    return found


def _bound(port: int) -> socket.socket | None:
    """Return a socket bound to the port; None when it is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        return None
    return listener


def refuse_taken(addresses: Addresses, names: Iterable[str]) -> None:
    """Raise one problem that names every taken port and how to choose others."""
    taken = []
    for name in names:
        listener = _bound(addresses.ports[name])
        if listener is None:
            taken.append(name)
        else:
            listener.close()
    if taken:
        ports = ", ".join(f"{addresses.ports[name]} ({name.replace('_', ' ')})" for name in taken)
        variables = ", ".join(PORT_VARIABLES[name] for name in taken)
        noun, verb = ("Port", "is") if len(taken) == 1 else ("Ports", "are")
        raise StackProblem(f"{noun} {ports} {verb} taken by another program: stop it, or set {variables}.")
