"""Cloud carriers: who may call us, what we answer, and what is ordered of them over REST."""

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode
from xml.etree import ElementTree

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from api.actions.control import CannotDo, Control
from api.settings import Settings
from api.telephony import twilio
from api.telephony.carriers import Leg, Rest, Tickets
from api.telephony.phone import actions
from api.telephony.telnyx import Telnyx, TelnyxCall
from api.telephony.twilio import TwilioCall, signature
from api.telephony.vonage import Vonage, VonageCall
from dialog.errors import BadInput
from tests.contract.scripted import client_of

pytestmark = pytest.mark.contract

URL = "https://calls.example.ru"
FORM = {"CallSid": "CA1", "AccountSid": "AC1", "From": "+79990000001", "To": "+79990000002"}
SECRET = "a secret of Vonage's, thirty-two letters at least"
KEY = Ed25519PrivateKey.generate()
PUBLIC = base64.b64encode(
    KEY.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
).decode()
ASKED = {"from": "79990000001", "to": "79990000002", "uuid": "u-1", "conversation_uuid": "CON-1"}

# ---- webhooks


def settings() -> dict[str, object]:
    return {"public_url": URL, "twilio_auth_token": "12345", "telnyx_public_key": PUBLIC,
            "vonage_signature_secret": SECRET, "api_keys": "key"}  # fmt: skip


def by_twilio(client: TestClient, token: str = "12345", **changes: str) -> Any:
    path = "/v1/phone/twilio"
    signed = {"X-Twilio-Signature": signature(token, URL + path, FORM)}
    return client.post(path, data={**FORM, **changes}, headers=signed)


def by_telnyx(
    client: TestClient, age_s: float = 0, key: Ed25519PrivateKey = KEY, tail: bytes = b""
) -> Any:
    body = urlencode(FORM).encode()
    stamp = str(int(time.time() - age_s))
    given = base64.b64encode(key.sign(stamp.encode() + b"|" + body)).decode()
    headers = {"telnyx-signature-ed25519": given, "telnyx-timestamp": stamp,
               "content-type": "application/x-www-form-urlencoded"}  # fmt: skip
    return client.post("/v1/phone/telnyx", content=body + tail, headers=headers)


def by_vonage(
    client: TestClient, age_s: float = 0, secret: str = SECRET, tail: bytes = b"", **more: Any
) -> Any:
    body = json.dumps(ASKED).encode()
    claims = {"iat": int(time.time() - age_s), "jti": str(uuid.uuid4()), "iss": "Vonage",
              "payload_hash": hashlib.sha256(body).hexdigest(), **more}  # fmt: skip
    token = jwt.encode(claims, secret, algorithm="HS256")
    headers = {"Authorization": f"Bearer {token}", "content-type": "application/json"}
    return client.post("/v1/phone/vonage", content=body + tail, headers=headers)


@pytest.fixture
def client(tmp_path: Path) -> Any:
    with client_of(tmp_path, **settings()) as client:
        yield client


def stream_of(answer: Any) -> str:
    """The path of the stream that an answer names."""
    assert answer.status_code == 200, answer.text
    if answer.headers["content-type"] == "application/json":
        uri = str(answer.json()[0]["endpoint"][0]["uri"])
    else:
        stream = ElementTree.fromstring(answer.text).find("Connect/Stream")
        assert stream is not None
        uri = stream.attrib["url"]
    assert uri.startswith("wss://calls.example.ru/v1/phone/")
    return uri.removeprefix("wss://calls.example.ru")


def test_the_signature_is_that_of_twilio_s_manual() -> None:
    form = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234",
            "From": "+14158675309", "To": "+18005551212"}  # fmt: skip
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signature("12345", url, form) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@pytest.mark.parametrize("asks", [by_twilio, by_telnyx, by_vonage])
def test_a_signed_call_is_answered_with_a_stream_of_its_own(
    client: TestClient, asks: Callable[..., Any]
) -> None:
    path = stream_of(asks(client))
    signed = {"X-Twilio-Signature": signature("12345", f"wss{URL[5:]}{path}", {})}
    with client.websocket_connect(path, headers=signed) as socket:
        socket.send_text("junk")  # it was accepted: now it is closed as no stream
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()
    for spent in (path, path[:-1]):
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(spent, headers=signed):
            pass


def test_vonage_may_ask_by_get_as_well(client: TestClient) -> None:
    claims = {"iat": int(time.time()), "jti": "j", "iss": "Vonage"}
    token = jwt.encode(claims, SECRET, algorithm="HS256")
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.get("/v1/phone/vonage", params=ASKED, headers=headers)
    endpoint = answer.json()[0]["endpoint"][0]
    assert endpoint["content-type"] == "audio/l16;rate=16000"
    assert client.post("/v1/phone/vonage/events", json={}).status_code == 204


OTHER = Ed25519PrivateKey.generate()


@pytest.mark.parametrize(
    "forged",
    [
        lambda client: by_twilio(client, From="+1"),
        lambda client: by_twilio(client, token="54321"),
        lambda client: client.post("/v1/phone/twilio", data=FORM),
        lambda client: by_telnyx(client, key=OTHER),
        lambda client: by_telnyx(client, tail=b"&From=1"),
        lambda client: by_telnyx(client, age_s=400),
        lambda client: by_telnyx(client, age_s=-400),
        lambda client: client.post("/v1/phone/telnyx", data=FORM),
        lambda client: by_vonage(client, secret="x" * 40),
        lambda client: by_vonage(client, tail=b" "),
        lambda client: by_vonage(client, age_s=400),
        lambda client: by_vonage(client, age_s=-400),
        lambda client: by_vonage(client, iat="soon"),
        lambda client: by_vonage(client, payload_hash=None),
        lambda client: client.get("/v1/phone/vonage", params=ASKED),
    ],
)
def test_what_is_forged_or_old_gets_403(
    client: TestClient, forged: Callable[[TestClient], Any]
) -> None:
    answer = forged(client)
    assert answer.status_code == 403
    assert "7999" not in answer.text


def test_a_webhook_that_comes_again_opens_no_other_call(client: TestClient) -> None:
    first = by_telnyx(client)
    again = client.post("/v1/phone/telnyx", content=first.request.content,
                        headers=dict(first.request.headers))  # fmt: skip
    assert stream_of(first) == stream_of(again)


def test_tickets_grow_old_and_are_bounded() -> None:
    now = [0.0]
    tickets = Tickets(lambda: now[0])
    old = tickets.issue("a", Leg("1", "", ""))
    now[0] = 61.0
    assert tickets.redeem(old) is None
    assert tickets.issue("a", Leg("1", "", "")) == old, "its copy gets nothing better"
    now[0] = 10_000.0
    assert tickets.issue("a", Leg("1", "", "")) != old


def test_without_its_settings_there_is_no_carrier(tmp_path: Path) -> None:
    with client_of(tmp_path) as client:
        for carrier in ("twilio", "telnyx", "vonage", "nobody"):
            assert client.post(f"/v1/phone/{carrier}", data=FORM).status_code == 404


def test_a_text_needs_somebody_who_sends_it(tmp_path: Path) -> None:
    book = tmp_path / "actions.yaml"
    book.write_text("actions: {sms: {do: text, text: Адрес}}", encoding="utf-8")
    with pytest.raises(BadInput, match="sms: no carrier"):
        actions(Settings(home=tmp_path, actions=book))
    signing = {"twilio_auth_token": "12345", "public_url": URL}
    assert actions(Settings.model_validate({"home": tmp_path, "actions": book, **signing}))


def test_a_key_that_is_none_is_told_at_the_start() -> None:
    for key in ("", "?", base64.b64encode(b"short").decode()):
        with pytest.raises(BadInput, match="TELNYX_PUBLIC_KEY"):
            Telnyx(key, None)


# ---- orders

LEG = Leg("call-1", "+79990000001", "+79990000002", "AC1")


def pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(
        serialization.Encoding.PEM, form, serialization.NoEncryption()
    ).decode()


def orders(carrier: str, answer: httpx.Response) -> tuple[Control, list[httpx.Request]]:
    sent: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return answer

    def through(rest: Rest) -> Rest:
        return Rest(rest.base_url, rest.auth, httpx.MockTransport(handle))

    if carrier == "twilio":
        return TwilioCall(through(twilio.Twilio("12345").rest(LEG)), LEG), sent
    if carrier == "telnyx":
        return TelnyxCall(through(Telnyx(PUBLIC, "KEY").rest()), LEG), sent
    return VonageCall(through(Vonage(SECRET, "app-1", pem()).rest()), LEG), sent


def told(request: httpx.Request) -> tuple[str, str, Any]:
    form = "urlencoded" in request.headers["content-type"]
    text = request.content.decode()
    body = {k: v[0] for k, v in parse_qs(text).items()} if form else json.loads(text)
    return request.method, str(request.url), body


NCCO = [{"action": "connect", "endpoint": [{"type": "phone", "number": "74950000000"}]}]
EXPECTED: dict[str, list[tuple[str, str, Any]]] = {
    "twilio": [
        ("POST", "https://api.twilio.com/2010-04-01/Accounts/AC1/Calls/call-1.json",
         {"Twiml": "<Response><Dial>+74950000000</Dial></Response>"}),
        ("POST", "https://api.twilio.com/2010-04-01/Accounts/AC1/Calls/call-1.json",
         {"Status": "completed"}),
        ("POST", "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json",
         {"To": LEG.caller, "From": LEG.called, "Body": "Адрес"}),
    ],
    "telnyx": [
        ("POST", "https://api.telnyx.com/v2/calls/call-1/actions/transfer", {"to": "+74950000000"}),
        ("POST", "https://api.telnyx.com/v2/calls/call-1/actions/hangup", {}),
        ("POST", "https://api.telnyx.com/v2/messages",
         {"to": LEG.caller, "from": LEG.called, "text": "Адрес"}),
    ],
    "vonage": [
        ("PUT", "https://api.nexmo.com/v1/calls/call-1",
         {"action": "transfer", "destination": {"type": "ncco", "ncco": NCCO}}),
        ("PUT", "https://api.nexmo.com/v1/calls/call-1", {"action": "hangup"}),
        ("POST", "https://api.nexmo.com/v1/messages",
         {"message_type": "text", "channel": "sms", "to": LEG.caller, "from": LEG.called,
          "text": "Адрес"}),
    ],
}  # fmt: skip


@pytest.mark.anyio
@pytest.mark.parametrize("carrier", EXPECTED)
async def test_a_carrier_is_ordered_in_its_own_words(carrier: str) -> None:
    control, sent = orders(carrier, httpx.Response(200))
    await control.transfer("+74950000000")
    await control.hang_up()
    await control.text("Адрес")
    assert [told(request) for request in sent] == EXPECTED[carrier]
    assert all(request.headers["authorization"] for request in sent)
    assert await control.caller() == LEG.caller
    with pytest.raises(CannotDo, match="number"):
        await control.transfer(None)


@pytest.mark.anyio
@pytest.mark.parametrize("carrier", EXPECTED)
async def test_a_carrier_that_refuses_is_named_and_nobody_else(carrier: str) -> None:
    control, _ = orders(carrier, httpx.Response(500, text=LEG.caller))
    with pytest.raises(CannotDo, match="500") as error:
        await control.hang_up()
    assert "7999" not in str(error.value)


@pytest.mark.anyio
async def test_orders_need_their_keys() -> None:
    with pytest.raises(CannotDo, match="TELNYX_API_KEY"):
        await TelnyxCall(Telnyx(PUBLIC, None).rest(), LEG).hang_up()
    for application, key, missing in ((None, None, "APPLICATION_ID"), ("a", "junk", "RSA")):
        with pytest.raises(CannotDo, match=missing):
            await VonageCall(Vonage(SECRET, application, key).rest(), LEG).hang_up()
