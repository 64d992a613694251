"""What routes ask the application for: each names the part that it needs.

Dependencies are coroutines, so that no part is built by two threads at once.
"""

from typing import Annotated

from fastapi import Depends, Request

from api.conversation.history import Conversations
from api.metrics import Metrics
from api.models import Models
from api.wiring import Services
from rag.retrieval.library import Library


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(_services)]


async def _models(services: ServicesDep) -> Models:
    return services.models


async def _conversations(services: ServicesDep) -> Conversations:
    return services.conversations


async def _library(services: ServicesDep) -> Library:
    return services.library


async def _metrics(services: ServicesDep) -> Metrics:
    return services.metrics


ModelsDep = Annotated[Models, Depends(_models)]
ConversationsDep = Annotated[Conversations, Depends(_conversations)]
LibraryDep = Annotated[Library, Depends(_library)]
MetricsDep = Annotated[Metrics, Depends(_metrics)]
