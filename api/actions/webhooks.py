"""Calls an operator's own service in the middle of a telephone call.

    POST {"action", "conversation", "caller", "arguments"}  ->  200 {"say"?, "then"?}

Knows HTTP; what is said or done upon a reply is its caller's to decide.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from api.actions.actions import Text, Webhook
from api.actions.control import CannotDo

LONGEST_REPLY = 16_384
LONGEST_SAY = 1_000


@dataclass(frozen=True, slots=True)
class WebhookReply:
    """What the service wants said, and the action that shall follow."""

    say: str = ""
    then: str = ""


@dataclass(frozen=True)
class Hooks:
    """The way to webhooks; tests give a transport of their own."""

    transport: httpx.AsyncBaseTransport | None = field(default=None)

    async def call(self, action: Webhook | Text, body: Mapping[str, Any]) -> WebhookReply:
        """Post and read the reply. Raises CannotDo for whatever is not a 2xx in time."""
        assert action.url is not None
        client = httpx.AsyncClient(
            transport=self.transport, timeout=action.timeout_s, trust_env=False
        )
        try:
            # httpx counts each step by itself; a caller counts all of them.
            async with client, asyncio.timeout(action.timeout_s):
                posted = client.stream("POST", action.url, json=body, headers=action.headers)
                async with posted as response:
                    if not response.is_success:
                        raise CannotDo(f"the webhook answered {response.status_code}")
                    return _reply(await _body(response))
        except (httpx.HTTPError, TimeoutError) as error:
            raise CannotDo(f"the webhook failed: {type(error).__name__}") from None


async def _body(response: httpx.Response) -> bytes:
    body = b""
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > LONGEST_REPLY:
            raise CannotDo(f"the webhook's reply is over {LONGEST_REPLY} bytes")
    return body


def _reply(body: bytes) -> WebhookReply:
    """An empty reply is one, too: then the action's own words are said."""
    if not body.strip():
        return WebhookReply()
    try:
        given = httpx.Response(200, content=body).json()
    except (ValueError, RecursionError):
        raise CannotDo("the webhook's reply is no JSON") from None
    if not isinstance(given, dict):
        raise CannotDo("the webhook's reply is no JSON object")
    say, then = given.get("say") or "", given.get("then") or ""
    if not isinstance(say, str) or not isinstance(then, str) or len(say) > LONGEST_SAY:
        raise CannotDo(f"`say` and `then` are texts, `say` of {LONGEST_SAY} letters at most")
    return WebhookReply(say.strip(), then)
