"""What was asked and answered before."""

from fastapi import APIRouter
from fastapi.responses import FileResponse

from api import schemas
from api.http.routes.deps import ConversationsDep
from dialog.errors import BadInput
from dialog.threads import STORE

router = APIRouter(prefix="/v1/conversations", tags=["conversations"])


@router.get("")
async def list_conversations(conversations: ConversationsDep, limit: int = 50) -> dict[str, object]:
    """The latest conversations, newest first."""
    infos = await STORE.run(conversations.latest, limit)
    recorded = {one.id for one in await STORE.run(conversations.recordings.all)}
    data = [schemas.conversation_info_json(info, recorded=info.id in recorded) for info in infos]
    return {"object": "list", "data": data}


@router.get("/{conversation_id}")
async def get_conversation(
    conversations: ConversationsDep, conversation_id: str
) -> dict[str, object]:
    """One conversation with its turns, sources and timings; 404 when there is none."""
    conversation = await STORE.run(conversations.get, conversation_id)
    if conversation is None:
        raise BadInput(f"no conversation has the id {conversation_id}", 404, "not_found")
    recording = await STORE.run(conversations.recordings.get, conversation_id)
    return schemas.conversation_json(conversation, recording)


@router.delete("/{conversation_id}", status_code=204)
async def delete_conversation(conversations: ConversationsDep, conversation_id: str) -> None:
    """Delete a conversation and its recording; 404 when there is neither."""
    if not await STORE.run(conversations.delete, conversation_id):
        raise BadInput(f"no conversation has the id {conversation_id}", 404, "not_found")


@router.get("/{conversation_id}/recording")
async def get_recording(conversations: ConversationsDep, conversation_id: str) -> FileResponse:
    """A call's sound, stereo Opus: the caller left, the assistant right."""
    recording = await STORE.run(conversations.recordings.get, conversation_id)
    if recording is None:
        raise BadInput(f"no recording has the id {conversation_id}", 404, "not_found")
    return FileResponse(recording.path, media_type="audio/ogg")
