"""The sandbox's own signing key and the tokens it signs."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey

from sandbox.stack.layout import Layout, write_private
from sandbox.stack.problem import StackProblem

ISSUER = "https://sandbox.velvet.example"
AUDIENCE = "velvet"
ALGORITHM = "ES256"
# Every scope that a caller from outside may have; `internal` is for the services among themselves.
SCOPES = tuple(
    f"{service}:{right}"
    for service in ("invoices", "classifier", "scheduler", "notifier")
    for right in ("read", "write")
)
_VALID_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Keys:
    """The files that hold the private key (a JWK) and the public set (a JWKS)."""

    signing_key_file: Path
    jwks_file: Path


def sandbox_keys(layout: Layout) -> Keys:
    """Return the sandbox's key files, drawing the key at the first use."""
    keys = Keys(signing_key_file=layout.keys / "signing-key.json", jwks_file=layout.keys / "jwks.json")
    if not keys.signing_key_file.exists():
        layout.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM, "kid": secrets.token_hex(8)})
        # The public half first: whoever finds the private one must find both.
        keys.jwks_file.write_text(json.dumps({"keys": [key.as_dict(private=False)]}), encoding="utf-8")
        write_private(keys.signing_key_file, json.dumps(key.as_dict(private=True)))
    return keys


@dataclass(frozen=True, slots=True)
class Claims:
    """Whose token it is and what it may do."""

    creditor_id: str
    scopes: Sequence[str] = SCOPES
    subject: str = "sandbox"
    issuer: str = ISSUER
    audience: str = AUDIENCE


def sign(claims: Claims, *, signing_key_file: Path) -> str:
    """Return a signed access token (RFC 9068), valid for 24 hours of wall time from now."""
    try:
        key = ECKey.import_key(json.loads(signing_key_file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise StackProblem(f"The signing key {signing_key_file} cannot be used: {error}.") from error
    now = datetime.now(UTC)
    return jwt.encode(
        {"typ": "at+jwt", "alg": ALGORITHM, "kid": key.kid},
        {
            "iss": claims.issuer,
            "aud": claims.audience,
            "sub": claims.subject,
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int((now + _VALID_FOR).timestamp()),
            "jti": secrets.token_hex(16),
            "creditor_id": claims.creditor_id,
            "scope": " ".join(claims.scopes),
        },
        key,
    )
