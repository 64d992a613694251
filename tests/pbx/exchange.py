"""Asterisk in its chroot: built once, configured for given ports, started, stopped.

`python -m tests.pbx.exchange` leaves it running until Ctrl-C, for calls from outside.
"""

import argparse
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
CHROOT = Path(os.environ.get("BESEDA_PBX", "~/.cache/beseda/pbx")).expanduser()
CONFIG = "/etc/beseda"
BOOT_S = 30.0
SIP_PORT = 5060
# Killed with the tests: an Asterisk left behind would hold the ports of the next ones.
_TIED = ("setpriv", "--pdeathsig", "KILL")


class Exchange:
    """A running Asterisk."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def command(self, line: str) -> str:
        """What Asterisk's console answers."""
        done = subprocess.run(
            ["chroot", CHROOT, "asterisk", "-C", f"{CONFIG}/asterisk.conf", "-rx", line],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout if done.returncode == 0 else ""

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def calls(self) -> int:
        """How many channels are up."""
        return len(self.command("core show channels concise").split())


def build() -> None:
    """Make the chroot where there is none; two minutes the first time. Raises RuntimeError with
    one line."""
    done = subprocess.run([HERE / "build.sh", CHROOT], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, check=False)  # fmt: skip
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["build.sh failed"]
        raise RuntimeError(f"no exchange: {lines[-1]}")


@contextmanager
def running(http: int, audiosocket: int, bind: str = "127.0.0.1") -> Iterator[Exchange]:
    """Asterisk on `bind`:5060, calling Beseda on its two ports."""
    build()
    _configure({"HTTP": str(http), "AUDIOSOCKET": str(audiosocket), "BIND": bind})
    # A mount of its own: /proc is gone with the process, whatever happens.
    start = (
        f'mount -t proc proc "$0/proc" && exec chroot "$0" asterisk -f -C {CONFIG}/asterisk.conf'
    )
    with (CHROOT / "var/log/asterisk/stdout").open("wb") as log:
        process = subprocess.Popen(
            [*_TIED, "unshare", "--mount", "sh", "-c", start, CHROOT],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        exchange = Exchange(process)
        _wait_for_boot(exchange)
        yield exchange
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _configure(values: dict[str, str]) -> None:
    folder = CHROOT / CONFIG[1:]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (CHROOT / "run/asterisk").mkdir(parents=True, exist_ok=True)
    modules = next(CHROOT.glob("usr/lib/*/asterisk/modules"))
    values["MODULES"] = f"/{modules.relative_to(CHROOT)}"
    for template in (HERE / "conf").glob("*.conf"):
        text = template.read_text()
        for name, value in values.items():
            text = text.replace(f"@{name}@", value)
        (folder / template.name).write_text(text)


def _wait_for_boot(exchange: Exchange) -> None:
    until_s = time.monotonic() + BOOT_S
    while time.monotonic() < until_s:
        if not exchange.alive:
            log = (CHROOT / "var/log/asterisk/stdout").read_text().strip().splitlines()
            raise RuntimeError(f"Asterisk ended: {log[-1] if log else 'no word'}")
        if "fully booted" in exchange.command("core waitfullybooted"):
            return
        time.sleep(0.1)  # a real process on a real clock
    raise RuntimeError("Asterisk did not boot")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make pbx-up")
    parser.add_argument("--bind", default="127.0.0.1", help="where telephones reach Asterisk")
    parser.add_argument("--http", type=int, default=8000, help="Beseda's HTTP port")
    parser.add_argument("--audiosocket", type=int, default=9092, help="its AudioSocket port")
    given = parser.parse_args()
    for stop in (signal.SIGINT, signal.SIGTERM):  # a shell's background job ignores Ctrl-C
        signal.signal(stop, signal.default_int_handler)
    with running(given.http, given.audiosocket, given.bind):
        print(
            f"Asterisk takes calls on {given.bind}:{SIP_PORT}: alice, no password; bob, test-only."
        )
        print("100 to 103 AudioSocket, 110 and 111 its WebSocket channel. Ctrl-C stops it.")
        try:
            signal.pause()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
