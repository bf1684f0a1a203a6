"""All answers on one page with a search field: a way on that needs neither the assistant nor a script."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from casework import privacy
from casework.answers import choice_labels, render
from casework.search import search, searchable
from web.access import public

blueprint = Blueprint("svar", __name__)
MAX_QUERY = 200


@blueprint.get("/svar")
@public
def page():
    """Show the answers that match `q`, or all of them."""
    query = privacy.clean(request.args.get("q", ""))[:MAX_QUERY]
    topics = search(query) if query else searchable()
    found = [{"topic": topic, "title": choice_labels()[topic], **render(topic)} for topic in topics]
    return render_template("svar/page.html", query=query, found=found)
