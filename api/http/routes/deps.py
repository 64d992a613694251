"""What routes ask the application for: each names the part that it needs.

Dependencies are coroutines, so that no part is built by two threads at once.
"""

import asyncio
from collections.abc import Awaitable
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from starlette.requests import ClientDisconnect

from api.conversation.history import Conversations
from api.metrics import Metrics
from api.models import Models
from api.wiring import Services
from dialog.tasks import background
from rag.ingestion.ingest import Ingestion
from rag.retrieval.retriever import Retriever

T = TypeVar("T")

LOOKED_EVERY_S = 0.5


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(_services)]


async def _models(services: ServicesDep) -> Models:
    return services.models


async def _conversations(services: ServicesDep) -> Conversations:
    return services.conversations


async def _ingestion(services: ServicesDep) -> Ingestion:
    return services.ingestion


async def _retriever(services: ServicesDep) -> Retriever:
    return services.retriever


async def _metrics(services: ServicesDep) -> Metrics:
    return services.metrics


ModelsDep = Annotated[Models, Depends(_models)]
ConversationsDep = Annotated[Conversations, Depends(_conversations)]
IngestionDep = Annotated[Ingestion, Depends(_ingestion)]
RetrieverDep = Annotated[Retriever, Depends(_retriever)]
MetricsDep = Annotated[Metrics, Depends(_metrics)]


async def unless_left(request: Request, work: Awaitable[T]) -> T:
    """The result of `work`, which is cancelled if the client leaves meanwhile: a language model
    goes on for nobody otherwise. Raises ClientDisconnect then.

    Call it when the body has been read.
    """
    async with background(work) as task:
        while not task.done():
            await asyncio.wait({task}, timeout=LOOKED_EVERY_S)
            if not task.done() and await request.is_disconnected():
                raise ClientDisconnect
        return await task
