"""`beseda load`: its options made into callers, and what they found into a report."""

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from api.bench.load import questions, report
from api.bench.load.caller import CallProfile, LoadRun, Target, TurnResult
from api.bench.load.clients import Exchange, Session
from api.bench.load.report import LoadFigures
from api.bench.load.schedule import CallerSchedule, Plan, Search
from api.bench.load.service_client import Service
from api.settings import Settings
from api.wiring import own_prompts
from dialog.audio.line import TelephoneLine, parse
from dialog.errors import BadInput

SEARCH_S = 60.0
AUDIOSOCKET_PORT = 9092


@dataclass
class LoadResult:
    """All turns, and for a search the figures of each number of callers."""

    turns: list[TurnResult]
    levels: list[LoadFigures]
    began_s: float


def load(
    arguments: argparse.Namespace, settings: Settings
) -> tuple[dict[str, Any], list[TurnResult]]:
    """Run it; returns the report and the turns. Raises BadInput and Unavailable before the first
    call. Ctrl-C ends it early, and the report tells what was found until then."""
    line = parse(arguments.line)
    url = arguments.url or address(settings)
    key = arguments.key or next(iter(sorted(settings.keys)), None)
    target = _target(arguments, settings, line, url, key)
    asked = questions.read(arguments.questions)
    script = questions.Script(asked, line, target.rate_hz, arguments.seed)
    service = Service(url, key, own_prompts(settings))
    return asyncio.run(_load(arguments, target, script, service))


def address(settings: Settings) -> str:
    """Where this machine's own service would answer."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    host = f"[{host}]" if ":" in host else host
    return f"{'https' if settings.tls_cert else 'http'}://{host}:{settings.port}"


def _target(
    arguments: argparse.Namespace,
    settings: Settings,
    line: TelephoneLine,
    url: str,
    key: str | None,
) -> Exchange | Session:
    if arguments.over == "realtime":
        return Session(url.rstrip("/"), key, line)
    if arguments.audiosocket is not None:
        try:
            split = urlsplit(f"//{arguments.audiosocket}")
            host, port = split.hostname, split.port
        except ValueError:
            host = port = None
        if not host or not port:
            raise BadInput(f"--audiosocket is HOST:PORT, not {arguments.audiosocket!r}")
        return Exchange(host, port, line)
    host = urlsplit(url).hostname or "127.0.0.1"
    return Exchange(host, settings.audiosocket_port or AUDIOSOCKET_PORT, line)


async def _load(
    arguments: argparse.Namespace,
    target: Exchange | Session,
    script: questions.Script,
    service: Service,
) -> tuple[dict[str, Any], list[TurnResult]]:
    try:
        await service.check()
        await _reach(target)
        await asyncio.to_thread(script.prepare)
        found = LoadResult([], [], asyncio.get_running_loop().time())
        progress = _progress(found)
        profile = CallProfile(arguments.turns, arguments.think, arguments.patience)

        def note(turn: TurnResult) -> None:
            found.turns.append(turn)
            progress(run)

        run = LoadRun(target, service, script, profile, await service.fillers(), note)
        before = await service.interrupted()
        await _until_done(arguments, run, found)
        broken_off = await service.interrupted() - before
        return _report(arguments, script, run, found, broken_off), found.turns
    finally:
        await service.close()


async def _reach(target: Exchange | Session) -> None:
    """Refuse a telephone port where nobody listens, before any caller is counted as failed."""
    if isinstance(target, Exchange):
        try:
            async with asyncio.timeout(10):
                _, writer = await asyncio.open_connection(target.host, target.port)
        except OSError as error:
            reason = error.strerror or "no answer"
            raise BadInput(
                f"no AudioSocket at {target.host}:{target.port} ({reason}): give the service "
                "BESEDA_AUDIOSOCKET_PORT, or name it with --audiosocket HOST:PORT"
            ) from None
        writer.close()


async def _until_done(arguments: argparse.Namespace, run: LoadRun, found: LoadResult) -> None:
    """Hold the calls; the first Ctrl-C ends them at once, a second one everything."""
    loop = asyncio.get_running_loop()
    schedule = CallerSchedule(run)
    if arguments.until is None:
        work = schedule.hold(Plan(arguments.callers, arguments.seconds, arguments.ramp))
    else:
        seconds = arguments.seconds or SEARCH_S
        plan = Search(arguments.callers, arguments.step, seconds, arguments.until)
        work = schedule.search(plan, _measuring(found))
    running = asyncio.create_task(work)

    def leave() -> None:
        loop.remove_signal_handler(signal.SIGINT)
        running.cancel()

    loop.add_signal_handler(signal.SIGINT, leave)
    try:
        await asyncio.wait([running])
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        running.cancel()
    if not running.cancelled():
        running.result()


def _measuring(found: LoadResult) -> Callable[[int, float], LoadFigures]:
    def measure(callers: int, since_s: float) -> LoadFigures:
        turns = [turn for turn in found.turns if turn.at_s >= since_s]
        level = report.figures(turns, callers)
        found.levels.append(level)
        return level

    return measure


def _report(
    arguments: argparse.Namespace,
    script: questions.Script,
    run: LoadRun,
    found: LoadResult,
    broken_off: int,
) -> dict[str, Any]:
    target: Target = run.target
    seconds = asyncio.get_running_loop().time() - found.began_s
    whole = report.figures(found.turns, max((turn.callers for turn in found.turns), default=0))
    told: dict[str, Any] = {
        "over": arguments.over,
        "line": arguments.line,
        "seconds": round(seconds, 1),
        "calls": run.calls,
        **asdict(whole),
        "false_interruptions": max(0, broken_off - whole.split),
        "clock_late_ms": run.lateness.figures_ms(),
    }
    if isinstance(target, Exchange):
        told["frames_off_20_ms"] = target.off.figures_ms()
    if arguments.until is not None:
        told["search"] = _searched(found.levels, arguments.until)
    if not any(one.words for one in script.questions):
        told["note"] = "no reference texts beside the recordings: no word error rate"
    return told


def _searched(levels: Sequence[LoadFigures], until_ms: float) -> dict[str, Any]:
    """`held`: the most callers whose p95 stayed within the limit; `passed`: the first that did
    not; None where that was not seen."""
    told = [one for one in levels if one.failed or one.first_response_ms is not None]
    good = [one.callers for one in told if not one.too_late(until_ms)]
    bad = [one.callers for one in told if one.too_late(until_ms)]
    return {
        "until_ms": until_ms,
        "held": max(good, default=None),
        "passed": min(bad, default=None),
        "levels": [asdict(one) for one in levels],
    }


def text(told: dict[str, Any]) -> str:
    """A report to read: a line for a figure, and a table for a search."""
    plain = {name: value for name, value in told.items() if name not in ("search", "steps_ms")}
    steps = {f"{name}_ms": value for name, value in told["steps_ms"].items()}
    lines = [f"{name:22} {_shown(value)}" for name, value in {**plain, **steps}.items()]
    if "search" in told:
        lines += _search_lines(told["search"])
    return "\n".join(lines)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {one}" for name, one in value.items()) or "none"
    return "unknown" if value is None else str(value)


def _search_lines(search: dict[str, Any]) -> Iterator[str]:
    yield "callers   turns  failed     p50     p95"
    for one in search["levels"]:
        waits = one["first_response_ms"] or {"p50": "-", "p95": "-"}
        figures = (one["callers"], one["turns"], one["failed"], waits["p50"], waits["p95"])
        yield "{:7} {:7} {:7} {:>7} {:>7}".format(*figures)
    held, passed = search["held"], search["passed"]
    yield f"p95 within {search['until_ms']:g} ms: {held or 'no'} callers; not with {passed or '?'}"


def _progress(found: LoadResult) -> Callable[[LoadRun], None]:
    """A line on a terminal that is written anew after each turn; nothing elsewhere."""
    if not sys.stderr.isatty():
        return lambda _: None
    from tqdm import tqdm

    bar = tqdm(unit="turn", file=sys.stderr, leave=False)
    began_s = time.monotonic()

    def advance(run: LoadRun) -> None:
        recent = report.figures(found.turns[-200:], run.calling)
        waits = recent.first_response_ms or {"p50": 0, "p95": 0}
        failed = sum(turn.failure is not None for turn in found.turns)
        bar.set_postfix_str(
            f"{run.calling} calling, p50 {waits['p50']} ms, p95 {waits['p95']} ms, "
            f"{failed} failed, {time.monotonic() - began_s:.0f} s",
            refresh=False,
        )
        bar.update(1)

    return advance
