"""Tokens that a service shows: signed by itself in the sandbox, read from a file outside."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

from chassis.http.auth import EVERY_CREDITOR, INTERNAL
from chassis.kernel.clock import WallClock
from chassis.kernel.errors import Transient
from chassis.settings import ServiceSettings

_OWN_VALID_S = 3600
_RENEW_S = 300


def new_signing_key() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a fresh private key (JWK) and the public set (JWKS) that verifies what it signs."""
    key = ECKey.generate_key("P-256", parameters={"use": "sig", "alg": "ES256"}, auto_kid=True)
    return dict(key.as_dict(private=True)), {"keys": [dict(key.as_dict(private=False))]}


class Signer:
    """Signs sandbox tokens with the sandbox's own key (a private JWK or PEM in a file)."""

    def __init__(self, key_file: Path, *, issuer: str, audience: str) -> None:
        text = key_file.read_text(encoding="utf-8")
        self._key = ECKey.import_key(json.loads(text) if text.lstrip().startswith("{") else text)
        self._key.ensure_kid()
        self._issuer = issuer
        self._audience = audience

    def token(self, *, subject: str, creditor_id: str, scopes: Sequence[str], valid_s: int) -> str:
        """Return a token; its validity counts in wall time, whatever the sandbox's clock says."""
        now_s = int(WallClock().now().timestamp())
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": subject,
            "iat": now_s,
            "exp": now_s + valid_s,
            "creditor_id": creditor_id,
            "scope": " ".join(scopes),
        }
        header = {"alg": "ES256", "typ": "at+jwt", "kid": self._key.kid}
        return str(jwt.encode(header, claims, self._key, algorithms=["ES256"]))


class ServiceToken:
    """The token with which this service calls the others (scope ``internal``, every creditor)."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._token = ""
        self._until = 0.0
        self._file_time_ns = 0

    def __call__(self) -> str:
        """Return a valid token; raises Transient when there is none."""
        try:
            if self._settings.auth_service_token_file is not None:
                return self._from_file(self._settings.auth_service_token_file)
            if self._settings.auth_signing_key_file is not None:
                return self._signed(self._settings.auth_signing_key_file)
        except (OSError, ValueError) as error:
            raise Transient("the service's own token cannot be made") from error
        raise Transient("set VELVET_AUTH_SERVICE_TOKEN_FILE: the service has no token to call others with")

    def _from_file(self, path: Path) -> str:
        changed_ns = path.stat().st_mtime_ns
        if changed_ns != self._file_time_ns:
            self._token = path.read_text(encoding="utf-8").strip()
            self._file_time_ns = changed_ns
        return self._token

    def _signed(self, path: Path) -> str:
        if time.monotonic() > self._until:
            signer = Signer(path, issuer=self._settings.auth_issuer, audience=self._settings.auth_audience)
            self._token = signer.token(
                subject=self._settings.service,
                creditor_id=EVERY_CREDITOR,
                scopes=[INTERNAL],
                valid_s=_OWN_VALID_S,
            )
            self._until = time.monotonic() + _OWN_VALID_S - _RENEW_S
        return self._token
