"""Vonage: its signature, its answer to a call (NCCO), its WebSocket, and its orders.

Binary messages are 20 ms of 16-bit PCM; text messages are JSON, `event`s from Vonage and `action`s
for it. It queues what it gets, tells by `notify` what it has played, and forgets it at `clear`.

https://developer.vonage.com/en/voice/voice-api/concepts/websockets
https://developer.vonage.com/en/getting-started/concepts/webhooks#validating-signed-webhooks
"""

import hashlib
import hmac
import json
import re
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Self

from fastapi import Response
from fastapi.responses import JSONResponse

from api.actions.control import CannotDo, Control
from api.telephony.bridge import Disconnected, Transport
from api.telephony.carriers import FRESH_S, Asked, CarrierCall, Leg, Refused, Rest, number
from api.telephony.queued_websocket import QueuedWebSocket, first, json_object
from api.telephony.sockets import Socket
from dialog.audio.wire_format import linear
from dialog.keypad import pressed
from dialog.messages import Inbound, Played

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
        told = json_object(asked.body) if asked.body else asked.query
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


class VonageSocket(QueuedWebSocket):
    """One call's socket. Make it with `accept`."""

    @classmethod
    async def accept(cls, socket: Socket) -> Self:
        """The socket, once Vonage has said what comes; raises Disconnected for anything else."""
        event = json_object(await first(socket.receive()))
        form = re.fullmatch(r"audio/l16; ?rate=(\d{4,6})", str(event.get("content-type")))
        if event.get("event") != "websocket:connected" or form is None:
            raise Disconnected("a stream begins with `websocket:connected` and audio/l16")
        if int(form[1]) not in RATES_HZ:
            raise Disconnected(f"the stream is at {form[1]} Hz, and not at one of {RATES_HZ}")
        return cls(socket, linear(int(form[1])))

    def parse(self, message: str | bytes) -> Sequence[Inbound]:
        """Sound in bytes; keys and notices as events."""
        if isinstance(message, bytes):
            return self._caller_audio(message)
        match json_object(message):
            case {"event": "websocket:dtmf", "digit": digit}:
                return pressed(digit)
            case {"event": "websocket:notify", "payload": {"turn": int(turn), "samples": int(n)}}:
                return [Played(turn, n)]
        return []

    def mark_command(self, played: Played) -> str:
        """Vonage gives the notice back when it has played what was sent before it."""
        payload = {"turn": played.turn, "samples": played.samples}
        return json.dumps({"action": "notify", "payload": payload})

    def clear_command(self) -> str:
        """Vonage empties its queue."""
        return json.dumps({"action": "clear"})


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
