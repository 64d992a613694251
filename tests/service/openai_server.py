"""A small OpenAI-shaped server, to be killed: `python openai_server.py SENTENCE...`.

Prints its port, then streams the sentences in pieces of five characters to every request and,
after the last, waits for ever without ending the answer.
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PIECE_CHARS = 5
TEXT = " ".join(sys.argv[1:])


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for start in range(0, len(TEXT), PIECE_CHARS):
            self._send(TEXT[start : start + PIECE_CHARS])
        time.sleep(600)

    def _send(self, piece: str) -> None:
        choice = {"index": 0, "delta": {"content": piece}, "finish_reason": None}
        event = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m",
                 "choices": [choice]}  # fmt: skip
        self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
