"""A real PostgreSQL for the tests: started in a temporary folder, gone with it.

Uses Debian's binaries where PostgreSQL is installed, those of version 15 first, as users have
it; else the ones that the wheel `pgserver` carries (16.2). It listens on a socket in the
folder, so no port is taken. PostgreSQL refuses to run as root: it then runs as `nobody`.
"""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

UNPRIVILEGED = "nobody"


@contextmanager
def running() -> Iterator[str]:
    """The URL of a server, without a database's name; stopped when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        binaries = _binaries(folder)
        _own(folder)
        data = folder / "data"
        _run(binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8",
             "--locale=C", "--no-sync")  # fmt: skip
        options = f"-c listen_addresses='' -c fsync=off -k {folder}"
        _run(binaries / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg2://postgres@/%s?host={folder}"
        finally:
            _run(binaries / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str) -> str:
    """The URL of an empty database on the server."""
    name = f"test_{uuid.uuid4().hex}"
    engine = create_engine(server % "postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server % name


def _binaries(folder: Path) -> Path:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    fifteen = [path for path in installed if path.parts[-3] == "15"]
    if installed:
        return (fifteen or installed)[-1].parent
    found = find_spec("pgserver")
    if found is None or not found.submodule_search_locations:
        # Debian 13: `make test` asks for no more than the README's apt line brings.
        pytest.skip("no PostgreSQL here: apt install postgresql (pgserver ends at Python 3.12)")
    bundled = Path(found.submodule_search_locations[0]) / "pginstall"
    if os.geteuid() != 0:
        return bundled / "bin"
    # The environment may lie where an unprivileged user cannot look.
    return Path(shutil.copytree(bundled, folder / "pginstall")) / "bin"


def _own(folder: Path) -> None:
    if os.geteuid() == 0:
        folder.chmod(0o755)
        shutil.chown(folder, UNPRIVILEGED)


def _run(*command: object) -> None:
    user = UNPRIVILEGED if os.geteuid() == 0 else None
    # The server inherits the pipes and keeps them open, so its output goes to files only.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [str(part) for part in command],
            user=user,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
        output.seek(0)
        assert done.returncode == 0, output.read().decode()
