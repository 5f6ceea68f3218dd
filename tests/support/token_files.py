"""Key files for tests of authentication."""

import json
from pathlib import Path

from chassis.http.tokens import new_signing_key


def key_files(folder: Path) -> tuple[Path, Path]:
    """Write a fresh signing key and its public set; returns their paths."""
    private, public = new_signing_key()
    signing, jwks = folder / "signing-key.json", folder / "jwks.json"
    signing.write_text(json.dumps(private))
    jwks.write_text(json.dumps(public))
    return signing, jwks
