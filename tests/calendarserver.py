"""A small web server of our own for calendar files, which can be told to fail the ways real ones do."""

from __future__ import annotations

import socketserver
import ssl
import threading
import time


class CalendarServer:
    """Listens on a loopback port; `answer` is what it sends for every request, headers and all, or a callable that
    writes it. `asked` holds the request lines, the newest last."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answer = b""
        self.asked: list[str] = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                if tls:
                    try:
                        self.connection = tls.wrap_socket(self.request, server_side=True)
                    except OSError:
                        return
                line = self.rfile.readline().decode().strip()
                outer.asked.append(line)
                while self.rfile.readline().strip():
                    pass
                try:
                    outer.answer(self.wfile) if callable(outer.answer) else self.wfile.write(outer.answer)
                except OSError:
                    pass  # the other end has had enough

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/kalender.ics"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def give(self, body: str, status: str = "200 OK", **headers: str) -> None:
        """Answer with this from now on."""
        content = body.encode()
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.answer = "\r\n".join([*lines, "", ""]).encode() + content

    def drip(self, before: bytes) -> None:
        """Answer with this, and then with a letter now and then for ever."""

        def slowly(write) -> None:
            write.write(before)
            while True:
                write.write(b"a")
                write.flush()
                time.sleep(0.1)

        self.answer = slowly

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
