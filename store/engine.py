"""Opens the database by URL and hands out sessions.

Knows SQLite's and PostgreSQL's settings and brings the schema to head; knows nothing of what
the tables mean. Everything here blocks: coroutines call it through a worker thread.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from dialog.errors import DiskFull, Unavailable
from store import locks

HEAD = "0002"
"""The newest migration; a test compares it with the scripts."""

BUSY_TIMEOUT_S = 30.0
"""How long SQLite waits for another process's transaction; ours last milliseconds."""


ALONE: dict[str, Any] = {"pool_size": 1, "max_overflow": 0, "pool_timeout": BUSY_TIMEOUT_S}


class Store:
    """An open database. Safe to share between threads; each takes its own session."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._write = sessionmaker(engine.execution_options(immediate=True), expire_on_commit=False)
        self._read = sessionmaker(engine, expire_on_commit=False)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that may write: commits when the block ends, rolls back when it raises.

        On SQLite it takes the write lock at once. A transaction that reads first and writes
        later fails there, without waiting, whenever another process wrote in between.
        Raises DiskFull when there is no room left, and Unavailable when the database is gone or
        somebody else's for too long.
        """
        with _told(), self._write.begin() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads: it sees one moment and waits for no writer. Raises
        Unavailable."""
        with _told(), self._read() as session:
            yield session

    def exclusive(self, name: str) -> AbstractContextManager[None]:
        """A lock between all processes that use this database."""
        return locks.exclusive(self.engine, name)

    def close(self) -> None:
        self.engine.dispose()


def open_store(url: str) -> Store:
    """Open `sqlite:///PATH` or `postgresql+psycopg2://...` with the schema at head.

    The folder of an SQLite file is created. Raises `Unavailable` when the database cannot be
    reached. Several processes may call this at once on an empty database.
    """
    is_sqlite = make_url(url).get_backend_name() == "sqlite"
    engine = _sqlite(url) if is_sqlite else _postgresql(url)
    try:
        _bring_to_head(engine)
    except OperationalError as error:
        engine.dispose()
        if is_sqlite and _is_full(error):
            return _open_on_full_disk(url)
        shown = make_url(url).render_as_string(hide_password=True)
        reason = str(error.orig).strip().splitlines()[0]
        raise Unavailable(f"cannot open the database {shown}: {reason}") from error
    return Store(engine)


def _open_on_full_disk(url: str) -> Store:
    """The store for reading, where not even the file that SQLite's processes share can be made: one
    connection, which keeps the database for itself."""
    engine = _sqlite(url, alone=True)
    try:
        _bring_to_head(engine)
    except OperationalError as error:
        engine.dispose()
        raise DiskFull("the database cannot be opened: the disk is full") from error
    return Store(engine)


def _bring_to_head(engine: Engine) -> None:
    if _version(engine) != HEAD:
        with locks.exclusive(engine, "migration"):
            _migrate(engine)


@contextmanager
def _told() -> Iterator[None]:
    """What the driver says of a database that does not answer, as our own errors."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        if isinstance(error, OperationalError) and _is_full(error):
            raise DiskFull("the database cannot be written: the disk is full") from error
        raise Unavailable("the database does not answer") from error


def _is_full(error: OperationalError) -> bool:
    # SQLITE_FULL; and SQLITE_IOERR where a file cannot be made longer.
    return any(words in str(error.orig) for words in ("disk is full", "disk I/O error"))


def _postgresql(url: str) -> Engine:
    return create_engine(
        url, pool_pre_ping=True, connect_args={"connect_timeout": 5}, hide_parameters=True
    )


def _sqlite(url: str, *, alone: bool = False) -> Engine:
    database = make_url(url).database
    if not database or database == ":memory:":
        raise ValueError("the store needs a file: several threads and processes share it")
    Path(database).expanduser().parent.mkdir(parents=True, exist_ok=True)
    # Errors would quote the row, which is what a caller said.
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_TIMEOUT_S},
        hide_parameters=True,
        **(ALONE if alone else {}),
    )
    if alone:
        event.listen(engine, "connect", _keep_alone)
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _keep_alone(connection: sqlite3.Connection, _record: Any) -> None:
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # its index of the journal is in memory


def _configure(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver opens transactions by guessing from the statement; `_begin` does it instead.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _version(engine: Engine) -> str | None:
    """The migration that this database is at, without paying for Alembic's import."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.execution_options(immediate=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
