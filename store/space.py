"""Room on the disk, looked at before anything is written.

A full disk is one clear line, and reading goes on. The engine of the index maps its files into
memory: where it writes into a hole that the disk cannot fill, the system kills the process.
"""

import shutil
from pathlib import Path

from dialog.errors import DiskFull

RESERVE_BYTES = 4 * 2**20
"""Always left, for SQLite's journal and for what others write meanwhile."""


def free_bytes(folder: Path) -> int:
    """What may still be written to the disk of `folder`, which need not exist yet."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def taken_bytes(folder: Path) -> int:
    """What the files below `folder` take, holes left out; 0 where there is none."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def check_space(folder: Path, wanted_bytes: int = 0) -> None:
    """Raises DiskFull unless `wanted_bytes` and the reserve are free."""
    free = free_bytes(folder)
    if free < wanted_bytes + RESERVE_BYTES:
        wanted, left = (wanted_bytes + RESERVE_BYTES) >> 20, free >> 20
        raise DiskFull(f"the disk of {folder} is full: {left} MB are free, {wanted} MB are needed")
