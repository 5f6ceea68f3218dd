"""RFC 9457 problem details: what a caller reads when something is refused or goes wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from chassis.db.engine import is_outage
from chassis.kernel.errors import Conflict, NotFound, Poison, Rejected, Transient
from chassis.telemetry.logs import log
from chassis.telemetry.tracing import trace_id

MEDIA_TYPE = "application/problem+json"
_IN_BODY = "body"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request; ``pointer`` is a JSON pointer into it."""

    detail: str
    pointer: str = ""


class Problem(Exception):
    """Answer the present request with this problem."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})


def response(problem: Problem) -> JSONResponse:
    """Return the problem as a response."""
    content: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "trace_id": trace_id(),
    }
    if problem.errors:
        content["errors"] = [{"detail": f.detail, "pointer": f.pointer} for f in problem.errors]
    return JSONResponse(content, problem.status, headers=problem.headers, media_type=MEDIA_TYPE)


def pointer(path: str) -> str:
    """Return the JSON pointer (RFC 6901, as a URI fragment) of a dotted path."""
    parts = path.replace("[", ".").replace("]", "").split(".")
    return "#" + "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts if part)


def problem_of(error: Exception) -> Problem:
    """Return what a caller is told about an error of ours; nothing of the inside."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, HTTPException):
        # Raised while something around the routes reads the body: a body that grows too large.
        return Problem(error.status_code, str(error.detail), headers=error.headers)
    if isinstance(error, Rejected | Poison):
        status = 404 if isinstance(error, NotFound) else 409 if isinstance(error, Conflict) else 422
        errors = [Fault(error.reason, pointer(error.field))] if error.field else []
        return Problem(status, error.reason, errors=errors)
    if isinstance(error, Transient) or is_outage(error):
        return Problem(
            503, "It cannot be answered at this moment: try again shortly.", headers={"Retry-After": "1"}
        )
    return Problem(500, "Something went wrong on our side; the trace_id finds it in the logs.")


def _validation(error: RequestValidationError) -> Problem:
    faults = []
    found = error.errors()
    # A name that is none of the document's may be anything, a person's too: the place above it is shown.
    unknown = [fault["loc"][:-1] for fault in found if fault["loc"][-1] == "[key]"]
    for fault in found:
        hidden = [len(name) - 1 for name in unknown if fault["loc"][: len(name)] == name]
        where, *path = fault["loc"][: min(hidden, default=None)]
        parts = path if where == _IN_BODY else [where, *path]
        faults.append(Fault(str(fault["msg"]), pointer(".".join(map(str, parts)))))
    return Problem(422, "The request is not as documented; errors names each fault.", errors=faults)


def _allow(request: Request, *, status: int) -> dict[str, str]:
    """Return the Allow header of a 405 with every method of the path: each of them is a route of its own."""
    if status != HTTPStatus.METHOD_NOT_ALLOWED:
        return {}
    methods: set[str] = set()
    for route in request.app.routes:
        match, _ = route.matches(request.scope)
        if match is not Match.NONE:
            methods |= getattr(route, "methods", None) or set()
    return {"Allow": ", ".join(sorted(methods))}


async def _answer(request: Request, error: Exception) -> JSONResponse:
    """Turn an expected error into a problem; the outermost door does it for unexpected ones."""
    if isinstance(error, RequestValidationError):
        return response(_validation(error))
    if isinstance(error, HTTPException):
        headers = {**(error.headers or {}), **_allow(request, status=error.status_code)}
        return response(Problem(error.status_code, str(error.detail), headers=headers))
    problem = problem_of(error)
    if problem.status >= 500 and not isinstance(error, Problem):
        log(__name__).error("request_failed", method=request.method, status=problem.status, exc_info=error)
    return response(problem)


def install(app: FastAPI) -> None:
    """Answer every error of this app with a problem."""
    for kind in (RequestValidationError, HTTPException, Problem, Rejected, Poison, Transient):
        app.add_exception_handler(kind, _answer)
