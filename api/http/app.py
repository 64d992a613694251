"""The service: routes, guards and error bodies around one set of `Services`."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api.errors import install_error_handlers
from api.guards import CountRequests, LimitBody, RequireKey
from api.metrics import Metrics
from api.routes import (
    audio,
    carriers,
    chat,
    conversations,
    documents,
    health,
    phone,
    realtime,
    talk,
    web,
)
from api.settings import Settings
from api.telephony.phone import lines
from api.wiring import Services


def create_app(
    settings: Settings,
    services: Services | None = None,
    audiosocket: socket.socket | None = None,
) -> FastAPI:
    """Build the ASGI application; calls are taken on `audiosocket`, a listening socket. Tests
    hand in `services` of their own."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with services or Services(settings) as running:
            app.state.services = running
            running.metrics = app.state.metrics
            running.start()
            async with lines(running, audiosocket) as answering:
                app.state.phone = answering
                yield

    # FastAPI's own /docs page fetches its scripts from a CDN, so it is left out.
    app = FastAPI(title="Beseda", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.metrics = Metrics()
    app.add_middleware(CountRequests, metrics=app.state.metrics)
    app.add_middleware(LimitBody, limit_bytes=settings.max_upload)
    app.add_middleware(RequireKey, keys=settings.keys)
    install_error_handlers(app)
    for routes in (
        audio,
        carriers,
        chat,
        conversations,
        documents,
        health,
        phone,
        realtime,
        talk,
        web,
    ):
        app.include_router(routes.router)
    app.mount("/web", web.PageFiles())
    return app
