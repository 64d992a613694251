"""What every test shares."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.engine import Store, open_store


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """`-m unit` reads no other folder: importing the others' clients and servers takes longer
    than the unit tests themselves."""
    if config.option.markexpr != "unit" or collection_path.parent != Path(__file__).parent:
        return None
    return (collection_path.is_dir() and collection_path.name != "unit") or None


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A real server, started once and only when a test asks for it."""
    from tests.service.postgres import running

    with running() as server:
        yield server


@pytest.fixture(
    params=[
        pytest.param("sqlite", marks=pytest.mark.unit),
        pytest.param("postgresql", marks=pytest.mark.service),
    ]
)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, once of each kind."""
    return _empty_database(request, tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def shared_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The same for tests that start processes of their own: those mark themselves `service`."""
    return _empty_database(request, tmp_path)


def _empty_database(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{folder}/beseda.db"
    from tests.service.postgres import new_database

    return new_database(request.getfixturevalue("postgres"))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()
