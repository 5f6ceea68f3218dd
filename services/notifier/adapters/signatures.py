"""Signatures on call-backs, compared in constant time over the bytes that came in (providers.md 1.3, 1.5)."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit, urlunsplit


def twilio_signature(url: str, parameters: Sequence[tuple[str, str]], *, auth_token: str) -> str:
    """Return Twilio's signature of a form call-back: the URL, then each name with each of its values, sorted."""
    signed = url + "".join(name + value for name, value in sorted(set(parameters)))
    # SHA-1 is Twilio's choice; an HMAC does not rest on collision resistance.
    digest = hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def is_signed_by_twilio(
    url: str, parameters: Sequence[tuple[str, str]], *, signature: str, auth_token: str
) -> bool:
    """Say whether the signature fits the URL as configured, with or without its port."""
    wanted = (twilio_signature(form, parameters, auth_token=auth_token) for form in _forms(url))
    return _any_equal(signature, wanted)


def is_signed_by_hub(body: bytes, *, signature: str, app_secret: str) -> bool:
    """Say whether Meta's ``X-Hub-Signature-256`` fits the raw bytes."""
    digest = hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()
    return _any_equal(signature, (f"sha256={digest}",))


def is_same_secret(shown: str, expected: str) -> bool:
    """Compare two secrets in constant time; an empty one never fits."""
    return bool(expected) and _any_equal(shown, (expected,))


def _forms(url: str) -> Iterable[str]:
    parts = urlsplit(url)
    yield url
    host = parts.hostname or ""
    if parts.port is not None:
        yield urlunsplit(parts._replace(netloc=host))
    else:
        port = 443 if parts.scheme == "https" else 80
        yield urlunsplit(parts._replace(netloc=f"{host}:{port}"))


def _any_equal(shown: str, wanted: Iterable[str]) -> bool:
    # Every form is compared, so that the time taken says nothing about which one fits.
    fits = [hmac.compare_digest(shown.encode(), form.encode()) for form in wanted]
    return any(fits)
