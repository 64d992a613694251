"""The service: routes, guards and error bodies around one set of `Services`."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api.http.errors import install_error_handlers
from api.http.middleware import Contain, CountRequests, LimitBody, OwnPageOnly, RequireKey
from api.http.routes import audio, chat, conversations, documents, health, talk, web
from api.logs import tell_loop_error
from api.realtime import routes as realtime
from api.settings import Settings
from api.telephony import routes as telephony
from api.telephony.phone import lines
from api.wiring import Services

ROUTES = (audio, chat, conversations, documents, health, talk, web, realtime, telephony)


def create_app(
    settings: Settings,
    services: Services | None = None,
    audiosocket: socket.socket | None = None,
) -> FastAPI:
    """Build the ASGI application; calls are taken on `audiosocket`, a listening socket. Tests
    hand in `services` of their own."""
    parts = services or Services(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        asyncio.get_running_loop().set_exception_handler(tell_loop_error)
        with parts:
            parts.start()
            async with lines(parts, audiosocket) as answering:
                app.state.phone = answering
                yield

    # FastAPI's own /docs page fetches its scripts from a CDN, so it is left out.
    app = FastAPI(title="Beseda", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.services = parts
    app.add_middleware(CountRequests, metrics=parts.metrics)
    app.add_middleware(LimitBody, limit_bytes=settings.max_upload)
    app.add_middleware(RequireKey, keys=settings.keys)
    if not settings.keys:
        app.add_middleware(OwnPageOnly)
    app.add_middleware(Contain)
    install_error_handlers(app)
    for routes in ROUTES:
        app.include_router(routes.router)
    app.mount("/web", web.PageFiles())
    return app
