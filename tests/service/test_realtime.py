"""`WS /v1/realtime` of the real service, by the stock `openai` client and by ill-behaved ones."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import pytest
from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.service.realtime_client import events, question, say, spoken_s
from tests.service.serving import SAMPLES, Running, serving

pytestmark = [pytest.mark.service, pytest.mark.model, pytest.mark.anyio]

LINES = 4


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home"), max_calls=str(LINES)) as running:
        running.beseda("ingest", str(SAMPLES / "knowledge"))
        yield running


@asynccontextmanager
async def session(service: Running, **options: Any) -> AsyncIterator[AsyncRealtimeConnection]:
    """A session of the stock client, configured as given."""
    client = AsyncOpenAI(base_url=f"{service.url}/v1", api_key="none")
    async with client.realtime.connect(model="beseda") as connection:
        await events(connection, "session.created")
        if options:
            change: Any = {"type": "realtime", **options}
            await connection.session.update(session=change)
            await events(connection, "session.updated")
        yield connection


def raw(service: Running, **options: Any) -> connect:
    return connect(service.url.replace("http", "ws") + "/v1/realtime", **options)


async def ask(connection: AsyncRealtimeConnection, text: str) -> None:
    part: Any = {"type": "input_text", "text": text}
    await connection.conversation.item.create(
        item={"type": "message", "role": "user", "content": [part]}
    )
    await connection.response.create()


async def all_lines_are_free(service: Running, within_s: float = 20) -> None:
    """Whatever happened, as many can call as ever; a line is given back within moments."""
    async with asyncio.timeout(within_s), AsyncExitStack() as stack:
        held = 0
        while held < LINES:
            socket = await raw(service)
            if json.loads(await socket.recv())["type"] == "session.created":
                stack.push_async_callback(socket.close)
                held += 1
            else:
                await socket.close()


async def test_a_typed_question_is_answered_in_text_and_sound(service: Running) -> None:
    async with session(service) as connection:
        await ask(connection, "Сколько стоит вызов мастера?")
        found = await events(connection, "response.done")
        done = found[-1].response
        assert done.status == "completed"
        assert "500" in done.output[0].content[0].transcript
        assert spoken_s(found) > 2.0
        assert done.beseda["sources"], "the answer names its source"
        kept = service.client.get(f"/v1/conversations/{done.conversation_id}")
    del kept


async def test_a_spoken_question_is_answered_aloud(service: Running) -> None:
    async with session(service) as connection:
        await say(connection, question("q3.wav"))
        found = await events(connection, "response.done")
    names = [one.type for one in found]
    assert "input_audio_buffer.speech_started" in names
    (heard,) = [one for one in found if one.type.endswith("transcription.completed")]
    assert "офис" in heard.transcript.lower()
    assert "10" in found[-1].response.output[0].content[0].transcript
    assert spoken_s(found) > 2.0


@pytest.mark.parametrize(
    ("into", "out"), [("audio/pcmu", "audio/pcma"), ("audio/pcma", "audio/pcmu")]
)
async def test_telephone_formats(service: Running, into: str, out: str) -> None:
    audio = {"input": {"format": {"type": into}}, "output": {"format": {"type": out}}}
    async with session(service, audio=audio) as connection:
        await say(connection, question("q3.wav", into))
        found = await events(connection, "response.done")
    assert "офис" in found[-1].response.output[0].content[0].transcript.lower()
    assert spoken_s(found, out) > 2.0


async def test_a_turn_by_hand(service: Running) -> None:
    audio = {"input": {"turn_detection": None}}
    async with session(service, audio=audio, output_modalities=["text"]) as connection:
        await say(connection, question("q3.wav"))
        await connection.input_audio_buffer.commit()
        found = await events(connection, "conversation.item.input_audio_transcription.completed")
        assert "офис" in found[-1].transcript.lower()
        await connection.response.create()
        found = await events(connection, "response.done")
    assert found[-1].response.output[0].content[0].text
    assert spoken_s(found) == 0.0


async def test_a_call_is_kept_as_a_conversation(service: Running) -> None:
    async with session(service, output_modalities=["text"]) as connection:
        await ask(connection, "Сколько стоит вызов мастера?")
        done = (await events(connection, "response.done"))[-1].response
        await ask(connection, "А во сколько открывается офис на Лесной в субботу?")
        await events(connection, "response.done")
    await all_lines_are_free(service)  # a turn is kept once the call is over, and so is its line
    kept = service.client.get(f"/v1/conversations/{done.conversation_id}").json()
    assert [turn["question"][:7] for turn in kept["turns"]] == ["Сколько", "А во ск"]


async def test_truncation_keeps_what_was_heard(service: Running) -> None:
    async with session(service) as connection:
        await ask(connection, "Сколько стоит вызов мастера?")
        done = (await events(connection, "response.done"))[-1].response
        await connection.conversation.item.truncate(
            item_id=done.output[0].id, content_index=0, audio_end_ms=700
        )
        await events(connection, "conversation.item.truncated")
        await ask(connection, "Во сколько открывается офис на Лесной в субботу?")
        await events(connection, "response.done")
    kept = service.client.get(f"/v1/conversations/{done.conversation_id}").json()["turns"]
    whole = done.output[0].content[0].transcript
    assert len(kept[0]["answer"]) < len(whole) / 2
    assert whole.startswith(kept[0]["answer"])


BAD_FRAMES: list[str | bytes] = [
    "мусор", b"\x00\xff", "[]", '{"type": "nothing.known"}', '{"type": "response.cancel"}',
    '{"type": "input_audio_buffer.append", "audio": "%%"}',
    '{"type": "input_audio_buffer.append", "audio": "' + "A" * 10_000_000 + '"}',
    '{"type": "session.update", "session": {"audio": {"input": {"format": {"type": "audio/pcm",'
    ' "rate": 16000}}}}}',
]  # fmt: skip


async def test_bad_frames_are_errors_and_the_session_lives(service: Running) -> None:
    async with raw(service) as socket:
        assert json.loads(await socket.recv())["type"] == "session.created"
        for frame in BAD_FRAMES:
            await socket.send(frame)
            answer = json.loads(await socket.recv())
            assert answer["type"] == "error", answer
            assert answer["error"]["message"]
        await socket.send('{"type": "session.update", "session": {}}')
        assert json.loads(await socket.recv())["type"] == "session.updated"


async def test_a_frame_past_all_bounds_closes_with_a_clear_code(service: Running) -> None:
    async with raw(service) as socket:
        await socket.recv()
        with pytest.raises(ConnectionClosed) as closed:
            await socket.send("A" * 20_000_000)
            await socket.recv()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009
    await all_lines_are_free(service)


async def test_clients_leave_in_every_state(service: Running) -> None:
    sound = [{"type": "input_audio_buffer.append", "audio": p} for p in question("q3.wav")]
    commit = {"type": "input_audio_buffer.commit"}
    part = {"type": "input_text", "text": "Сколько стоит вызов мастера?"}
    item = {"type": "message", "role": "user", "content": [part]}
    typed: list[dict[str, Any]] = [
        {"type": "conversation.item.create", "item": item},
        {"type": "response.create"},
    ]
    states: list[tuple[list[dict[str, Any]], str]] = [
        ([], ""),
        ([], "session.created"),
        (sound[:1], "session.created"),
        (sound[:12], "input_audio_buffer.speech_started"),
        ([*sound[:20], commit], "input_audio_buffer.committed"),
        (sound, "input_audio_buffer.speech_stopped"),
        (sound, "conversation.item.input_audio_transcription.completed"),
        (typed, "conversation.item.added"),
        (typed, "response.created"),
        (typed, "response.output_audio.delta"),
        (typed, "response.done"),
    ]
    for sent, last in states:
        socket = await raw(service)
        await left_after(socket, sent, last)
    await all_lines_are_free(service)
    assert service.client.get("/readyz").json()["ready"]


async def left_after(socket: ClientConnection, sent: list[dict[str, Any]], last: str) -> None:
    """Send, wait for an event if one is named, and vanish without a goodbye."""
    for one in sent:
        await socket.send(json.dumps(one))
    async with asyncio.timeout(5):
        try:
            while last and json.loads(await socket.recv())["type"] != last:
                pass
        except TimeoutError:
            """A recogniser that detects turns late never says it; leaving here is as good."""
    socket.transport.abort()


async def test_a_hundred_at_once_are_held_or_refused_in_words(service: Running) -> None:
    async def greeting() -> tuple[str, int | None]:
        async with raw(service, open_timeout=60) as socket:
            first = json.loads(await socket.recv())
            if first["type"] == "session.created":
                await asyncio.wait_for(done.wait(), 60)
                return "held", None
            assert first["error"]["code"] == "too_many_sessions"
            assert "busy" in first["error"]["message"]
            refused.release()
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
            return "refused", closed.value.rcvd.code if closed.value.rcvd else None

    done, refused = asyncio.Event(), asyncio.Semaphore(0)
    calls = [asyncio.create_task(greeting()) for _ in range(100)]
    for _ in range(100 - LINES):
        await asyncio.wait_for(refused.acquire(), 60)
    done.set()
    outcomes = await asyncio.gather(*calls)
    assert outcomes.count(("held", None)) == LINES
    assert outcomes.count(("refused", 1013)) == 100 - LINES
    await all_lines_are_free(service)


async def test_a_client_that_stops_reading_is_cut_off(service: Running) -> None:
    socket = await raw(service, max_queue=1)
    await socket.recv()
    frame = json.dumps({"type": "conversation.item.retrieve", "item_id": "x" * 4000})
    with suppress(TimeoutError):
        async with asyncio.timeout(5):
            while True:  # its answers pile up: this client never reads them
                await socket.send(frame)
    await all_lines_are_free(service, within_s=60)
    socket.transport.abort()


async def test_keys_and_certificates(
    service: Running, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cert, key = certificate(tmp_path_factory)
    home = tmp_path_factory.mktemp("keyed")
    with serving(home, "https", api_keys="secret", tls_cert=cert, tls_key=key) as keyed:
        trusted = ssl.create_default_context(cafile=cert)
        url = keyed.url.replace("https", "wss") + "/v1/realtime"
        with pytest.raises(InvalidStatus) as refused:
            await connect(url, ssl=trusted)
        assert refused.value.response.status_code == 401
        assert b"API key" in (refused.value.response.body or b"")
        ways: list[dict[str, Any]] = [
            {"additional_headers": {"Authorization": "Bearer secret"}},
            {"subprotocols": ["realtime", "openai-insecure-api-key.secret"]},
        ]
        for way in ways:
            async with connect(url, ssl=trusted, **way) as socket:
                assert json.loads(await socket.recv())["type"] == "session.created"
    with pytest.raises(InvalidStatus) as foreign:
        await raw(service, origin="https://elsewhere.example")
    assert foreign.value.response.status_code == 403


def certificate(factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate for this machine, made on the spot."""
    import subprocess

    folder = factory.mktemp("tls")
    cert, key = str(folder / "cert.pem"), str(folder / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
         "-addext", "keyUsage=critical,digitalSignature,keyCertSign",
         "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key
