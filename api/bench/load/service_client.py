"""What a load test asks of the service beside the calls: is it there, what was understood, which
sounds are fillers, how often was an answer broken off."""

import re
import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from api.bench.load.answer_detector import MATCH_HZ
from dialog.audio.pcm import from_pcm16
from dialog.audio.resampling import resample
from dialog.content import Samples
from dialog.errors import BadInput, Unavailable
from dialog.prompts import Prompts

WITHIN_S = 30.0
_INTERRUPTED = re.compile(r'^beseda_turns_total\{.*interrupted="true".*\} (\S+)', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """One turn as the service keeps it. `broken`: its answer failed, and it said so."""

    question: str
    words: tuple[str, ...]
    answer: str
    timings_ms: dict[str, float]
    broken: bool = False


class Service:
    """A running service by its HTTP address. Close it. `prompts` is what that service says."""

    def __init__(self, url: str, key: str | None, prompts: Prompts) -> None:
        self.url = url.rstrip("/")
        self._prompts = prompts
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            self._client = httpx.AsyncClient(base_url=url, headers=headers, timeout=WITHIN_S)
        except (httpx.InvalidURL, ValueError) as error:
            raise BadInput(f"--url {url}: {error}") from None

    async def close(self) -> None:
        """End its connections."""
        await self._client.aclose()

    async def check(self) -> None:
        """Raises BadInput where no service answers or the key is wrong, Unavailable where its
        models are not loaded yet."""
        ready = await self._get("/readyz")
        if ready.status_code == 503:
            raise Unavailable(f"the service at {self.url} is not ready yet: {_missing(ready)}")
        if ready.status_code != 200:
            raise BadInput(f"{self.url} is no Beseda: /readyz gives {ready.status_code}")
        allowed = await self._get("/v1/conversations?limit=1")
        if allowed.status_code == 401:
            raise BadInput(f"{self.url} asks for another key: set BESEDA_API_KEYS or --key")
        if allowed.status_code != 200:
            raise BadInput(f"{self.url} is no Beseda: it gives {allowed.status_code}")

    async def turns(self, identity: uuid.UUID) -> list[KeptTurn]:
        """The turns of a call that are over, oldest first; none where it does not answer."""
        try:
            got = await self._client.get(f"/v1/conversations/{identity}")
        except httpx.HTTPError:
            return []
        turns = got.json()["turns"] if got.status_code == 200 else []
        return [kept_turn(turn, self._prompts) for turn in turns]

    async def fillers(self) -> list[Samples]:
        """What bridges waits, as the service's own voice says it, at `MATCH_HZ`."""
        wanted = {"input": self._prompts.filler, "response_format": "pcm"}
        got = await self._client.post("/v1/audio/speech", json=wanted)
        if got.status_code != 200:
            return []
        return [resample(from_pcm16(got.content), int(got.headers["X-Sample-Rate"]), MATCH_HZ)]

    async def interrupted(self) -> int:
        """How many answers have been broken off since the service started."""
        text = (await self._get("/metrics")).text
        return round(sum(float(count) for count in _INTERRUPTED.findall(text)))

    async def _get(self, path: str) -> httpx.Response:
        try:
            return await self._client.get(path)
        except httpx.UnsupportedProtocol:
            raise BadInput(f"--url {self.url} must begin with http:// or https://") from None
        except httpx.HTTPError as error:
            slow = isinstance(error, httpx.TimeoutException)
            reason = f"nothing within {WITHIN_S:.0f} s" if slow else str(error)
            raise BadInput(
                f"no service answers at {self.url} ({reason}): start `beseda serve` or give --url"
            ) from None


def kept_turn(turn: dict[str, Any], prompts: Prompts) -> KeptTurn:
    """A turn of `GET /v1/conversations/{id}`. A client is not shown how its answer ended, so here,
    and only here, the words must tell."""
    words = tuple(word["word"] for word in turn["words"])
    broken = turn["answer"] == prompts.broken
    return KeptTurn(turn["question"], words, turn["answer"], turn["timings_ms"], broken)


def _missing(ready: httpx.Response) -> str:
    checks: dict[str, Any] = ready.json().get("checks", {})
    return ", ".join(f"{name} {state}" for name, state in checks.items() if state != "ready")
