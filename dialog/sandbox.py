"""Untrusted files are read in processes of their own: what a bad one takes down is one of these.

    caller's thread -- function, arguments --> worker: bounded memory, one job at a time
                    <-- value, value, ... ----

A worker that is silent for longer than its deadline is killed; one that is killed, crashes or
runs out of memory is replaced at the next job, and the file that did it is the sender's bad input.
Workers are forked from a server process that has imported the readers and nothing else, so a new
one costs milliseconds. Knows processes, time and memory; knows nothing of formats. Linux only.
"""

import ctypes
import multiprocessing
import os
import resource
import signal
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from dialog.errors import BadInput, Unavailable

T = TypeVar("T")

MIB = 1 << 20
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Limits:
    """What one job may cost. `memory_bytes` is beside what an idle worker has mapped; `silent_s`
    is how long the next value may take; at most `workers` jobs run at a time, and one more is
    refused when none has ended within `wait_s`."""

    memory_bytes: int
    silent_s: float
    workers: int
    wait_s: float = 30.0
    idle: int = 2


_SANDBOXES: "weakref.WeakSet[Sandbox]" = weakref.WeakSet()


class Broken(Exception):
    """The worker ended in the middle of a job; `reason` says how, for a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Sandbox:
    """Runs functions of one kind over untrusted files. Safe to use from any number of threads.

    `refuse` makes the error of a file that breaks its worker, from a reason such as
    "it takes more than 512 MB".
    """

    def __init__(
        self, limits: Limits, refuse: Callable[[str], BadInput], preload: Sequence[str] = ()
    ) -> None:
        self._limits = limits
        self._refuse = refuse
        self._preload = tuple(preload)
        self._idle: list[_Reader] = []
        self._alive: set[_Reader] = set()
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(limits.workers)
        _SANDBOXES.add(self)

    def run(self, function: Callable[..., T], *arguments: object) -> T:
        """`function(*arguments)` in a worker; both must be picklable. Blocks.

        Raises the BadInput or Unavailable that it raises, and BadInput by `refuse` where it
        crashes, outgrows its memory or takes too long.
        """
        (value,) = self._job("run", function, arguments)
        return value  # type: ignore[no-any-return]

    def stream(self, function: Callable[..., Iterator[T]], *arguments: object) -> Iterator[T]:
        """What the generator `function(*arguments)` yields, as it comes; as `run` otherwise.

        A worker is held until the iterator ends or is closed.
        """
        return self._job("stream", function, arguments)

    def close(self) -> None:
        """End every worker: jobs that are under way are refused. It can be used again."""
        with self._lock:
            self._idle.clear()
            alive = list(self._alive)
        for worker in alive:
            worker.end()

    def _job(
        self, kind: str, function: Callable[..., Any], arguments: Sequence[object]
    ) -> Iterator[Any]:
        with self._worker() as worker:
            worker.begin(kind, function, arguments)
            try:
                yield from worker.values(self._limits)
            except Broken as broken:
                raise self._refuse(broken.reason) from None

    @contextmanager
    def _worker(self) -> Iterator["_Reader"]:
        """A worker for one job: kept if the job was done to its end, killed otherwise."""
        if not self._places.acquire(timeout=self._limits.wait_s):
            raise Unavailable("too many files are being read: try again later")
        worker: _Reader | None = None
        try:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            worker = worker or _Reader(self._limits, self._preload)
            with self._lock:
                self._alive.add(worker)
            yield worker
        finally:
            if worker is not None:
                with self._lock:
                    keep = worker.waits and len(self._idle) < self._limits.idle
                    if keep:
                        self._idle.append(worker)
                    else:
                        self._alive.discard(worker)
                if not keep:
                    worker.close()
            self._places.release()


def close_sandboxes() -> None:
    """End the workers of every sandbox, as a service does that stops."""
    for sandbox in list(_SANDBOXES):
        sandbox.close()


@contextmanager
def as_path(source: Path | BinaryIO) -> Iterator[Path]:
    """A path under which a worker can open what `source` holds, from its beginning.

    A stream that is no file is copied to a temporary one. Raises BadInput for a path that is no
    regular file: a pipe or a device may never end.
    """
    if isinstance(source, Path):
        if source.exists() and not source.is_file():
            raise BadInput(f"{source} is not a regular file", code="not_a_file")
        yield source
        return
    with tempfile.NamedTemporaryFile(prefix="beseda-") as copy:
        while block := source.read(MIB):
            copy.write(block)
        copy.flush()
        yield Path(copy.name)


class _Reader:
    """One process, seen from the parent."""

    def __init__(self, limits: Limits, preload: Sequence[str]) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["dialog.sandbox", *preload])
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, limits.memory_bytes), name="beseda-files", daemon=True
        )
        self._process.start()
        theirs.close()
        self._done = True

    @property
    def waits(self) -> bool:
        """Whether it lives and waits for a job."""
        return self._done and self._process.is_alive()

    def begin(self, kind: str, function: Callable[..., Any], arguments: Sequence[object]) -> None:
        self._done = False
        with suppress(BrokenPipeError):  # it has died: `values` says so
            self._pipe.send((kind, function, arguments))

    def values(self, limits: Limits) -> Iterator[Any]:
        """The job's values; raises what it raised, or Broken."""
        while True:
            try:
                if not self._pipe.poll(limits.silent_s):
                    raise Broken(f"it takes longer than {limits.silent_s:g} s")
                kind, value = self._pipe.recv()
            except (EOFError, OSError):
                raise Broken(self._ending()) from None
            match kind:
                case "value":
                    yield value
                case "end":
                    self._done = True
                    return
                case "memory":
                    raise Broken(f"it takes more than {limits.memory_bytes // MIB} MB of memory")
                case "refused":
                    self._done = True
                    raise value
                case _:
                    raise Broken(f"reading it fails ({value})")

    def end(self) -> None:
        """Kill the process; whoever waits for its values is told."""
        self._process.kill()

    def close(self) -> None:
        """Kill it and forget it."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self._pipe.close()

    def _ending(self) -> str:
        self._process.join(1.0)
        code = self._process.exitcode
        name = signal.Signals(-code).name if code is not None and code < 0 else f"exit {code}"
        return f"reading it fails ({name})"


def _serve(pipe: Connection, memory_bytes: int) -> None:
    """The worker's whole life: jobs, until the parent is gone."""
    _settle(memory_bytes)
    while True:
        try:
            kind, function, arguments = pipe.recv()
        except EOFError:
            return
        try:
            if kind == "run":
                pipe.send(("value", function(*arguments)))
            else:
                for value in function(*arguments):
                    pipe.send(("value", value))
            answer: tuple[str, object] = ("end", None)
        except (BadInput, Unavailable) as error:
            answer = ("refused", error)
        except MemoryError:
            answer = ("memory", None)
        except Exception as error:
            answer = ("fault", type(error).__name__)
        try:
            pipe.send(answer)
        except BrokenPipeError:
            return


def _settle(memory_bytes: int) -> None:
    """Bound what this process may take, and let it end with the parent's server."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    os.nice(5)
    # What is written to, not what is mapped: libraries map half a gigabyte and read little of it.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (data_kib,) = (
        int(line.split()[1]) for line in status.splitlines() if line.startswith("VmData")
    )
    limit = data_kib * 1024 + memory_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
