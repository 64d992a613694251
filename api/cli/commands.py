"""What each command does, on `BESEDA_HOME`, with no service running or beside one."""

import argparse
import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from api import logs, schemas
from api.cli import printed, progress
from api.cli.home import settle_in
from api.cli.status import BAD_INPUT, DONE, FAULT, complain
from api.conversation.converse import Stages
from api.conversation.exchange import Reply, collect, joined
from api.conversation.validation import check_question, typed
from api.settings import Settings, read_settings
from api.transcript_formats import COMMAND_FORMATS, JsonFormat
from api.wiring import Services, own_prompts, own_rules
from dialog.audio.decoding import read_recording
from dialog.audio.pcm import write_wav
from dialog.content import Recording, Speech, Transcript
from dialog.errors import BadInput
from dialog.messages import CallSettings
from rag import jsonl
from rag.vocabulary import stored_phrases

STOP_WITHIN_S = 10
"""What requests get to finish in when the service stops."""


def run(arguments: argparse.Namespace) -> int:
    """Carry out one parsed command; returns its exit status."""
    settings = read_settings()
    if arguments.command == "normalize":  # needs no home
        return normalize(arguments, settings)
    settle_in(settings.home)
    if arguments.command == "serve":
        return serve(settings)
    if arguments.command == "load":  # the service it calls has the home open
        return load(arguments, settings)
    with Services(settings) as services:
        return COMMANDS[arguments.command](arguments, services)


def serve(settings: Settings) -> int:
    """Run the service until it is told to stop."""
    settings.check_exposure()
    settings.check_tls()
    import uvicorn

    from api.http.app import create_app
    from api.http.connections import http_protocol, raise_descriptor_limit
    from api.http.websockets import Sockets
    from api.telephony.phone import actions, carriers, listening

    own_prompts(settings)  # a bad file or key is told before anything is taken or loaded
    actions(settings)
    carriers(settings)
    audiosocket = listening(settings)
    logging.getLogger("uvicorn.error").addFilter(_not_a_denial)

    raise_descriptor_limit()
    # Access lines would carry paths and queries of callers; /metrics counts instead.
    uvicorn.run(
        create_app(settings, audiosocket=audiosocket),
        host=settings.host,
        port=settings.port,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        access_log=False,
        log_level="warning",
        log_config=logs.UVICORN,
        http=http_protocol(),
        ws=Sockets,
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )
    return DONE


def _not_a_denial(record: logging.LogRecord) -> bool:
    """A WebSocket refused with an HTTP error is answered; uvicorn 0.54 now and then logs, as an
    error, that it was not."""
    return "without completing handshake" not in record.getMessage()


def talk(arguments: argparse.Namespace, services: Services) -> int:
    """The main job: a recorded question in, a spoken answer out."""
    spoken = arguments.output is not None
    _check_output(arguments.output)
    next(read_recording(arguments.file, 16_000))  # bad audio is refused before models are loaded
    began_s = time.perf_counter()
    asyncio.run(services.models.load(spoken=spoken))
    load_ms = round((time.perf_counter() - began_s) * 1000, 1)
    options = CallSettings(voice=arguments.voice, speed=arguments.speed)
    stages = services.stages(spoken=spoken)
    reply = _exchange(Recording(arguments.file), services, stages, options)
    reply = replace(reply, timings_ms={"load": load_ms, **reply.timings_ms})
    _print_reply(arguments, reply)
    if not spoken:
        return DONE
    if not reply.speech:
        return complain(f"no voice could be had, so {arguments.output} is not written", FAULT)
    write_wav(arguments.output, joined(reply.speech), reply.speech[0].rate_hz)
    if not arguments.json:
        print(f"Звук:      {arguments.output}")
    return DONE


def ask(arguments: argparse.Namespace, services: Services) -> int:
    """A typed question, a written answer."""
    question = typed(arguments.question)
    _print_reply(arguments, _exchange(question, services, services.stages(spoken=False)))
    return DONE


def transcribe(arguments: argparse.Namespace, services: Services) -> int:
    """Each recording to text; a bad one is reported and the others still answered."""
    form = COMMAND_FORMATS["json" if arguments.json else arguments.format]
    failed = False
    for path in arguments.files:
        try:
            transcript = asyncio.run(services.models.transcribe(path, progress.recording_bar(path)))
        except BadInput as error:
            failed = True
            complain(f"{path}: {error.message}", BAD_INPUT)
            if isinstance(form, JsonFormat):
                _print_json({"file": str(path), "error": error.message})
            continue
        if isinstance(form, JsonFormat):
            _print_json({"file": str(path), **form.render(transcript)})
        else:
            print(form.render(transcript))
    return BAD_INPUT if failed else DONE


def say(arguments: argparse.Namespace, services: Services) -> int:
    """Text to a WAV file, or the names of the voices."""
    if arguments.list_voices:
        return _list_voices(arguments, services)
    if arguments.output is None:
        raise BadInput("say where the sound goes: -o FILE.wav")
    _check_output(arguments.output)
    phrases = asyncio.run(_phrases(arguments, services))
    samples, rate_hz = joined(phrases), phrases[0].rate_hz
    write_wav(arguments.output, samples, rate_hz)
    if arguments.json:
        _print_json({"file": str(arguments.output), "duration_s": round(len(samples) / rate_hz, 3)})
    return DONE


def ingest(arguments: argparse.Namespace, services: Services) -> int:
    """Documents in, listed, or out."""
    if arguments.list:
        return _list_documents(arguments, services)
    if arguments.remove is not None:
        if not services.ingestion.remove(arguments.remove):
            raise BadInput(f"no document has the id {arguments.remove}")
        return DONE
    if not arguments.paths:
        raise BadInput("nothing to ingest: name files or folders")
    report = services.ingestion.ingest(arguments.paths, arguments.tags, progress.documents_bar)
    faults = [skipped for skipped in report.skipped if skipped.fault]
    for skipped in faults:
        complain(f"{skipped.path}: {skipped.reason}", BAD_INPUT)
    if arguments.json:
        _print_json(schemas.report_json(report))
    else:
        print(printed.report_text(report))
    return BAD_INPUT if faults else DONE


def search(arguments: argparse.Namespace, services: Services) -> int:
    """What retrieval alone finds, for one query or a file of them."""
    if (arguments.query is None) == (arguments.queries is None):
        raise BadInput("give a query or --queries FILE")
    if arguments.query is not None:
        query = check_question(arguments.query, "the query")
        hits = services.retriever.search(query, arguments.top, arguments.tags)
        if arguments.json:
            shown = [schemas.hit_json(hit) for hit in hits]
            _print_json({"query": arguments.query, "hits": shown})
        elif hits:
            print("\n".join(printed.hit_text(hit) for hit in hits))
        else:
            complain("nothing was found", DONE)
        return DONE
    for id_, text in jsonl.read(arguments.queries, _query, "not a line with _id and text"):
        hits = services.retriever.search(text, arguments.top, arguments.tags)
        ranked = [{"id": hit.document_id, "score": hit.score} for hit in hits]
        _print_json({"_id": id_, "hits": ranked})
    return DONE


def evaluate(arguments: argparse.Namespace, services: Services) -> int:
    """Retrieval, refusals and citations over labelled questions on what has been ingested."""
    from api.bench import plots
    from rag import evaluation

    _check_output(arguments.plot)
    questions = evaluation.read(arguments.file)
    bar = progress.documents_bar("questions")
    run = evaluation.run(questions, services.retriever, services.answerer, bar)
    outcomes = asyncio.run(run)
    figures = evaluation.measure(outcomes)
    if arguments.json:
        _print_json(asdict(figures))
    else:
        print("\n".join(f"{name:20} {value}" for name, value in asdict(figures).items()))
    if arguments.wrong:
        for line in printed.wrong_outcomes(outcomes):
            print(line)
    if arguments.plot is not None:
        plots.answers(figures, arguments.plot)
    return DONE


def vocabulary(arguments: argparse.Namespace, services: Services) -> int:
    """The phrases that the recogniser is told to listen for, the commonest first."""
    for phrase in stored_phrases(services.store):
        if arguments.json:
            _print_json({"phrase": phrase})
        else:
            print(phrase)
    return DONE


def bench(arguments: argparse.Namespace, services: Services) -> int:
    """Live calls from recordings, in real time; how soon they are answered or interrupted."""
    from api.bench import live as calls

    def tell(line: str) -> None:
        if sys.stderr.isatty():
            print(line, file=sys.stderr)

    async def measure() -> dict[str, Any]:
        await services.models.load(spoken=True)
        await services.warm()
        if arguments.over is not None:
            clips = sorted(arguments.over.glob("*.wav"))
            found = await calls.interruptions(services, arguments.files[0], clips, tell)
            return calls.interruption_report(found)
        found = await calls.answers(services, arguments.files, arguments.callers, tell)
        return calls.latency_report(found)

    report = asyncio.run(measure())
    print(json.dumps(report, ensure_ascii=False, indent=None if arguments.json else 2))
    return DONE


def load(arguments: argparse.Namespace, settings: Settings) -> int:
    """Callers at once on a running service; a fault when not one of them was answered."""
    from api.bench import plots
    from api.bench.load import command

    _check_output(arguments.plot)
    if arguments.plot is not None:
        plots.canvas(1, 1)  # without matplotlib nobody need call
    told, turns = command.load(arguments, settings)
    if arguments.json:
        _print_json(told)
    else:
        print(command.text(told))
    if arguments.plot is not None:
        plots.load(told, turns, arguments.plot)
    if turns and told["failed"] == told["turns"]:
        return complain(f"not one turn was answered: {next(iter(told['failures']))}", FAULT)
    return DONE


def normalize(arguments: argparse.Namespace, settings: Settings) -> int:
    """Each line of standard input, converted; as many lines out as in."""
    from russian.spoken import to_spoken
    from russian.written import to_written

    convert = to_spoken if arguments.to == "spoken" else to_written
    custom = own_rules(arguments.rules or settings.rules)
    # Bytes, since a line that is not UTF-8 must be refused in every locale.
    for number, line in enumerate(sys.stdin.buffer, 1):
        try:
            text = line.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            raise BadInput(f"line {number} of standard input is not UTF-8") from None
        converted = convert(text, custom)
        if arguments.json:
            spans = [[s.source_start, s.source_end, s.start, s.end] for s in converted.spans]
            _print_json({"text": converted.text, "spans": spans})
        else:
            print(" ".join(converted.text.splitlines()), flush=True)
    return DONE


def _check_output(path: Path | None) -> None:
    """Refuse a file that could not be written before minutes are spent on what it would hold."""
    if path is None:
        return
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise BadInput(f"cannot write {path}: its folder is missing or read-only")


async def _phrases(arguments: argparse.Namespace, services: Services) -> list[Speech]:
    text = sys.stdin.read() if arguments.text == "-" else arguments.text
    speech = services.models.speak(text, arguments.voice, arguments.speed)
    return [phrase async for phrase in speech]


def _exchange(
    question: Recording | Transcript,
    services: Services,
    stages: Stages,
    options: CallSettings | None = None,
) -> Reply:
    async def exchange() -> Reply:
        reply = await collect(question, stages, options)
        await services.conversations.save_exchange(reply)
        return reply

    return asyncio.run(exchange())


def _print_reply(arguments: argparse.Namespace, reply: Reply) -> None:
    if arguments.json:
        _print_json(schemas.reply_json(reply))
    else:
        print(printed.reply_text(reply))


def _list_voices(arguments: argparse.Namespace, services: Services) -> int:
    """The first is the one that speaks unless another is asked for."""
    names = asyncio.run(services.models.voices())
    if arguments.json:
        _print_json({"voices": names})
    else:
        print("\n".join(names))
    return DONE


def _list_documents(arguments: argparse.Namespace, services: Services) -> int:
    for info in services.retriever.documents(arguments.tags):
        if arguments.json:
            _print_json(schemas.document_json(info))
        else:
            print(printed.document_text(info))
    return DONE


def _query(record: jsonl.Record) -> tuple[Any, str]:
    if not isinstance(record["text"], str):
        raise TypeError("no text")
    return record["_id"], record["text"]


def _print_json(item: dict[str, Any]) -> None:
    print(json.dumps(item, ensure_ascii=False), flush=True)


COMMANDS: dict[str, Callable[[argparse.Namespace, Services], int]] = {
    "talk": talk,
    "ask": ask,
    "transcribe": transcribe,
    "say": say,
    "ingest": ingest,
    "search": search,
    "bench": bench,
    "vocabulary": vocabulary,
    "eval": evaluate,
}
