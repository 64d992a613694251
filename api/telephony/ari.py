"""Calls that Asterisk gives up to the application `beseda`: `Stasis(beseda)` in a dialplan.

    events  <- ws://asterisk/ari/events      a caller has come, or gone
    orders  -> http://asterisk/ari/...       a bridge, a WebSocket channel in it
    sound  <-> ws://asterisk/media/ID        Beseda connects, so that no port of its own is open

When Beseda is done with a caller who is still there, the dialplan goes on after `Stasis`.
https://docs.asterisk.org/Latest_API/API_Documentation/Asterisk_REST_Interface/
"""

import asyncio
import json
import logging
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from functools import partial

import httpx

from api.telephony.ari_channel import ORDER_WITHIN_S, Asterisk, Channel, order
from api.telephony.bridge import Disconnected, connect_call
from api.telephony.chan_websocket import ChanWebSocket
from api.telephony.sockets import ClientSocket
from dialog.messages import Outbound
from dialog.tasks import TaskSet

log = logging.getLogger(__name__)

APP = "beseda"
AGAIN_S = 5.0
FORMAT = "slin16"

# Who is called and what is heard; `control`, what can be done with the call.
AnswerOnChannel = Callable[..., AsyncGenerator[Outbound]]


class Ari:
    """Waits for callers, and holds their calls. `serve` never returns by itself."""

    def __init__(self, asterisk: Asterisk, answer: AnswerOnChannel) -> None:
        self._asterisk = asterisk
        self._answer = answer
        self._calls = TaskSet()
        # Our own channels: each can be bridged once Asterisk has given it to the application.
        self._media: dict[str, asyncio.Event] = {}
        self._media_of: dict[str, str] = {}

    async def serve(self) -> None:
        """Follow the events; begin anew whenever Asterisk is not there."""
        async with self._asterisk.client() as rest, self._calls:
            while True:
                try:
                    await self._follow(rest)
                except Exception as error:
                    log.warning("ARI: %s; again in %d s", type(error).__name__, AGAIN_S)
                await asyncio.sleep(AGAIN_S)

    async def _follow(self, rest: httpx.AsyncClient) -> None:
        async with self._asterisk.connected(f"/ari/events?app={APP}") as events:
            log.info("ARI: waiting for callers")
            async for text in events:
                event = json.loads(text)
                channel = event.get("channel", {})
                name, caller = channel.get("name", ""), channel.get("id", "")
                if event.get("type") == "StasisEnd" and caller in self._media_of:
                    await _hang_up(rest, self._media_of[caller])
                if event.get("type") != "StasisStart":
                    continue
                if name.startswith("WebSocket/"):
                    self._media.setdefault(caller, asyncio.Event()).set()
                else:
                    self._calls.start(self._hold(rest, caller))

    async def _hold(self, rest: httpx.AsyncClient, caller: str) -> None:
        """One caller, from the bridge to the end of it."""
        bridge: str | None = None
        try:
            bridge = (await order(rest, "POST", "bridges", type="mixing"))["id"]
            await order(rest, "POST", f"bridges/{bridge}/addChannel", channel=caller)
            media = await order(
                rest, "POST", "channels/externalMedia", app=APP, format=FORMAT,
                external_host="INCOMING", transport="websocket", connection_type="server",
                encapsulation="none",
            )  # fmt: skip
            self._media_of[caller] = media["id"]
            identity = media["channelvars"]["MEDIA_WEBSOCKET_CONNECTION_ID"]
            path = f"/media/{identity}"
            async with self._asterisk.connected(
                path, subprotocols=["media"], compression=None
            ) as socket:
                wire = await ChanWebSocket.accept(ClientSocket(socket))
                await self._given(media["id"])
                await order(rest, "POST", f"bridges/{bridge}/addChannel", channel=media["id"])
                control = Channel(self._asterisk, caller)
                answer = partial(self._answer, uuid.UUID(identity), control=control)
                reason = await connect_call(wire, answer)
            log.info("a call over ARI ended: %s", reason)
        except (httpx.HTTPError, OSError, Disconnected, KeyError, TimeoutError) as error:
            log.warning("ARI: a call could not be held: %s", type(error).__name__)
        finally:
            if (ours := self._media_of.pop(caller, None)) is not None:
                await _hang_up(rest, ours)
            with suppress(httpx.HTTPError):  # a caller who has hung up is not there any more
                await order(rest, "POST", f"channels/{caller}/continue")
            if bridge is not None:
                with suppress(httpx.HTTPError):
                    await order(rest, "DELETE", f"bridges/{bridge}")

    async def _given(self, media: str) -> None:
        try:
            async with asyncio.timeout(ORDER_WITHIN_S):
                await self._media.setdefault(media, asyncio.Event()).wait()
        finally:
            del self._media[media]


async def _hang_up(rest: httpx.AsyncClient, channel: str) -> None:
    with suppress(httpx.HTTPError):
        await order(rest, "DELETE", f"channels/{channel}")
