"""Orders to Asterisk over ARI: the right channel, found by the call's UUID, and honest failures."""

import json
import uuid
from collections.abc import Callable

import httpx
import pytest

from api.actions.control import CannotDo
from api.telephony.ari_channel import Asterisk, Channel, ExternalChannel

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

OURS, OTHER = uuid.UUID(int=11), uuid.UUID(int=12)


def channel(name: str, data: str) -> dict[str, object]:
    place = {"context": "from-trunk", "exten": "s", "app_name": "AudioSocket", "app_data": data}
    return {"id": name, "caller": {"number": "+79990000001"}, "dialplan": place}


CHANNELS = [
    channel("1.1", f"{OTHER},127.0.0.1:9092"),
    channel("1.2", f"AudioSocket/127.0.0.1:9092/{str(OURS).upper()}/c(slin16),10"),
    channel("1.3", ""),
]


def scripted(
    answer: Callable[[httpx.Request], httpx.Response],
) -> tuple[Asterisk, list[tuple[str, str]]]:
    """An exchange that answers so, and what it was ordered."""
    ordered: list[tuple[str, str]] = []

    def handle(request: httpx.Request) -> httpx.Response:
        ordered.append((request.method, str(request.url).removeprefix("http://pbx/ari/")))
        return answer(request)

    return Asterisk("http://pbx", "beseda", "secret", httpx.MockTransport(handle)), ordered


def listing(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/ari/channels":
        return httpx.Response(200, content=json.dumps(CHANNELS))
    return httpx.Response(200, content=json.dumps(CHANNELS[1]))


async def test_a_caller_outside_of_the_application_is_found_by_the_uuid() -> None:
    asterisk, ordered = scripted(listing)
    call = ExternalChannel(asterisk, OURS)
    assert await call.caller() == "+79990000001"
    await call.hang_up()
    assert ordered[-1] == ("DELETE", "channels/1.2")
    await call.transfer(None)
    with pytest.raises(CannotDo, match="Stasis"):
        await call.transfer("101")


@pytest.mark.parametrize("held", [CHANNELS[:1], [CHANNELS[1], CHANNELS[1]]])
async def test_a_call_that_cannot_be_told_from_others_is_left_alone(
    held: list[dict[str, object]],
) -> None:
    asterisk, _ = scripted(lambda _: httpx.Response(200, content=json.dumps(held)))
    assert await ExternalChannel(asterisk, OURS).caller() is None
    with pytest.raises(CannotDo, match="channels with this call's UUID"):
        await ExternalChannel(asterisk, OURS).hang_up()


@pytest.mark.parametrize(
    ("to", "query"),
    [("101", "context=from-trunk&extension=101&priority=1"),
     ("7@other", "context=other&extension=7&priority=1")],
)  # fmt: skip
async def test_a_transfer_goes_on_in_the_dialplan(to: str, query: str) -> None:
    asterisk, ordered = scripted(listing)
    await Channel(asterisk, "1.2").transfer(to)
    assert ordered[-1] == ("POST", f"channels/1.2/continue?{query}")


async def test_an_exchange_that_refuses_or_is_gone_is_told() -> None:
    asterisk, _ = scripted(lambda _: httpx.Response(404))
    with pytest.raises(CannotDo, match="404"):
        await Channel(asterisk, "1.2").hang_up()

    def gone(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    asterisk, _ = scripted(gone)
    with pytest.raises(CannotDo, match="cannot be reached"):
        await ExternalChannel(asterisk, OURS).hang_up()
