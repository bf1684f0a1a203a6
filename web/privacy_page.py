"""What citizens are told of their data: what is kept, how long, why, who sees it, and what they may ask for."""

from __future__ import annotations

from flask import Blueprint, render_template

from casework.keeping import in_words
from web.access import public

blueprint = Blueprint("privacy_page", __name__)


@blueprint.get("/privatliv")
@public
def page():
    """Show the page; the times are those of the settings."""
    return render_template("privacy/page.html", gemmes=in_words())
