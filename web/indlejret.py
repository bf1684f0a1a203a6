"""The widget: the script the kommune puts on its other sites, and the chat as it stands in their frame.

Only the chat may be framed, only by the origins in VEJVISER_WIDGET_ORIGINS, and only under an address that asks for it.
"""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Flask, Response, has_request_context, request, send_from_directory

from casework.settings import current
from web import chat
from web.access import public

blueprint = Blueprint("indlejret", __name__)
STATIC = Path(__file__).parent / "static"
FIELD, YES = "indlejret", "ja"


@blueprint.get("/vejviser.js")
@public
def script():
    """Return the script that makes <borgerraadgiver-vejviser> a button and a panel. It fetches nothing until opened."""
    return send_from_directory(STATIC, "widget.js", mimetype="text/javascript", max_age=3600)


@blueprint.get("/indlejret")
@public
def page():
    """Show the chat alone, without header and menu."""
    return chat.page()


def embedded() -> bool:
    """Return whether this request is for the chat inside another site's frame."""
    if request.endpoint == "indlejret.page":
        return True
    return request.blueprint == "chat" and request.args.get(FIELD) == YES


def register(app: Flask) -> None:
    """Let the chat know its frame. Before Talisman: what is registered first has the last word on the headers."""

    @app.after_request
    def loosen(response: Response) -> Response:
        origins = current().widget_origins
        if origins and embedded():
            policy = response.headers.get("Content-Security-Policy", "")
            allowed = f"frame-ancestors {' '.join(origins)}"
            response.headers["Content-Security-Policy"] = policy.replace("frame-ancestors 'none'", allowed)
            response.headers.pop("X-Frame-Options", None)  # it knows no list of origins, and would forbid them all
        return response

    @app.url_defaults
    def stay_inside(endpoint: str, values: dict) -> None:
        """Where there is no script the forms of the chat post and the page comes back whole: still inside the frame."""
        if endpoint.startswith("chat.") and has_request_context() and embedded():
            values.setdefault(FIELD, YES)

    @app.context_processor
    def layout() -> dict:
        inside = embedded()
        return {"embedded": inside, "layout": "indlejret/base.html" if inside else "base.html"}
