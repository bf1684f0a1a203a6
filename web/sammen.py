"""The assisted mode, for two who sit together: the chat in large type, and the large type on every page it leads to.

It stands in the address (`stor=ja`), so that it needs neither cookie nor script; the conversation's token never does.
"""

from __future__ import annotations

import re
from html import escape, unescape

from flask import Flask, has_request_context, redirect, request, url_for

from casework.answers import sources
from casework.calendar import long_date
from casework.clock import today
from web import chat
from web.access import public
from web.chat import blueprint, whole_page
from web.history import history
from web.indlejret import embedded
from web.limits import limiter

FIELD, YES = "stor", "ja"
ASSISTED = ("chat.assisted", "chat.assist")
CITIZENS = ("chat", "course", "henvendelse", "letters", "own_case", "svar", "privacy_page", "moede", "own_meeting")
CITIZENS += ("about",)
OWN_NUMBER = "br-telefon-2022"  # the source that tells of the adviser's own telephone
_OWN_LINK = re.compile(r'href="(/[^"]*)"')
_NUMBER = re.compile(r"\d\d \d\d \d\d \d\d")


@blueprint.get("/sammen")
@public
def assisted():
    """Show the chat in large type, with the telephone first."""
    return chat.page()


@blueprint.post("/sammen")
@limiter.limit("20 per minute")
@public
def assist():
    """Go on with a conversation in large type, where there is no script."""
    return _go_on()


@blueprint.get("/sammen/almindelig")
@public
def begin_ordinary():
    """Lead whoever types this address to the chat."""
    return redirect(url_for("chat.page", stor=None))


@blueprint.post("/sammen/almindelig")
@limiter.limit("20 per minute")
@public
def ordinary():
    """Go on with a conversation in ordinary type, where there is no script."""
    return _go_on()


def _go_on() -> str:
    token = request.form.get("conversation", "")
    return whole_page(history(token) if token else [], token)


def large() -> bool:
    """Return whether this request is for a page in large type."""
    if request.endpoint in ASSISTED:
        return True
    return request.args.get(FIELD) == YES and request.blueprint in (*CITIZENS, None) and not embedded()


def kept_large(url: str) -> str:
    """Return an address of ours so that it leads on in large type where the page is; any other as it is."""
    if not url.startswith("/") or not (has_request_context() and large()):
        return url
    path, mark, part = url.partition("#")
    return f"{path}{'&' if '?' in path else '?'}{FIELD}={YES}{mark}{part}"


def links_kept_large(text: str) -> str:
    """Return HTML whose links to our own pages lead on in large type where the page is."""
    return _OWN_LINK.sub(lambda link: f'href="{escape(kept_large(unescape(link[1])))}"', text)


def own_number() -> dict | None:
    """Return the adviser's own telephone number and what is known of it, or None when there is none."""
    says = sources().get(OWN_NUMBER, {}).get("says", "")
    number = _NUMBER.search(says)
    return {"phone": number[0], "says": says} if number else None


def register(app: Flask) -> None:
    """Let every page a citizen is led to from large type be in large type too."""

    @app.url_defaults
    def stay_large(endpoint: str, values: dict) -> None:
        if has_request_context() and endpoint.partition(".")[0] in CITIZENS and large():
            values.setdefault(FIELD, YES)

    @app.context_processor
    def layout() -> dict:
        if not large():
            return {"stor": False, "forside": "/"}
        return {"stor": True, "forside": url_for("chat.assisted", stor=None), "layout": "sammen/base.html"}

    app.jinja_env.globals.update(own_number=own_number, day_printed=lambda: long_date(today()))
