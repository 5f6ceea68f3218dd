"""The signatures that vendors put on their call-backs."""

import base64
import hashlib
import hmac
from collections.abc import Mapping


def twilio_signature(*, url: str, parameters: Mapping[str, str], auth_token: str) -> str:
    """Sign a form call-back as Twilio does: HMAC-SHA1 over the URL and the parameters sorted by name, base64."""
    signed = url + "".join(name + parameters[name] for name in sorted(parameters))
    digest = hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def hub_signature(*, body: bytes, app_secret: str) -> str:
    """Sign a webhook as Meta does: HMAC-SHA256 over the raw body, hexadecimal, with its prefix."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def same_secret(shown: str, expected: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(shown.encode(), expected.encode())
