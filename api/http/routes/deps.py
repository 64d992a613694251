"""What routes ask the application for: each names the part that it needs.

Dependencies are coroutines, so that no part is built by two threads at once.
"""

from typing import Annotated

from fastapi import Depends, Request

from api.conversation.history import Conversations
from api.metrics import Metrics
from api.models import Models
from api.wiring import Services
from rag.ingestion.ingest import Ingestion
from rag.retrieval.retriever import Retriever


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
