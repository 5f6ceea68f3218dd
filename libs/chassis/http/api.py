"""Builds a service's web application: its routes, and what all services have in common."""

from collections.abc import Callable

from fastapi import FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from chassis.health import Health
from chassis.http import problems
from chassis.http.auth import Verifier
from chassis.http.document import DescribedApi
from chassis.http.idempotency import Idempotency
from chassis.http.limits import Door
from chassis.http.paging import Cursors
from chassis.http.segments import WholeIds, take_whole_ids
from chassis.http.settle import settle_router
from chassis.restore.journal import Scribe
from chassis.service import Service


class Alive(BaseModel):
    """Whether the loops turn, and which do not."""

    alive: bool
    stuck: list[str]


class Ready(BaseModel):
    """Whether the process may be asked, and by part why not."""

    ready: bool
    not_ready: dict[str, str]


def create_app(service: Service, *, health: Health | None = None) -> FastAPI:
    """Return the application of the ``api`` and ``all`` roles."""
    app = create_doors(service, verifier=Verifier(service.settings), health=health)
    app.include_router(settle_router(service))
    verifier = app.state.verifier
    app.add_middleware(
        Scribe, service=service.name, registry=service.registry, clock=service.clock, verifier=verifier
    )
    app.add_middleware(Idempotency, database=service.database, verifier=verifier)
    app.add_middleware(WholeIds)
    _add_door(app, service)
    return app


def create_doors(service: Service, *, verifier: Verifier, health: Health | None = None) -> FastAPI:
    """Return the service's own routes, with whoever says who calls."""
    app = _bare(service, health=health or Health(service=service.name))
    app.state.verifier = verifier
    take_whole_ids()
    for router in service.routers:
        app.include_router(router)
    return app


def create_probe_app(service: Service, *, health: Health) -> FastAPI:
    """Return the application of the other roles: probes and metrics only."""
    app = _bare(service, health=health)
    _add_door(app, service)
    return app


def _bare(service: Service, *, health: Health) -> FastAPI:
    app = DescribedApi(title=f"Velvet {service.name}", version="1", docs_url=None, redoc_url=None)
    app.state.verifier = Verifier(service.settings)
    app.state.cursors = Cursors(service.settings.database_url.get_secret_value().encode())
    app.state.service = service
    problems.install(app)
    _add_probes(app, health=health)
    return app


def _add_door(app: FastAPI, service: Service) -> None:
    app.add_middleware(Door, service=service.name, body_bytes_max=service.settings.http_body_bytes_max)


def _add_probes(app: FastAPI, *, health: Health) -> None:
    async def healthz() -> Response:
        """Answer while the loops turn."""
        stuck = health.stuck()
        return JSONResponse({"alive": not stuck, "stuck": stuck}, 503 if stuck else 200)

    async def readyz() -> Response:
        """Answer with every reason why the process is not ready."""
        reasons = health.reasons()
        return JSONResponse({"ready": not reasons, "not_ready": reasons}, 503 if reasons else 200)

    async def metrics() -> Response:
        """Answer with all metrics in Prometheus' text format."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    texts: dict[int | str, dict[str, object]] = {
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}}
    }
    probes: dict[str, tuple[Callable[..., object], dict[int | str, dict[str, object]]]] = {
        "/healthz": (healthz, {200: {"model": Alive}, 503: {"model": Alive}}),
        "/readyz": (readyz, {200: {"model": Ready}, 503: {"model": Ready}}),
        "/metrics": (metrics, texts),
    }
    for path, (answer, answers) in probes.items():
        app.add_api_route(
            path,
            answer,
            methods=["GET"],
            tags=["operations"],
            responses=answers,
            response_class=PlainTextResponse if answers is texts else JSONResponse,
        )
