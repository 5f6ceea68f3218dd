"""`python -m sandbox.inbox` runs the inbox until it is told to stop."""

import signal
import socket
import sys
from contextlib import suppress

import uvicorn
import uvloop

from sandbox.inbox.app import build_app, open_inbox
from sandbox.inbox.connections import DroppableHttpProtocol
from sandbox.inbox.messages import Mailbox
from sandbox.inbox.settings import InboxSettings, SettingsError, read_settings

STOP_WAIT_S_MAX = 2
BACKLOG = 1024


def listening_socket(*, host: str, port: int) -> socket.socket:
    """Listen on a TCP port; raises OSError where it is taken.

    The protocol is named, because asyncio switches off Nagle's delay (40 ms an answer) only where it is.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
    )[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


async def serve(settings: InboxSettings, *, mailbox: Mailbox | None = None) -> None:
    """Listen on both ports, say where, and serve; raises OSError where a port is taken."""
    with listening_socket(host=settings.host, port=settings.http_port) as http_socket:
        async with open_inbox(settings, mailbox=mailbox) as (inbox, smtp_port):
            http_port = http_socket.getsockname()[1]
            config = uvicorn.Config(
                build_app(inbox),
                http=DroppableHttpProtocol,
                ws="none",
                lifespan="off",
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=STOP_WAIT_S_MAX,
            )
            print(
                f"inbox ready: http://{settings.host}:{http_port} smtp://{settings.host}:{smtp_port}",
                flush=True,
            )
            await uvicorn.Server(config).serve(sockets=[http_socket])


def main(*, mailbox: Mailbox | None = None) -> int:
    """Run the inbox; the exit code is 2 for a wrong setting and 1 for a taken port."""
    # Uvicorn raises the signal again once it has stopped: a stop that was asked for is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        settings = read_settings()
        with suppress(KeyboardInterrupt):
            uvloop.run(serve(settings, mailbox=mailbox))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        wanted = f"{settings.http_port} (HTTP) and {settings.smtp_port} (SMTP) on {settings.host}"
        print(
            f"The inbox cannot listen on {wanted}: {error.strerror}. Set VELVET_INBOX_HTTP_PORT or "
            "VELVET_INBOX_SMTP_PORT to a free port.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
