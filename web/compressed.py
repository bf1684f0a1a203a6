"""Style sheets, scripts and the empty chat are sent compressed. Other pages are not: in them what is secret and what
somebody else may have chosen would share a stream, and its length would tell."""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Flask, Response, request

FILES = ("static", "pages.dkfds", "indlejret.script")
EMPTY = ("chat.page", "chat.assisted", "indlejret.page")  # the same for everybody but for a number made anew each time
KINDS = ("text/css", "text/javascript", "application/javascript", "image/svg+xml", "text/html")
LEAST = 500  # bytes; below it the header of the format eats what is won


def register(app: Flask) -> None:
    """Compress what is the same for everybody, for the browsers that take it."""

    @app.after_request
    def compress(response: Response) -> Response:
        file = request.endpoint in FILES
        if not (file or request.endpoint in EMPTY) or response.mimetype not in KINDS:
            return response
        response.vary.add("Accept-Encoding")
        if response.status_code != 200 or not request.accept_encodings["gzip"] or request.method != "GET":
            return response
        response.direct_passthrough = False
        whole = response.get_data()
        if len(whole) >= LEAST:
            response.set_data(_kept(whole) if file else gzip.compress(whole, 6, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
            tag, _ = response.get_etag()
            if tag:
                response.set_etag(tag, weak=True)  # the same text, not the same bytes
        return response


@lru_cache(maxsize=64)
def _kept(whole: bytes) -> bytes:
    return gzip.compress(whole, 9, mtime=0)
