"""Alive, ready, and counted."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from api.http.routes.deps import MetricsDep, ServicesDep

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers: nothing more is promised."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(services: ServicesDep) -> JSONResponse:
    """200 once the models are loaded and the store answers; 503 with what is missing until then."""
    checks = await services.readiness()
    ready = all(state == "ready" for state in checks.values())
    return JSONResponse({"ready": ready, "checks": checks}, 200 if ready else 503)


@router.get("/metrics")
async def metrics(metrics: MetricsDep) -> Response:
    """Prometheus' text format."""
    return Response(metrics.render(), media_type=CONTENT_TYPE_LATEST)
