"""Pages and files that need no engine: the API description and the design system's assets."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, jsonify, send_from_directory

from web.access import public
from web.openapi import DESCRIPTION

blueprint = Blueprint("pages", __name__)
DKFDS = Path(__file__).parent / "node_modules" / "dkfds" / "dist"


@blueprint.get("/dkfds/<path:name>")
@public
def dkfds(name: str):
    """Serve Det Fælles Designsystem from where the package manager put it."""
    return send_from_directory(DKFDS, name, max_age=7 * 24 * 3600)


@blueprint.get("/api/openapi.json")
@public
def openapi():
    """Describe the public API."""
    return jsonify(DESCRIPTION)
