"""Who works on the index folder: one process owns it, the others take a private copy.

    FOLDER/owner.lock          held by the owner as long as it lives
    FOLDER/content.lock        held while the content is written and while it is copied
    FOLDER/shard/              the owner's, kept
    FOLDER/private-XXXX/       a copy, removed by its process, or by a later owner after a crash
    FOLDER/private-XXXX.lock   held by the copy's process as long as it lives

Knows locks and folders; knows nothing of what is in them. The operating system drops the
locks of a process that dies.
"""

import atexit
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from dialog.errors import DiskFull
from store.space import check_space, taken_bytes

POLL_S = 0.01
ELSEWHERE = (Path(tempfile.gettempdir()), Path("/dev/shm"))
"""Where a copy goes when the index's own disk is full."""


class IndexFolder:
    """Made by opening a folder: `path` is where this process may read and write.

    `owned` tells whether what is written there outlives the process. The folder at `path` may
    not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.content = _lock(folder / "content.lock")
        atexit.register(self.release)
        try:
            check_space(folder)
        except DiskFull:
            # Even opening writes, and where the disk takes nothing it kills the process.
            self.owned = False
            with self.content:
                self.path, self._held = _copy(_roomy(folder), folder / "shard")
            return
        held = _lock(folder / "owner.lock")
        shard = folder / "shard"
        try:
            held.acquire(blocking=False)
        except Timeout:
            self.owned = False
            with self.content:
                self.path, self._held = _copy(folder, shard)
        else:
            self.owned = True
            self.path, self._held = shard, held
            with self.content:
                for place in (folder, *ELSEWHERE):
                    _sweep(place)

    def release(self) -> None:
        """Let go of the folder; a private copy is removed."""
        atexit.unregister(self.release)
        if not self.owned:
            shutil.rmtree(self.path, ignore_errors=True)
            Path(self._held.lock_file).unlink(missing_ok=True)
        self._held.release()


def _lock(path: Path) -> FileLock:
    # Not bound to a thread: the thread that closes is often not the one that opened.
    return FileLock(path, thread_local=False, poll_interval=POLL_S)


def _prefix(place: Path) -> str:
    return "beseda-private-" if place in ELSEWHERE else "private-"


def _roomy(folder: Path) -> Path:
    """A folder on another disk, or in memory, that takes a copy of the index. Raises DiskFull."""
    wanted = taken_bytes(folder / "shard")
    for place in ELSEWHERE:
        with suppress(DiskFull):
            check_space(place, wanted)
            return place
    raise DiskFull(f"the index cannot be opened: the disk of {folder} is full")


def _copy(folder: Path, shard: Path) -> tuple[Path, FileLock]:
    """A copy of the shard in `folder`. Raises DiskFull."""
    check_space(folder, taken_bytes(shard))
    private = Path(tempfile.mkdtemp(prefix=_prefix(folder), dir=folder))
    held = _lock(private.with_suffix(".lock"))
    held.acquire()
    private.rmdir()
    if shard.is_dir():
        # The engine preallocates its files, so most of them is holes; cp keeps those.
        subprocess.run(["cp", "-r", "--sparse=always", str(shard), str(private)], check=True)
    return private, held


def _sweep(folder: Path) -> None:
    """Remove the copies of processes that died."""
    for path in folder.glob(f"{_prefix(folder)}*.lock"):
        held = _lock(path)
        try:
            held.acquire(blocking=False)
        except Timeout:
            continue
        shutil.rmtree(path.with_suffix(""), ignore_errors=True)
        path.unlink()
        held.release()
