"""What every test shares."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from store.engine import Store, open_store

pytest_plugins = ["pytester"]  # for the tests of the hooks below

KINDS = frozenset(["unit", "contract", "model", "service", "bench", "page", "pbx", "vllm", "gpu"])
# With CI=true a skipped test fails, except these; each with the reason why it may.
SKIPS_IN_CI = {
    "tests/unit/test_compose.py::test_docker_compose_accepts_the_files": (
        "a runner that is itself a container has no Docker; the other tests there read the files"
    ),
}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """`-m unit` reads no file that names no unit test: importing the others' clients and servers
    takes longer than the unit tests themselves."""
    if config.option.markexpr != "unit":
        return None
    if collection_path.is_dir():
        return not any(map(_names_unit, collection_path.rglob("test_*.py"))) or None
    return (collection_path.match("test_*.py") and not _names_unit(collection_path)) or None


def _names_unit(path: Path) -> bool:
    return "mark.unit" in path.read_text("utf-8")


@pytest.hookimpl(tryfirst=True)  # before `-m` takes tests away
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test is of a kind, and `-m unit` finds the unit tests."""
    marks = {item: {mark.name for mark in item.iter_markers()} for item in items}
    unmarked = [item.nodeid for item, of_item in marks.items() if not of_item & KINDS]
    if unmarked:
        raise pytest.UsageError(f"mark each test as one of {sorted(KINDS)}: {', '.join(unmarked)}")
    unseen = {item.path for item in items if "unit" in marks[item] and not _names_unit(item.path)}
    if unseen:
        names = ", ".join(sorted(path.name for path in unseen))
        raise pytest.UsageError(f"`-m unit` reads only files that name `mark.unit`: {names}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if not hasattr(report, "wasxfail") and item.nodeid.partition("[")[0] not in SKIPS_IN_CI:
        _fail_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_skipped(report)
    return report


def _fail_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.longrepr = f"{report.nodeid} may not be skipped in CI (see SKIPS_IN_CI): {reason}"


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
