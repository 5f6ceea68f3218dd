"""ETag and If-Match: whoever edits says which version they have seen."""

from typing import Any, Final

from fastapi import Request, Response

from chassis.http.document import problems
from chassis.http.problems import Problem

_ETAG: Final = {
    "description": "The version of what is shown: send it as If-Match with an edit.",
    "required": True,
    "schema": {"type": "string", "pattern": '^"[^"]+"$'},
}

SHOWN: Final[dict[int | str, dict[str, Any]]] = {200: {"headers": {"ETag": _ETAG}}}
"""``responses`` of a route that shows what people edit."""


def edits(*, needs_match: bool) -> dict[str, Any]:
    """Return what the decorator of an edit says: ``@router.put(path, **edits(needs_match=True))``."""
    if_match = {
        "name": "If-Match",
        "in": "header",
        "required": needs_match,
        "description": "The ETag that was read; * for any.",
        "schema": {"type": "string"},
    }
    refusals = problems(412, 428) if needs_match else problems(412)
    return {"responses": {**SHOWN, **refusals}, "openapi_extra": {"parameters": [if_match]}}


def etag_of(version: object) -> str:
    """Return the strong ETag of a version."""
    return f'"{version}"'


def show(response: Response, *, version: object) -> None:
    """Set the ETag of an answer."""
    response.headers["ETag"] = etag_of(version)


def require_match(request: Request, *, version: object | None) -> None:
    """Refuse the edit without If-Match (428), or when the caller has seen another version (412).

    ``version`` None means that the thing does not exist yet: ``If-None-Match: *`` or no header then.
    """
    wanted = request.headers.get("if-match")
    if version is None:
        if wanted is not None:
            raise Problem(412, "It does not exist yet: leave If-Match out.")
        return
    if request.headers.get("if-none-match", "").strip() == "*":
        raise Problem(412, "It exists already: read it, then send If-Match with its ETag.")
    if wanted is None:
        raise Problem(428, "Send If-Match with the ETag that you have read.")
    if wanted.strip() != "*" and etag_of(version) not in [tag.strip() for tag in wanted.split(",")]:
        raise Problem(412, "Somebody changed it in the meantime: read it again, then decide anew.")
