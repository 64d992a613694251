"""Alive, ready, and counted."""

import logging

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from api.http.routes.deps import MetricsDep, ServicesDep
from api.wiring import Services
from dialog.errors import DiskFull
from dialog.threads import ANSWERS, stuck

log = logging.getLogger(__name__)

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> JSONResponse:
    """200 while the process gets its work done; 503, with the pools of threads that do not, for a
    supervisor to restart it. A loop that is stuck does not answer at all."""
    pools = list(stuck())
    status = {"status": "stuck", "pools": pools} if pools else {"status": "ok"}
    return JSONResponse(status, 503 if pools else 200)


@router.get("/readyz")
async def readyz(services: ServicesDep) -> JSONResponse:
    """200 once the models are loaded and the store answers; 503 with what is missing until then."""
    store = await ANSWERS.run(_store_state, services)
    checks = {**services.models.states(), "store": store}
    ready = all(state in ("ready", "full") for state in checks.values())
    return JSONResponse({"ready": ready, "checks": checks}, 200 if ready else 503)


def _store_state(services: Services) -> str:
    try:
        services.retriever.sync()
    except DiskFull:
        return "full"  # what is there can be asked for; nothing more is taken in
    except Exception as error:
        log.warning("store: %s", type(error).__name__)
        return "failed"
    return "ready"


@router.get("/metrics")
async def metrics(metrics: MetricsDep) -> Response:
    """Prometheus' text format."""
    return Response(metrics.render(), media_type=CONTENT_TYPE_LATEST)
