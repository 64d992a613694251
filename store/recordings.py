"""Recordings of calls: one file for each conversation, in a folder of their own.

Knows the folder; what is in a file is `dialog.audio.opus`'s to know. Everything here blocks.
"""

import logging
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dialog.audio.opus import PART, adopt

log = logging.getLogger(__name__)

DAY_S = 86_400
SUFFIX = ".opus"


@dataclass(frozen=True, slots=True)
class StoredRecording:
    """A finished recording; its conversation has the same id."""

    id: str
    path: Path
    size_bytes: int
    ended_at: datetime


class Recordings:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, conversation_id: str) -> Path:
        """Where a conversation's recording goes; its folder is made, for its owner only."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._named(conversation_id)

    def get(self, conversation_id: str) -> StoredRecording | None:
        """A conversation's recording, once it is finished; None for none."""
        if not _is_id(conversation_id):
            return None
        path = self._named(conversation_id)
        try:
            found = path.stat()
        except OSError:
            return None
        ended_at = datetime.fromtimestamp(found.st_mtime, UTC)
        return StoredRecording(conversation_id, path, found.st_size, ended_at)

    def all(self) -> list[StoredRecording]:
        """Every finished recording, the newest first."""
        found = [self.get(path.stem) for path in self._folder.glob(f"*{SUFFIX}")]
        known = [one for one in found if one is not None]
        return sorted(known, key=lambda one: one.ended_at, reverse=True)

    def delete(self, conversation_id: str) -> bool:
        """Delete a conversation's recording, also one that is still being written."""
        if not _is_id(conversation_id):
            return False
        path = self._named(conversation_id)
        found = [one for one in (path, path.with_name(path.name + PART)) if one.exists()]
        for one in found:
            one.unlink(missing_ok=True)
        return bool(found)

    def tidy(self, days: int) -> int:
        """Finish what a process that died has left, and delete what is older than `days` days;
        returns how many were deleted."""
        for part in self._folder.glob(f"*{SUFFIX}{PART}"):
            with suppress(OSError):
                adopt(part)
        old = [one for one in self.all() if one.ended_at.timestamp() < time.time() - days * DAY_S]
        for one in old:
            one.path.unlink(missing_ok=True)
        if old:
            log.info("%d recordings were older than %d days and are deleted", len(old), days)
        return len(old)

    def _named(self, conversation_id: str) -> Path:
        return self._folder / f"{conversation_id}{SUFFIX}"


def _is_id(text: str) -> bool:
    """Ids of calls are UUIDs: nothing else may become part of a path."""
    with suppress(ValueError):
        return str(uuid.UUID(text)) == text
    return False
