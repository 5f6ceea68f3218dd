"""Tokens with one thing wrong each, as someone would make them who wants in."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import ECKey

INTERNAL = "internal"
_ODD_HEADERS: dict[str, dict[str, Any]] = {
    "an extension that must be understood": {"crit": ["x"], "x": 1},
    "an extension that must be understood, as a text": {"crit": "exp"},
    "a payload that is not encoded": {"crit": ["b64"], "b64": False},
    "RS256 with a key for ES256": {"alg": "RS256"},
    "ES384 with a key for ES256": {"alg": "ES384"},
    "nOnE above a signature": {"alg": "nOnE"},
    "a list of algorithms": {"alg": ["ES256"]},
    "a key id that is no text": {"kid": {"a": 1}},
    "another kind of token": {"typ": "dpop+jwt"},
    "a kind that is no text": {"typ": ["at+jwt"]},
}
_ODD_CONTENTS = {
    "a list": b"[]",
    "a text": b'"a"',
    "null": b"null",
    "not a number": b"NaN",
    "nothing": b"",
    "no UTF-8": b"\xff\xfe",
    "nested too deeply": b"[" * 4000,
    "objects nested too deeply": b'{"a":' * 1100 + b"1" + b"}" * 1100,
    "a number of 5,000 digits": b'{"alg":' + b"9" * 5000 + b"}",
}


def _odd_claims(audience: str, *, now_s: int) -> Iterator[tuple[str, Any]]:
    """Yield claims of a shape or size that no issuer writes, one at a time."""
    odd: dict[str, list[Any]] = {
        "exp": [f"{now_s + 600}", True, -1, 0, [now_s + 600], {}, 10**400, float("nan"), float("inf")],
        "nbf": [f"{now_s}", True, False, {}, 10**400, -(10**400), float("nan"), float("-inf")],
        "aud": [[], [[audience]], {audience: 1}, audience.upper(), f"{audience}x", [f"{audience} "]],
        "creditor_id": [["acme-nl"], 5, True, {}, "a\x00", "\ud800", "x" * 201],
        "sub": [{}, ["a"], 5, "a\x00", "\udfff"],
    }
    for name, values in odd.items():
        yield from ((name, value) for value in values)


@dataclass(frozen=True, slots=True)
class Mint:
    """What is known of the real tokens: all of it but the private key is public."""

    signing: Mapping[str, Any]
    """The private key as a JWK; only the good tokens use it."""
    jwks: str
    """The public set, word for word as it is published."""
    issuer: str
    audience: str

    def good(self, *, creditor_id: str, scopes: Sequence[str], **changes: Any) -> str:
        """Return a token with the real signature; a claim changed to None is left out."""
        key = ECKey.import_key(dict(self.signing))
        claims = self._claims(creditor_id, scopes, **changes)
        return jwt.encode(self._header(), claims, key, algorithms=["ES256"])

    def refused(self, *, creditor_id: str, scopes: Sequence[str]) -> dict[str, str]:
        """Return tokens that no route may take, by what is wrong with them."""
        now = int(time.time())
        claims = self._claims(creditor_id, scopes)
        stranger = ECKey.generate_key("P-256", auto_kid=True)
        public = json.loads(self.jwks)["keys"][0]
        wrong_claims: dict[str, dict[str, Any]] = {
            "expired": {"exp": now - 60},
            "without an end": {"exp": None},
            "not valid yet": {"nbf": now + 600},
            "wrong audience": {"aud": "another"},
            "wrong issuer": {"iss": f"{self.issuer}.elsewhere.example"},
        }
        for name, value in _odd_claims(self.audience, now_s=now):
            wrong_claims[f"{name} {repr(value)[:40]}"] = {name: value}
        key = ECKey.import_key(dict(self.signing))
        tokens = {
            what: _signed(self._header(), _changed(claims, changes), key=key)
            for what, changes in wrong_claims.items()
        }
        for what, changes in _ODD_HEADERS.items():
            tokens[what] = _signed({**self._header(), **changes}, claims, key=key)
        for what, content in _ODD_CONTENTS.items():
            tokens[f"claims are {what}"] = _signed_bytes(
                json.dumps(self._header()).encode(), content, key=key
            )
            tokens[f"a header is {what}"] = _signed_bytes(content, json.dumps(claims).encode(), key=key)
        tokens["no creditor"] = self.good(creditor_id="", scopes=scopes)
        tokens["alg none"] = f"{_part({**self._header(), 'alg': 'none'})}.{_part(claims)}."
        pem = str(ECKey.import_key(public).as_pem(private=False).decode())
        for what, secret in {
            "HS256 with the public key (JWK)": json.dumps(public),
            "HS256 with the public set": self.jwks,
            "HS256 with the public key (PEM)": pem,
        }.items():
            tokens[what] = _hs256({**self._header(), "alg": "HS256"}, claims, secret=secret)
        for kid in ("nobody-s", "../../../../../../dev/null", "/dev/null", "' OR 1=1 --", ""):
            header = {**self._header(), "kid": kid}
            tokens[f"unknown key {kid!r}"] = jwt.encode(header, claims, stranger, algorithms=["ES256"])
            tokens[f"empty secret and key {kid!r}"] = _hs256({**header, "alg": "HS256"}, claims, secret="")
        own = stranger.as_dict(private=False)
        for name, value in {"jwk": own, "jku": "http://127.0.0.1:9/jwks.json"}.items():
            header = {**self._header(), name: value, "kid": own["kid"]}
            tokens[f"brings its own key ({name})"] = _signed(header, claims, key=stranger)
        head, _, signature = self.good(creditor_id="nobody", scopes=scopes).split(".")
        tokens["another's claims under our signature"] = f"{head}.{_part(claims)}.{signature}"
        return tokens

    def _header(self) -> dict[str, Any]:
        return {"alg": "ES256", "typ": "at+jwt", "kid": self.signing["kid"]}

    def _claims(self, creditor_id: str, scopes: Sequence[str], **changes: Any) -> dict[str, Any]:
        claims = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": "someone",
            "exp": int(time.time()) + 600,
            "creditor_id": creditor_id,
            "scope": " ".join(scopes),
        }
        return _changed(claims, changes)


def _changed(claims: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the claims with the changes; one changed to None is left out."""
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


def _part(value: Mapping[str, Any]) -> str:
    return _encoded(json.dumps(value).encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _hs256(header: Mapping[str, Any], claims: Mapping[str, Any], *, secret: str) -> str:
    signed = f"{_part(header)}.{_part(claims)}"
    return f"{signed}.{_encoded(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())}"


def _signed(header: Mapping[str, Any], claims: Mapping[str, Any], *, key: ECKey) -> str:
    """Sign with a header that the library itself would refuse to write."""
    return _signed_bytes(json.dumps(header).encode(), json.dumps(claims).encode(), key=key)


def _signed_bytes(header: bytes, claims: bytes, *, key: ECKey) -> str:
    private = key.private_key
    assert private is not None
    signed = f"{_encoded(header)}.{_encoded(claims)}"
    r, s = decode_dss_signature(private.sign(signed.encode(), ECDSA(SHA256())))
    return f"{signed}.{_encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
