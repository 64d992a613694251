"""Vonage: its signature, its answer to a call (NCCO), its WebSocket, and its orders.

Binary messages are 20 ms of 16-bit PCM; text messages are JSON, `event`s from Vonage and `action`s
for it. It queues what it gets, tells by `notify` what it has played, and forgets it at `clear`.

https://developer.vonage.com/en/voice/voice-api/concepts/websockets
https://developer.vonage.com/en/getting-started/concepts/webhooks#validating-signed-webhooks
"""

import asyncio
import hashlib
import hmac
import json
import re
import time
import uuid
from collections.abc import AsyncGenerator, Callable
from typing import Any, Self

from fastapi import Response
from fastapi.responses import JSONResponse

from api.actions.control import CannotDo, Control
from api.telephony.bridge import Disconnected, Transport
from api.telephony.carriers import FRESH_S, Asked, CarrierCall, Leg, Refused, Rest, number
from api.telephony.chan_websocket import slin_decode
from api.telephony.media_stream import START_WITHIN_S, parse
from api.telephony.playback_marks import Marks
from api.telephony.sockets import Socket
from dialog.audio.pcm import pcm16
from dialog.messages import KEYS, CallerAudio, Inbound, KeyPressed, Played, Samples

API = "https://api.nexmo.com/v1/"
FORM = "audio/l16;rate=16000"
RATES_HZ = (8_000, 16_000, 24_000)


class Vonage:
    """See `Carrier`. Without `application` and `private_key` (PEM) no order can be given."""

    def __init__(
        self,
        secret: str,
        application: str | None,
        private_key: str | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._secret = secret
        self._application = application
        self._private_key = private_key
        self._clock = clock

    def admitted(self, asked: Asked) -> tuple[str, Leg]:
        """A JWT in `Authorization`: HS256, of about now, with the hash of the body."""
        import jwt

        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            # Times are judged below, by our clock.
            claims = jwt.decode(
                token, self._secret, algorithms=["HS256"],
                options={"require": ["iat", "jti"], "verify_iat": False, "verify_aud": False},
            )  # fmt: skip
            issued_s, name = float(claims["iat"]), str(claims["jti"])
        except (jwt.InvalidTokenError, ValueError, TypeError):
            raise Refused("Vonage has not signed this request") from None
        if abs(self._clock() - issued_s) > FRESH_S:
            raise Refused("Vonage signed this request too long ago")
        digest = hashlib.sha256(asked.body).hexdigest()
        if asked.body and not hmac.compare_digest(str(claims.get("payload_hash")), digest):
            raise Refused("Vonage has signed another body")
        told = parse(asked.body) if asked.body else asked.query
        return name, Leg(str(told.get("uuid", "")), str(told.get("from", "")),
                         str(told.get("to", "")))  # fmt: skip

    def connecting(self, stream: str) -> Response:
        """An NCCO: connect the call with a WebSocket; when that ends, so does the call."""
        endpoint = {"type": "websocket", "uri": stream, "content-type": FORM, "headers": {}}
        return JSONResponse([{"action": "connect", "endpoint": [endpoint]}])

    def may_open(self, asked: Asked) -> bool:  # noqa: ARG002
        """Handshakes are not signed: the ticket must do."""
        return True

    async def line(self, socket: Socket, leg: Leg) -> tuple[Transport, Control]:
        """Vonage's own socket."""
        return await VonageSocket.accept(socket), VonageCall(self.rest(), leg)

    def rest(self) -> Rest:
        return Rest(API, self._auth)

    def _auth(self) -> dict[str, str]:
        import jwt

        if self._application is None or self._private_key is None:
            raise CannotDo("BESEDA_VONAGE_APPLICATION_ID or its private key is not set")
        now_s = int(self._clock())
        claims = {"application_id": self._application, "iat": now_s, "exp": now_s + 60,
                  "jti": str(uuid.uuid4())}  # fmt: skip
        try:
            token = jwt.encode(claims, self._private_key, algorithm="RS256")
        except (jwt.PyJWTError, ValueError, TypeError):
            raise CannotDo("BESEDA_VONAGE_PRIVATE_KEY_FILE holds no RSA key") from None
        return {"Authorization": f"Bearer {token}"}


class VonageSocket:
    """One call's socket: a `Transport`. Make it with `begun`."""

    lead_s = 0.2
    comfort = False  # Vonage fills pauses itself

    def __init__(self, socket: Socket, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self._socket = socket
        self._marks = Marks()

    @classmethod
    async def accept(cls, socket: Socket) -> Self:
        """The socket, once Vonage has said what comes; raises Disconnected for anything else."""
        try:
            async with asyncio.timeout(START_WITHIN_S):
                event = parse(await socket.receive())
        except TimeoutError:
            raise Disconnected("no stream began") from None
        form = re.fullmatch(r"audio/l16; ?rate=(\d{4,6})", str(event.get("content-type")))
        if event.get("event") != "websocket:connected" or form is None:
            raise Disconnected("a stream begins with `websocket:connected` and audio/l16")
        if int(form[1]) not in RATES_HZ:
            raise Disconnected(f"the stream is at {form[1]} Hz, and not at one of {RATES_HZ}")
        return cls(socket, int(form[1]))

    async def heard(self) -> AsyncGenerator[Inbound]:
        """Sound, digits and what has been played, until Vonage closes the socket."""
        while True:
            try:
                got = await self._socket.receive()
            except Disconnected:
                return
            message = self._sound(got) if isinstance(got, bytes) else self._event(parse(got))
            if message is not None:
                yield message

    async def send(self, frame: Samples) -> None:
        """Give Vonage 20 ms of sound."""
        await self._socket.send(pcm16(frame))

    async def mark(self, played: Played) -> bool:
        """Vonage gives the notice back when it has played what was sent before it."""
        self._marks.sent(played)
        payload = {"turn": played.turn, "samples": played.samples}
        await self._act("notify", payload=payload)
        return True

    async def clear(self) -> None:
        """Empty Vonage's queue. The notices in it are worth nothing from now on."""
        self._marks.clear()
        await self._act("clear")

    async def hang_up(self) -> None:
        """Close the socket, and the call with it."""
        await self._socket.close()

    async def _act(self, action: str, **fields: Any) -> None:
        await self._socket.send(json.dumps({"action": action, **fields}))

    def _sound(self, data: bytes) -> Inbound | None:
        samples = slin_decode(data)
        return CallerAudio(samples, self.rate_hz) if len(samples) else None

    def _event(self, event: dict[str, Any]) -> Inbound | None:
        match event:
            case {"event": "websocket:dtmf", "digit": digit}:
                key = str(digit).upper()
                return KeyPressed(key) if key in KEYS else None
            case {"event": "websocket:notify", "payload": {"turn": int(turn), "samples": int(n)}}:
                return self._marks.back(turn, n)
        return None


class VonageCall(CarrierCall):
    """A `Control`."""

    async def transfer(self, to: str | None) -> None:
        """The call goes on with another NCCO; our socket ends by it."""
        endpoint = {"type": "phone", "number": number(to).removeprefix("+")}
        ncco = [{"action": "connect", "endpoint": [endpoint]}]
        destination = {"type": "ncco", "ncco": ncco}
        await self._update(action="transfer", destination=destination)

    async def hang_up(self) -> None:
        """End the call."""
        await self._update(action="hangup")

    async def text(self, text: str) -> None:
        """An SMS from the number that was called."""
        message = {"message_type": "text", "channel": "sms", "to": self._leg.caller,
                   "from": self._leg.called, "text": text}  # fmt: skip
        await self._rest.order("POST", "messages", json=message)

    async def _update(self, **changes: Any) -> None:
        await self._rest.order("PUT", f"calls/{self._leg.call}", json=changes)
