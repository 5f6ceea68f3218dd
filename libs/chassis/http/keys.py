"""The public keys (JWKS) by which tokens are verified: from a file or an address, kept, and read anew."""

import json
import time
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chassis.kernel.errors import Transient
from chassis.settings import ServiceSettings
from chassis.telemetry.logs import error_name, log

_ANEW_S = 300.0
"""How old keys may grow."""
_UNKNOWN_KEY_S = 10.0
"""How often an unknown key id may make us ask again, so that forged tokens cannot drive requests."""

_FETCH_S_MAX = 5.0


class KeyRing:
    """Holds the present key set."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._file = settings.auth_jwks_file
        self._url = settings.auth_jwks_url
        self._keys: KeySet | None = None
        self._read_at = 0.0
        self._file_time_ns = 0

    async def keys(self, *, kid: str) -> KeySet:
        """Return the keys, read anew when they are old or lack ``kid``; raises Transient when there are none."""
        age_s = time.monotonic() - self._read_at
        known = self._keys is not None and any(key.kid == kid for key in self._keys.keys)
        if self._keys is None or age_s > (_ANEW_S if known else _UNKNOWN_KEY_S) or self._file_changed():
            await self._read()
        if self._keys is None:
            raise Transient("the keys that verify tokens cannot be read")
        return self._keys

    def _file_changed(self) -> bool:
        return self._file is not None and _time_ns(self._file) != self._file_time_ns

    async def _read(self) -> None:
        """Read the key set; the old one stays when that fails."""
        self._read_at = time.monotonic()
        try:
            if self._file is not None:
                self._file_time_ns = _time_ns(self._file)
                text = self._file.read_text(encoding="utf-8")
            elif self._url:
                text = await _fetched(self._url)
            else:
                return
            self._keys = KeySet.import_key_set(json.loads(text))
        # What is JSON and no key set makes the library stumble.
        except (OSError, ValueError, TypeError, LookupError, JoseError) as error:
            log(__name__).error("keys_unreadable", error=error_name(error))


def _time_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


async def _fetched(url: str) -> str:
    """Return what an address answers; raises OSError."""
    # Only where keys come from an address: it takes 4 MB in a process that asks nobody else.
    import httpx  # noqa: PLC0415

    try:
        async with httpx.AsyncClient(timeout=_FETCH_S_MAX) as client:
            return (await client.get(url)).raise_for_status().text
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OSError(f"the keys were not answered ({error_name(error)})") from error
