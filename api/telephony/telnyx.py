"""Telnyx: its signature, its answer to a call (TeXML), and its orders.

https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks (Ed25519)
https://developers.telnyx.com/docs/voice/programmable-voice/texml-verbs/stream
"""

import base64
import binascii
import time
from collections.abc import Callable
from dataclasses import replace
from xml.sax.saxutils import quoteattr

from fastapi import Response

from api.actions.control import CannotDo, Control
from api.telephony.bridge import Transport
from api.telephony.carriers import FRESH_S, Asked, CarrierCall, Leg, Refused, Rest, number
from api.telephony.media_stream import Dialect, MediaStream
from api.telephony.sockets import Socket
from dialog.audio.wire_format import ALAW, MULAW
from dialog.errors import BadInput

API = "https://api.telnyx.com/v2/"
DIALECT = Dialect(
    stream="stream_id", call="call_control_id", form="media_format", rate="sample_rate",
    # What we send is PCMU whatever comes: see `connecting`.
    codecs={"PCMU": MULAW, "PCMA": replace(ALAW, encode=MULAW.encode)}, named=False,
)  # fmt: skip


class Telnyx:
    """See `Carrier`. `public_key` is Mission Control's, base64; raises BadInput for one that is
    none. Without `api_key` no order can be given."""

    def __init__(
        self, public_key: str, api_key: str | None, clock: Callable[[], float] = time.time
    ) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            raw = base64.b64decode(public_key, validate=True)
            self._public_key = Ed25519PublicKey.from_public_bytes(raw)
        except (binascii.Error, ValueError):
            raise BadInput(
                "BESEDA_TELNYX_PUBLIC_KEY is no Ed25519 key: 32 bytes in base64"
            ) from None
        self._api_key = api_key
        self._clock = clock

    def admitted(self, asked: Asked) -> tuple[str, Leg]:
        """Signed is `timestamp|body`, and the time must be about now."""
        from cryptography.exceptions import InvalidSignature

        given = asked.headers.get("telnyx-signature-ed25519", "")
        timestamp = asked.headers.get("telnyx-timestamp", "")
        try:
            signed = timestamp.encode() + b"|" + asked.body
            self._public_key.verify(base64.b64decode(given, validate=True), signed)
        except (InvalidSignature, binascii.Error, ValueError):
            raise Refused("Telnyx has not signed this request") from None
        if not timestamp.isdecimal() or abs(self._clock() - int(timestamp)) > FRESH_S:
            raise Refused("Telnyx signed this request too long ago")
        told = asked.form
        return given, Leg(told.get("CallSid", ""), told.get("From", ""), told.get("To", ""))

    def connecting(self, stream: str) -> Response:
        """TeXML: G.711 both ways."""
        codecs = 'bidirectionalMode="rtp" bidirectionalCodec="PCMU" codec="PCMU"'
        xml = f"<Response><Connect><Stream url={quoteattr(stream)} {codecs}/></Connect></Response>"
        return Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{xml}', media_type="text/xml")

    def may_open(self, asked: Asked) -> bool:  # noqa: ARG002
        """Handshakes are not signed: the ticket must do."""
        return True

    async def line(self, socket: Socket, leg: Leg) -> tuple[Transport, Control]:
        """A media stream, which tells the id by which orders are given."""
        wire = await MediaStream.accept(socket, DIALECT)
        return wire, TelnyxCall(self.rest(), replace(leg, call=wire.call))

    def rest(self) -> Rest:
        return Rest(API, self._auth)

    def _auth(self) -> dict[str, str]:
        if self._api_key is None:
            raise CannotDo("BESEDA_TELNYX_API_KEY is not set")
        return {"Authorization": f"Bearer {self._api_key}"}


class TelnyxCall(CarrierCall):
    """A `Control`."""

    async def transfer(self, to: str | None) -> None:
        """Telnyx rings there, and joins the caller."""
        await self._act("transfer", to=number(to))

    async def hang_up(self) -> None:
        """End the call."""
        await self._act("hangup")

    async def text(self, text: str) -> None:
        """An SMS from the number that was called."""
        message = {"to": self._leg.caller, "from": self._leg.called, "text": text}
        await self._rest.order("POST", "messages", json=message)

    async def _act(self, action: str, **body: str) -> None:
        await self._rest.order("POST", f"calls/{self._leg.call}/actions/{action}", json=body)
