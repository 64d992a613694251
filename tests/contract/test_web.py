"""The page as it is served: open to all, of the right types, self-contained, in two languages."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.http.routes.web import TYPES, WEB
from tests.contract.scripted import client_of

pytestmark = pytest.mark.contract

INDEX = (WEB / "index.html").read_text(encoding="utf-8")
SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in WEB.glob("*.js")}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with client_of(tmp_path_factory.mktemp("home"), api_keys="secret") as client:
        yield client


class Elements(HTMLParser):
    """Every element with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements() -> list[tuple[str, dict[str, str | None]]]:
    parser = Elements()
    parser.feed(INDEX)
    return parser.found


def strings(language: str) -> set[str]:
    block = re.search(rf"^  {language}: {{(.*?)^  }},", SCRIPTS["strings.js"], re.S | re.M)
    assert block
    return set(re.findall(r"(?:^|[,{]\s)\s*(\w+): [\[\"]", block[1], re.M))


def test_the_page_opens_without_a_key_and_the_data_does_not(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert client.get("/v1/documents").status_code == 401
    assert client.get("/web/../v1/documents").status_code == 401


@pytest.mark.parametrize(
    "name", sorted(str(p.relative_to(WEB)) for p in WEB.rglob("*") if p.is_file())
)
def test_every_file_is_served_with_its_type_and_policy(client: TestClient, name: str) -> None:
    response = client.get(f"/web/{name}")
    assert response.status_code == 200
    assert response.headers["content-type"] == TYPES[Path(name).suffix]
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "unsafe" not in response.headers["content-security-policy"]
    again = client.get(f"/web/{name}", headers={"if-none-match": response.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["none.js", "../settings.py", "%2e%2e/settings.py", "fonts"])
def test_nothing_else_is_served(client: TestClient, name: str) -> None:
    assert client.get(f"/web/{name}").status_code in (401, 404)


def test_the_page_loads_only_its_own_files() -> None:
    for tag, attributes in elements():
        link = attributes.get("src") or (attributes.get("href") if tag == "link" else None)
        if link:
            assert (WEB.parent / link).is_file(), link
        assert tag != "style" and "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        assert tag != "script" or attributes.get("src")
    for name, script in SCRIPTS.items():
        for imported in re.findall(r'from "\./([^"]+)"', script):
            assert imported in SCRIPTS, f"{name} imports {imported}"
    for sheet in WEB.glob("*.css"):
        for url in re.findall(r'url\("([^"]+)"\)', sheet.read_text(encoding="utf-8")):
            assert (WEB / url).is_file(), url


def test_both_languages_say_everything() -> None:
    assert strings("ru") == strings("en")
    asked = {value for _, attributes in elements() for name, value in attributes.items()
             if name.startswith("data-t") and value}  # fmt: skip
    for script in SCRIPTS.values():
        asked |= set(re.findall(r'\bt\("(\w+)"', script))
    assert asked <= strings("ru"), asked - strings("ru")


def test_every_control_has_a_name() -> None:
    for tag, attributes in elements():
        if tag == "button" and "icon" in (attributes.get("class") or ""):
            assert "data-t-label" in attributes, attributes
    labelled = {attributes.get("for") for tag, attributes in elements() if tag == "label"}
    assert {"question", "key"} <= labelled


def test_scripts_ask_for_elements_that_are_there() -> None:
    tags = {attributes["id"]: tag for tag, attributes in elements() if "id" in attributes}
    kinds = {"TextArea": "textarea"}  # the others are named like their tags
    asked = [
        (name, *found)
        for name, script in SCRIPTS.items()
        for found in re.findall(r'\$\("([\w-]+)"(?:, HTML(\w+)Element)?\)', script)
    ]
    assert len(asked) > 50
    for name, wanted, kind in asked:
        assert wanted in tags, f"{name} asks for {wanted}"
        assert not kind or tags[wanted] == kinds.get(kind, kind.lower()), f"{name}: {wanted}"
