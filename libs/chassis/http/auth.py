"""Who calls, for which creditor, and what they may do: OAuth2 bearer tokens (JWT), verified by fixed rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Request, Security
from fastapi.security import HTTPBearer, SecurityScopes
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chassis.db import scope
from chassis.http.keys import KeyRing
from chassis.http.problems import Problem
from chassis.kernel.clock import WallClock
from chassis.settings import ServiceSettings

ALGORITHMS: Final = ("ES256", "RS256")
"""Never "none", never a shared secret: a token cannot choose how it is checked."""
INTERNAL: Final = "internal"
"""Scope of the services among themselves; only with it may ``creditor_id`` be ``*``."""
EVERY_CREDITOR: Final = scope.EVERY

_TYPES = {"", "jwt", "at+jwt", "application/at+jwt"}
_LEEWAY_S = 10
_INSTANT_S_MAX = 2**53
_TOKEN_CHARS_MAX = 8192
_REMEMBERED_MAX = 1000
_REMEMBERED_S = 60

_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="OAuth2 access token with creditor_id")


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller: every row they see or change is their creditor's."""

    creditor_id: str
    subject: str
    scopes: frozenset[str]


class Refused(Exception):
    """The token does not count; the sentence says why without quoting it."""


class Verifier:
    """Verifies tokens; the wall clock rules here, whatever the sandbox's clock says."""

    def __init__(self, settings: ServiceSettings, *, keys: KeyRing | None = None) -> None:
        self._keys = keys or KeyRing(settings)
        self._issuer = settings.auth_issuer
        self._audience = settings.auth_audience
        self._clock = WallClock()
        self._remembered: dict[str, tuple[float, Principal]] = {}

    async def principal(self, token: str) -> Principal:
        """Return the caller; raises Refused."""
        now_s = self._clock.now().timestamp()
        remembered = self._remembered.get(token)
        if remembered is not None and now_s < remembered[0]:
            return remembered[1]
        claims = await self._claims(token)
        self._check(claims, now_s=now_s)
        principal = Principal(creditor_id=_creditor(claims), subject=_subject(claims), scopes=_scopes(claims))
        if len(self._remembered) >= _REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[token] = (min(now_s + _REMEMBERED_S, float(claims["exp"])), principal)
        return principal

    async def _claims(self, token: str) -> Mapping[str, Any]:
        """Check the signature with the key that the token names; returns its claims."""
        if len(token) > _TOKEN_CHARS_MAX:
            raise Refused("the token is too long")
        try:
            header = jws.extract_compact(token.encode()).headers()
            if header.get("alg") not in ALGORITHMS:
                raise Refused("the token's algorithm is not allowed")
            if str(header.get("typ", "")).lower() not in _TYPES:
                raise Refused("it is no access token")
            keys: KeySet = await self._keys.keys(kid=str(header.get("kid", "")))
            return jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
        # RecursionError: claims nested so deeply that JSON cannot be read.
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            raise Refused("the token is not valid") from None

    def _check(self, claims: Mapping[str, Any], *, now_s: float) -> None:
        """Check issuer, audience and validity."""
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if claims.get("iss") != self._issuer:
            raise Refused("the token comes from another issuer")
        if self._audience not in audiences:
            raise Refused("the token is meant for another audience")
        if not _is_instant(claims.get("exp")) or claims["exp"] + _LEEWAY_S <= now_s:
            raise Refused("the token has expired")
        if claims.get("nbf") is not None and (
            not _is_instant(claims["nbf"]) or claims["nbf"] - _LEEWAY_S > now_s
        ):
            raise Refused("the token is not valid yet")


def _is_instant(value: object) -> bool:
    """Return True for seconds since 1970 (RFC 7519); NaN and what has no end are none."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and -_INSTANT_S_MAX <= value <= _INSTANT_S_MAX
    )


def _can_be_kept(text: str) -> bool:
    """Return True for what PostgreSQL and UTF-8 can hold: no NUL, no half of a character."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def _creditor(claims: Mapping[str, Any]) -> str:
    found = claims.get("creditor_id")
    if not isinstance(found, str) or not 0 < len(found) <= 200 or not _can_be_kept(found):
        raise Refused("the token names no creditor (claim creditor_id)")
    return found


def _subject(claims: Mapping[str, Any]) -> str:
    """Return who calls: it is written down as the author of what they change."""
    found = claims.get("sub", "")
    if not isinstance(found, str) or not _can_be_kept(found):
        raise Refused("the token's subject is no text (claim sub)")
    return found


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """Return the scopes: words in one text, or a list of texts; anything else grants nothing."""
    found = claims.get("scope", claims.get("scp", ""))
    if isinstance(found, list):
        return frozenset(scope for scope in found if isinstance(scope, str))
    return frozenset(found.split() if isinstance(found, str) else ())


async def authenticated(
    request: Request, needed: SecurityScopes, _documented: Annotated[object, Security(_bearer)] = None
) -> Principal:
    """Return the caller of the present request: 401 without a good token, 403 without the scopes.

    A route takes it as ``Annotated[Principal, Security(authenticated, scopes=[…])]``.
    """
    shown = request.headers.getlist("authorization")
    if len(shown) > 1:
        # The journal and the store of idempotency keys might take another for the caller than the route does.
        raise Problem(401, "One token is needed, not several.", headers={"WWW-Authenticate": "Bearer"})
    scheme, _, token = "".join(shown).partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem(401, "A bearer token is needed.", headers={"WWW-Authenticate": "Bearer"})
    verifier: Verifier = request.app.state.verifier
    try:
        principal = await verifier.principal(token.strip())
    except Refused as error:
        challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise Problem(401, f"The token is refused: {error}.", headers=challenge) from None
    missing = [scope for scope in needed.scopes if scope not in principal.scopes]
    if missing:
        challenge = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{" ".join(missing)}"'}
        raise Problem(403, f"The token lacks the scope {' '.join(missing)}.", headers=challenge)
    if principal.creditor_id == EVERY_CREDITOR and INTERNAL not in needed.scopes:
        raise Problem(403, "A token for every creditor is for the services among themselves.")
    request.state.principal = principal
    scope.enter(principal.creditor_id)
    return principal
