"""When RTP packets reach a telephone, by the kernel's clock. Needs root."""

import socket
import struct
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

IPV4, UDP = 0x0800, 17
SO_TIMESTAMPNS = 35
TELEPHONES = range(20_000, 21_000)


@contextmanager
def watched() -> Iterator[dict[int, list[float]]]:
    """Arrival times in seconds by the telephone's port, on the loopback interface."""
    times_s: dict[int, list[float]] = defaultdict(list)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(IPV4)) as tap:
        tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        tap.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        tap.bind(("lo", 0))
        tap.settimeout(0.2)
        over = threading.Event()
        reader = threading.Thread(target=_watch, args=(tap, times_s, over))
        reader.start()
        try:
            yield times_s
        finally:
            over.set()
            reader.join()


def _watch(tap: socket.socket, times_s: dict[int, list[float]], over: threading.Event) -> None:
    while not over.is_set():
        try:
            packet, notes, _, address = tap.recvmsg(2_000, 64)
        except TimeoutError:
            continue
        if address[2] == socket.PACKET_OUTGOING or len(packet) < 44:
            continue  # on loopback each packet is seen twice
        ip = packet[14:]
        port = struct.unpack_from("!H", ip, (ip[0] & 15) * 4 + 2)[0]
        if ip[9] == UDP and port in TELEPHONES and port % 2 == 0:
            seconds, ns = struct.unpack("qq", notes[0][2][:16])
            times_s[port].append(seconds + ns / 1e9)
