"""Twilio: its signature, its answer to a call, and its orders.

https://www.twilio.com/docs/usage/security#validating-requests
https://www.twilio.com/docs/voice/api/call-resource#update-a-call-resource
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from fastapi import Response

from api.actions.control import Control
from api.telephony.bridge import Transport
from api.telephony.carriers import Asked, CarrierCall, Leg, Refused, Rest, number
from api.telephony.media_stream import Dialect, MediaStream
from api.telephony.sockets import Socket
from dialog.audio.wire_format import MULAW

API = "https://api.twilio.com/2010-04-01/Accounts/"
DIALECT = Dialect(
    stream="streamSid", call="callSid", form="mediaFormat", rate="sampleRate",
    codecs={"audio/x-mulaw": MULAW}, named=True,
)  # fmt: skip


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """What `X-Twilio-Signature` must hold for a request: HMAC-SHA1 of the URL as Twilio calls it,
    followed by every form field's name and value, sorted by name; base64."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    digest = hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


class Twilio:
    """See `Carrier`."""

    def __init__(self, token: str) -> None:
        self._token = token

    def admitted(self, asked: Asked) -> tuple[str, Leg]:
        """The signature holds no time; but the handshake is signed as well."""
        if not self.may_open(asked):
            raise Refused("Twilio has not signed this request for BESEDA_PUBLIC_URL")
        told = asked.form
        leg = Leg(told.get("CallSid", ""), told.get("From", ""), told.get("To", ""),
                  told.get("AccountSid", ""))  # fmt: skip
        return leg.call, leg

    def connecting(self, stream: str) -> Response:
        """TwiML: connect the call, both ways, with a WebSocket."""
        xml = f"<Response><Connect><Stream url={quoteattr(stream)}/></Connect></Response>"
        return Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{xml}', media_type="text/xml")

    def may_open(self, asked: Asked) -> bool:
        """Whether Twilio, and nobody else, has sent a request; takes as long for a wrong one."""
        given = asked.headers.get("x-twilio-signature", "")
        right = signature(self._token, asked.url, asked.form)
        return hmac.compare_digest(given.encode(), right.encode())

    async def line(self, socket: Socket, leg: Leg) -> tuple[Transport, Control]:
        """A media stream."""
        return await MediaStream.accept(socket, DIALECT), TwilioCall(self.rest(leg), leg)

    def rest(self, leg: Leg) -> Rest:
        secret = base64.b64encode(f"{leg.account}:{self._token}".encode()).decode()
        return Rest(f"{API}{leg.account}/", lambda: {"Authorization": f"Basic {secret}"})


class TwilioCall(CarrierCall):
    """A `Control`."""

    async def transfer(self, to: str | None) -> None:
        """The call goes on with a `Dial`; our stream ends by it."""
        dial = f"<Response><Dial>{escape(number(to))}</Dial></Response>"
        await self._update(Twiml=dial)

    async def hang_up(self) -> None:
        """End the call."""
        await self._update(Status="completed")

    async def text(self, text: str) -> None:
        """An SMS from the number that was called."""
        message = {"To": self._leg.caller, "From": self._leg.called, "Body": text}
        await self._rest.order("POST", "Messages.json", data=message)

    async def _update(self, **changes: str) -> None:
        await self._rest.order("POST", f"Calls/{self._leg.call}.json", data=changes)
