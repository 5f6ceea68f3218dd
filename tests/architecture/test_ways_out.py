"""Where a process of ours calls out from: a new way out is looked at before it goes to an address that somebody sent."""

import ast
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
OPENS = {
    "httpx.AsyncClient",
    "httpx.Client",
    "httpx.get",
    "httpx.post",
    "httpx.request",
    "httpx.stream",
    "aiohttp.ClientSession",
    "SMTP",
    "urlopen",
    "urllib.request.urlopen",
    "asyncio.open_connection",
    "socket.create_connection",
}
WAYS_OUT = {
    "libs/chassis/http/client.py": "the other services: VELVET_<SERVICE>_URL",
    "libs/chassis/http/keys.py": "the identity provider: VELVET_AUTH_JWKS_URL",
    "libs/chassis/restore/again.py": "the service itself, without a network",
    "services/notifier/adapters/http_outcomes.py": "the vendors: VELVET_*_BASE_URL, VELVET_MAIL_LOG_URL",
    "services/notifier/adapters/smtp.py": "the relay: VELVET_SMTP_URL",
}
"""Each goes to an address of the settings and to no other."""


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for folder in ("libs", "services"):
        for file in sorted((REPOSITORY / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield str(file.relative_to(REPOSITORY)), node


def test_every_way_out_is_known() -> None:
    assert {name for name, call in _calls() if ast.unparse(call.func) in OPENS} == set(WAYS_OUT)


def test_nobody_is_led_on_by_a_redirect() -> None:
    following = [
        f"{name}:{call.lineno}"
        for name, call in _calls()
        for given in call.keywords
        if given.arg in {"follow_redirects", "allow_redirects"}
        and not (isinstance(given.value, ast.Constant) and given.value.value is False)
    ]
    assert following == []
