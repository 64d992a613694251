"""What was asked and answered before."""

import asyncio

from fastapi import APIRouter

from api import formats
from api.routes.deps import ServicesDep
from dialog.errors import BadInput

router = APIRouter(prefix="/v1/conversations", tags=["conversations"])


@router.get("")
async def list_conversations(services: ServicesDep, limit: int = 50) -> dict[str, object]:
    """The latest conversations, newest first."""
    infos = await asyncio.to_thread(services.conversations, limit)
    return {"object": "list", "data": [formats.conversation_info_json(info) for info in infos]}


@router.get("/{conversation_id}")
async def get_conversation(services: ServicesDep, conversation_id: str) -> dict[str, object]:
    """One conversation with its turns, sources and timings; 404 when there is none."""
    conversation = await asyncio.to_thread(services.conversation, conversation_id)
    if conversation is None:
        raise BadInput(f"no conversation has the id {conversation_id}", 404, "not_found")
    return formats.conversation_json(conversation)
