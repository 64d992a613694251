"""Asterisk over ARI: where it is, and what is done with one of its channels.

https://docs.asterisk.org/Latest_API/API_Documentation/Asterisk_REST_Interface/Channels_REST_API/
"""

import base64
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from api.actions.control import CannotDo

ORDER_WITHIN_S = 10.0


@dataclass(frozen=True)
class Asterisk:
    """Where ARI is (`http://host:8088`), and who may use it."""

    url: str
    user: str
    password: str
    transport: httpx.AsyncBaseTransport | None = None

    @property
    def socket_url(self) -> str:
        """The same address for WebSockets: ws:// or wss://."""
        return "ws" + self.url.rstrip("/").removeprefix("http")

    def client(self) -> httpx.AsyncClient:
        """For orders; each is given up after `ORDER_WITHIN_S`. Close it."""
        return httpx.AsyncClient(
            base_url=f"{self.url.rstrip('/')}/ari/",
            auth=(self.user, self.password),
            timeout=ORDER_WITHIN_S,
            transport=self.transport,
            trust_env=False,
        )

    @asynccontextmanager
    async def connected(self, path: str, **options: Any) -> AsyncIterator[Any]:
        """A WebSocket to Asterisk, `options` as for websockets' `connect`. Raises OSError (a
        TimeoutError too) where nobody answers, and WebSocketException for a refusal."""
        from websockets.asyncio.client import connect

        secret = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        headers = {"Authorization": f"Basic {secret}"}
        url = f"{self.socket_url}{path}"
        async with connect(url, additional_headers=headers, proxy=None, **options) as socket:
            yield socket

    async def order(self, method: str, path: str, **query: str) -> Any:
        """What Asterisk answers to one order; raises httpx.HTTPError where it cannot be reached,
        does not answer in time, or refuses."""
        async with self.client() as rest:
            return await order(rest, method, path, **query)


class Channel:
    """A caller in the application `beseda`: a `Control`. A transfer goes to `to`, an extension or
    `extension@context` of the dialplan; without it, to the line after `Stasis`."""

    def __init__(self, asterisk: Asterisk, channel: str) -> None:
        self._asterisk = asterisk
        self._channel = channel

    async def caller(self) -> str | None:
        """The number, as the trunk gave it; raises CannotDo where the channel is gone."""
        told = await self._order("GET", "")
        return told.get("caller", {}).get("number") or None

    async def transfer(self, to: str | None) -> None:
        """The channel goes on there; ours is hung up by that. Raises CannotDo where Asterisk
        refuses, or cannot be reached."""
        if to is None:
            return  # the dialplan goes on when the line is let go
        extension, _, context = to.partition("@")
        context = context or (await self._order("GET", ""))["dialplan"]["context"]
        place = {"context": context, "extension": extension, "priority": "1"}
        await self._order("POST", "/continue", **place)

    async def hang_up(self) -> None:
        """End the caller's channel; raises CannotDo where it is gone, or Asterisk is."""
        await self._order("DELETE", "")

    async def text(self, text: str) -> None:  # noqa: ARG002
        """Always raises CannotDo: exchanges send no texts."""
        raise CannotDo("Asterisk sends no texts: name a webhook as `url`")

    async def _order(self, method: str, what: str, **query: str) -> Any:
        try:
            return await self._asterisk.order(method, f"channels/{self._channel}{what}", **query)
        except httpx.HTTPStatusError as error:
            raise CannotDo(f"Asterisk answered {error.response.status_code}") from None
        except httpx.HTTPError as error:
            raise CannotDo(f"Asterisk cannot be reached: {type(error).__name__}") from None


class ExternalChannel:
    """A caller outside of the application, in `AudioSocket` or `Dial(WebSocket/...)`: a `Control`.

    The channel is found by the call's UUID, which is among what the dialplan said. ARI may end
    such a channel, but not move it: a transfer goes to the dialplan's next line.
    """

    def __init__(self, asterisk: Asterisk, identity: uuid.UUID) -> None:
        self._asterisk = asterisk
        self._identity = str(identity)

    async def caller(self) -> str | None:
        """The number, as the trunk gave it; None where the channel cannot be found."""
        try:
            return await (await self._found()).caller()
        except CannotDo:
            return None

    async def transfer(self, to: str | None) -> None:
        """The dialplan's next line is the person; raises CannotDo for any other place."""
        if to is not None:
            raise CannotDo("only calls that come by Stasis(beseda) can be transferred `to`")

    async def hang_up(self) -> None:
        """End the caller's channel; without it, the dialplan would go on. Raises CannotDo where the
        channel cannot be found, or Asterisk cannot be reached."""
        await (await self._found()).hang_up()

    async def text(self, text: str) -> None:
        """Always raises CannotDo, as `Channel` does."""
        await Channel(self._asterisk, "").text(text)

    async def _found(self) -> Channel:
        try:
            channels = await self._asterisk.order("GET", "channels")
        except httpx.HTTPError as error:
            raise CannotDo(f"Asterisk cannot be reached: {type(error).__name__}") from None
        found = [one["id"] for one in channels if self._identity in _application(one)]
        if len(found) != 1:  # several: the dialplan has one UUID for all of its callers
            raise CannotDo(f"Asterisk holds {len(found)} channels with this call's UUID")
        return Channel(self._asterisk, found[0])


def _application(channel: dict[str, Any]) -> str:
    """What the dialplan told the application that a channel is in."""
    return str(channel.get("dialplan", {}).get("app_data", "")).lower()


async def order(rest: httpx.AsyncClient, method: str, path: str, **query: str) -> Any:
    """What Asterisk answers to an order over `rest`; raises httpx.HTTPError where it cannot be
    reached or does not answer in time, and for a refusal, too (httpx.HTTPStatusError)."""
    reply = await rest.request(method, path, params=query)
    reply.raise_for_status()
    return reply.json() if reply.content else {}
