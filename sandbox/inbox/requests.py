"""Reading request bodies the way vendors send them."""

import json
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request

BODY_BYTES_MAX = 32 * 1024 * 1024


class BodyError(ValueError):
    """A body that cannot be read; the message says why."""


async def read_body(request: Request) -> bytes:
    """Read the whole body; raises BodyError above the limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise BodyError(f"The body is larger than {BODY_BYTES_MAX} bytes.")
    return bytes(body)


async def read_form(request: Request) -> dict[str, str]:
    """Read an application/x-www-form-urlencoded body; of a repeated name the last value counts."""
    body = await read_body(request)
    return dict(parse_qsl(body.decode("utf-8", errors="replace"), keep_blank_values=True))


async def read_json_object(request: Request) -> dict[str, Any]:
    """Read a JSON object; raises BodyError where the body is anything else."""
    try:
        value = json.loads(await read_body(request))
    except ValueError as error:
        raise BodyError(f"The body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise BodyError("The body must be a JSON object.")
    return value
