"""A small mail server of our own, which can be told to fail the ways real ones do."""

from __future__ import annotations

import socketserver
import threading
from email import message_from_bytes, policy


class MailServer:
    """Listens on a loopback port and keeps what it takes; `trouble` says how it fails.

    None: it takes all. "greylist": not now (451). "unknown": no such recipient (550). "cut": it takes the text and goes
    away before it says so. "full": it reads the text and refuses it (452).
    """

    def __init__(self) -> None:
        self.trouble: str | None = None
        self.taken: list = []
        self.offered: list[bytes] = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                outer._talk(self.rfile, self.wfile)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()

    def _talk(self, read, write) -> None:
        def say(line: str) -> None:
            write.write(line.encode() + b"\r\n")

        say("220 test ESMTP")
        for line in read:
            verb = line.split(b" ")[0].strip().upper()[:4]
            if verb == b"EHLO":
                say("250 test")
            elif verb == b"RCPT":
                say({"greylist": "451 not now", "unknown": "550 no such user"}.get(self.trouble or "", "250 ok"))
            elif verb == b"DATA":
                say("354 go on")
                text = b""
                while not text.endswith(b"\r\n.\r\n"):
                    text += read.readline()
                self.offered.append(text)
                if self.trouble == "cut":
                    return
                if self.trouble == "full":
                    say("452 full")
                    continue
                self.taken.append(message_from_bytes(text[:-5].replace(b"\r\n..", b"\r\n."), policy=policy.SMTP))
                say("250 taken")
            elif verb == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")
