"""A service without keys answers its own page and programs, and no site that a browser has open."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketDenialResponse

from tests.contract.scripted import audio, client_of

pytestmark = pytest.mark.contract

OWN = ("127.0.0.1", "127.0.0.1:8000", "localhost:8000", "LOCALHOST", "localhost.", "[::1]:8000")
REBOUND = (
    "evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", "",
    "127.0.0.1@evil.example", "10.0.0.5:8000", "[fe80::1]", "[::1", "evil.example#127.0.0.1",
)  # fmt: skip
FOREIGN = (
    {"origin": "http://evil.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:3000"},
    {"origin": "https://127.0.0.1"},
    {"origin": "http://127.0.0.1", "sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
)
PAGE = {"file": ("evil.md", b"# Pay\n\nPay to the card of the villain.")}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with client_of(tmp_path) as client:
        yield client


@pytest.mark.parametrize("host", OWN)
def test_a_loopback_name_is_answered(client: TestClient, host: str) -> None:
    assert client.get("/v1/conversations", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", REBOUND)
@pytest.mark.parametrize("path", ["/", "/v1/conversations", "/v1/documents", "/healthz"])
def test_a_rebound_name_reads_nothing(client: TestClient, host: str, path: str) -> None:
    answer = client.get(path, headers={"host": host})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "foreign_host"


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_site_writes_nothing(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/v1/documents", files=PAGE, headers=headers).status_code == 403
    assert client.post("/v1/talk", files=audio(), headers=headers).status_code == 403
    assert client.post("/v1/search", json={"query": "x"}, headers=headers).status_code == 403
    assert client.delete("/v1/conversations/x", headers=headers).status_code == 403
    assert client.get("/v1/documents").json()["data"] == []


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_site_opens_no_socket(client: TestClient, headers: dict[str, str]) -> None:
    with (
        pytest.raises(WebSocketDenialResponse) as denied,
        client.websocket_connect("ws://127.0.0.1/v1/realtime", headers=headers),
    ):
        pass
    assert denied.value.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://127.0.0.1"},
        {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
    ],
)
def test_the_own_page_and_programs_may_do_all(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/v1/documents", files=PAGE, headers=headers).status_code == 201


def test_links_from_elsewhere_still_open_the_page(client: TestClient) -> None:
    assert client.get("/", headers={"sec-fetch-site": "cross-site"}).status_code == 200


def test_with_keys_any_name_is_answered(tmp_path: Path) -> None:
    with client_of(tmp_path, api_keys="secret") as client:
        headers = {"host": "beseda.example", "authorization": "Bearer secret"}
        headers["origin"] = "https://beseda.example"
        assert client.post("/v1/documents", files=PAGE, headers=headers).status_code == 201
