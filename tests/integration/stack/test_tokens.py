"""The sandbox signs its own tokens, and its public key set is enough to check them."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet

from sandbox.stack import Stack, StackProblem
from sandbox.stack.layout import Layout
from sandbox.stack.tokens import ALGORITHM, Claims, sandbox_keys, sign


def test_a_token_verifies_against_the_published_keys_and_carries_every_outside_scope(home: Path) -> None:
    keys = sandbox_keys(Layout(home))
    text = sign(Claims("acme-nl"), signing_key_file=keys.signing_key_file)
    public = KeySet.import_key_set(json.loads(keys.jwks_file.read_text()))
    token = jwt.decode(text, public, algorithms=[ALGORITHM])
    assert token.header["typ"] == "at+jwt"
    assert token.header["kid"] == public.keys[0].kid
    assert token.claims["creditor_id"] == "acme-nl"
    assert token.claims["exp"] - token.claims["iat"] == 24 * 3600
    assert abs(token.claims["iat"] - datetime.now(UTC).timestamp()) < 60
    scopes = token.claims["scope"].split()
    assert len(scopes) == 8
    assert "internal" not in scopes


def test_a_key_of_another_sandbox_verifies_nothing(tmp_path: Path) -> None:
    ours, theirs = (sandbox_keys(Layout(tmp_path / name)) for name in ("ours", "theirs"))
    text = sign(Claims("acme-nl"), signing_key_file=theirs.signing_key_file)
    with pytest.raises(InvalidKeyIdError):
        jwt.decode(
            text, KeySet.import_key_set(json.loads(ours.jwks_file.read_text())), algorithms=[ALGORITHM]
        )


def test_the_private_key_is_the_owners_alone_and_lasts(home: Path) -> None:
    keys = sandbox_keys(Layout(home))
    assert stat.S_IMODE(keys.signing_key_file.stat().st_mode) == 0o600
    assert '"d"' not in keys.jwks_file.read_text()
    before = keys.signing_key_file.read_text()
    assert sandbox_keys(Layout(home)).signing_key_file.read_text() == before


def test_outside_the_sandbox_nobody_signs_tokens_or_trusts_the_sandboxs_keys(home: Path) -> None:
    stack = Stack.persistent(environ={"VELVET_HOME": str(home), "VELVET_SANDBOX": "false"})
    assert not [name for name in stack.environment() if name.startswith("VELVET_AUTH_")]
    with pytest.raises(StackProblem, match="identity provider"):
        stack.token("acme-nl")
