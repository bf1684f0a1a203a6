"""What went wrong → HTTP status and Danish words: problem+json for the APIs, a page for people."""

from __future__ import annotations

import logging

from flask import Flask, Response, json, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from casework.directory import main_number
from casework.errors import CaseworkError, InvalidInput, InvalidState, NotAllowed, NotFound, SlotTaken
from web.rasa_client import AssistantDown

log = logging.getLogger(__name__)

STATUS = {NotFound: 404, NotAllowed: 403, InvalidState: 409, SlotTaken: 409, InvalidInput: 422}
BUSY = (
    "Systemet har travlt lige nu. Det, du skrev, blev måske ikke gemt. Prøv igen om et øjeblik, eller ring {telefon}."
)
DOWN = "Assistenten svarer ikke lige nu. Ring {telefon}, eller skriv på kontaktsiden. Den virker uden assistenten."
WORDS = {
    400: "Vi kunne ikke læse det, du sendte.",
    404: "Siden findes ikke.",
    405: "Det kan man ikke her.",
    413: "Beskeden er for lang. Skriv højst 4.000 tegn ad gangen. Intet er slettet.",
    415: "Send beskeden som JSON.",
    429: "Du har skrevet mange beskeder på kort tid. Vent et øjeblik, og prøv igen.",
    500: "Der skete en fejl hos os. Prøv igen, eller ring til kommunen på {telefon}.",
}


class BadRequest(Exception):
    """The request cannot be read. Carries its status and its Danish title."""

    def __init__(self, status: int, title: str) -> None:
        super().__init__(title)
        self.status, self.title = status, title


def problem(status: int, title: str, **extra) -> Response:
    """Return a problem+json response with a title a citizen can read."""
    title = _with_number(title)
    body = json.dumps({"type": "about:blank", "title": title, "status": status, **extra}, ensure_ascii=False)
    return Response(body, status, content_type="application/problem+json; charset=utf-8")


def register(app: Flask) -> None:
    """Let every error end in Danish words."""
    app.register_error_handler(BadRequest, lambda e: _answer(e.status, e.title))
    app.register_error_handler(CaseworkError, _casework)
    app.register_error_handler(AssistantDown, lambda e: _answer(503, DOWN))
    app.register_error_handler(SQLAlchemyError, _database)
    app.register_error_handler(
        CSRFError, lambda e: _answer(400, "Siden var for gammel. Gå tilbage, opdater og prøv igen.")
    )
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _with_number(title: str) -> str:
    return title.replace("{telefon}", main_number()["phone"])


def _answer(status: int, title: str, headers=None) -> Response:
    title = _with_number(title)
    if request.path.startswith(("/api/", "/readyz", "/healthz", "/metrics")):
        response = problem(status, title)
    elif request.headers.get("X-Fragment"):
        response = Response(render_template("errors/fragment.html", title=title), status)
    else:
        response = Response(render_template("errors/page.html", title=title, status=status), status)
    for name, value in headers or []:
        if name.lower() in ("retry-after", "allow"):
            response.headers[name] = value
    return response


def _casework(error: CaseworkError) -> Response:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    if isinstance(error, NotAllowed) and request.path.startswith("/api/"):
        status = 401 if not request.headers.get("Authorization") else 403
    return _answer(status, str(error))


def _database(error: SQLAlchemyError) -> Response:
    log.error("database: %s", type(error).__name__, exc_info=True)
    return _answer(503, BUSY, [("Retry-After", "5")])


def _http(error: HTTPException) -> Response:
    headers = error.get_response().headers if error.code in (405, 429) else []
    if error.code and 300 <= error.code < 400:
        return error.get_response()
    extra = [("Retry-After", "30")] if error.code == 429 else []
    return _answer(error.code or 500, WORDS.get(error.code, WORDS[400]), [*headers, *extra])


def _unexpected(error: Exception) -> Response:
    log.error("unexpected: %s on %s", type(error).__name__, request.url_rule, exc_info=True)  # some paths are keys
    return _answer(500, WORDS[500])
