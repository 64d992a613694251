"""A named lock that holds between processes: a file for SQLite, an advisory lock for PostgreSQL.

Knows nothing of what is locked. The operating system and the server release it when its
holder dies, so a crash leaves nothing behind.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock
from sqlalchemy import Engine, text


@contextmanager
def exclusive(engine: Engine, name: str) -> Iterator[None]:
    """Hold the lock `name` of this database until the block ends; waits without a limit."""
    held = _advisory(engine, name) if engine.dialect.name == "postgresql" else _file(engine, name)
    with held:
        yield


@contextmanager
def _file(engine: Engine, name: str) -> Iterator[None]:
    database = Path(engine.url.database or "")
    with FileLock(database.with_name(f"{database.name}.{name}.lock")):
        yield


@contextmanager
def _advisory(engine: Engine, name: str) -> Iterator[None]:
    # The lock belongs to the server session, so it needs a connection of its own, kept open
    # outside any transaction (an open one would hold back VACUUM for as long as we wait).
    key = zlib.crc32(f"beseda.{name}".encode())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": key})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
