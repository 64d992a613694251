"""Routes of what is kept: documents with their tags, conversations with their recordings."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.contract.scripted import PAGE, audio, client_of, error_of

pytestmark = pytest.mark.contract


def test_a_conversation_is_deleted_with_its_recording(tmp_path: Path) -> None:
    with client_of(tmp_path) as client:
        talked = client.post("/v1/talk", json={"text": "Сколько стоит доставка?", "audio": False})
        name = talked.json()["conversation_id"]
        path = f"/v1/conversations/{name}"
        assert client.get(path).json()["recording"] is None
        assert client.get(f"{path}/recording").status_code == 404
        (tmp_path / "recordings").mkdir()
        (tmp_path / "recordings" / f"{name}.opus").write_bytes(b"OggS")
        told = client.get(path).json()["recording"]
        assert (told["bytes"], told["url"]) == (4, f"{path}/recording")
        assert client.get("/v1/conversations").json()["data"][0]["recorded"]
        sound = client.get(told["url"])
        assert (sound.content, sound.headers["content-type"]) == (b"OggS", "audio/ogg")
        assert client.delete(path).status_code == 204
        assert client.get(path).status_code == client.delete(path).status_code == 404
        assert not list((tmp_path / "recordings").iterdir())


def test_documents_come_and_go(fresh: TestClient) -> None:
    listed = fresh.get("/v1/documents").json()["data"]
    assert [document["id"] for document in listed] == ["delivery.md"]
    again = fresh.post("/v1/documents", files={"file": ("delivery.md", PAGE.encode())})
    assert again.status_code == 200, "unchanged"
    changed = PAGE.replace("300", "400").encode()
    assert fresh.post("/v1/documents", files={"file": ("delivery.md", changed)}).is_success
    hits = fresh.post("/v1/search", json={"query": "доставка роутера", "top": 3}).json()["hits"]
    assert "400" in hits[0]["text"]
    assert fresh.delete("/v1/documents/delivery.md").json()["deleted"]
    assert fresh.delete("/v1/documents/delivery.md").status_code == 404
    assert fresh.post("/v1/search", json={"query": "доставка"}).json()["hits"] == []


def test_tags_mark_documents_and_filter_them(fresh: TestClient) -> None:
    page = PAGE.replace("300", "500").encode()
    sent = {"file": ("business.md", page)}
    assert fresh.post("/v1/documents", files=sent, data={"tag": ["b2b", "prices"]}).is_success
    listed = fresh.get("/v1/documents", params={"tag": "b2b"}).json()["data"]
    assert [(one["id"], one["tags"]) for one in listed] == [("business.md", ["b2b", "prices"])]
    assert len(fresh.get("/v1/documents").json()["data"]) == 2
    question = {"query": "доставка роутера"}
    tagged = fresh.post("/v1/search", json={**question, "tags": ["prices", "other"]}).json()
    assert [hit["id"] for hit in tagged["hits"]] == ["business.md"]
    assert len(fresh.post("/v1/search", json=question).json()["hits"]) == 2
    none = fresh.post("/v1/search", json={**question, "tags": ["other"]}).json()
    assert none["hits"] == []
    wrong = fresh.post("/v1/search", json={**question, "tags": [""]})
    assert wrong.status_code in {400, 422}
    assert fresh.post("/v1/documents", files=sent).status_code == 201, "the tags are replaced, too"
    assert fresh.get("/v1/documents", params={"tag": "b2b"}).json()["data"] == []


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.md", b""), ("a.html", b""), ("a.xyz", b"?")],  # the rest: contract/test_bad_documents
)
def test_unusable_documents_are_refused_whole(client: TestClient, name: str, data: bytes) -> None:
    response = client.post("/v1/documents", files={"file": (name, data)})
    assert 400 <= response.status_code < 500, response.text
    error_of(response.json())
    assert client.get("/v1/documents").json()["data"] == []


def test_exchanges_are_kept(fresh: TestClient) -> None:
    first = fresh.post("/v1/talk", files=audio()).json()
    named = {"text": "А сколько стоит доставка?", "conversation_id": first["conversation_id"]}
    fresh.post("/v1/talk", json=named)
    listed = fresh.get("/v1/conversations").json()["data"]
    assert [(item["id"], item["turns"]) for item in listed] == [(first["conversation_id"], 2)]
    assert listed[0]["title"] == first["transcript"]
    kept = fresh.get(f"/v1/conversations/{first['conversation_id']}").json()["turns"]
    assert kept[0]["question"] == first["transcript"]
    assert kept[0]["words"][0]["word"] == "Сколько"
    assert kept[0]["sources"] == first["sources"]
    assert kept[0]["timings_ms"] == first["timings_ms"]
    assert fresh.get("/v1/conversations/none").status_code == 404
