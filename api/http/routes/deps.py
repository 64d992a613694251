"""What routes ask the application for."""

from typing import Annotated

from fastapi import Depends, Request

from api.metrics import Metrics
from api.wiring import Services


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


ServicesDep = Annotated[Services, Depends(_services)]
MetricsDep = Annotated[Metrics, Depends(_metrics)]
