"""The staff console: the queue is in web/queue.py, one case in web/case_page.py."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("console", __name__, url_prefix="/personale")
