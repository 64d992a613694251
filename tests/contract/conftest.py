"""Services in process that contract tests ask; `tests.contract.scripted` makes them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.contract.scripted import client_of, with_page


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service that many tests ask; none of them leaves a document in it."""
    with client_of(tmp_path_factory.mktemp("empty")) as client:
        yield client


@pytest.fixture(scope="module")
def informed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service that knows one page; tests may only ask it."""
    with client_of(tmp_path_factory.mktemp("informed")) as client:
        yield with_page(client)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[TestClient]:
    """A service that knows one page, and that a test may change."""
    with client_of(tmp_path) as client:
        yield with_page(client)
