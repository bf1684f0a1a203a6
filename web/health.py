"""Health for operations: is the process up, is everything ready, and the counters."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from casework.db import reading
from web import rasa_client
from web.access import operators_only, public

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def healthz():
    """Say that this process runs."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@public
def readyz():
    """Say whether each part is ready; 503 when one is not."""
    parts = {"database": _database_ready(), "model": rasa_client.is_ready(), "actions": rasa_client.actions_ready()}
    ready = all(parts.values())
    body = {"status": "ready" if ready else "not ready", "parts": {k: "ok" if v else "down" for k, v in parts.items()}}
    return jsonify(body), 200 if ready else 503


def _database_ready() -> bool:
    try:
        with reading() as db:
            db.execute(text("SELECT 1 FROM conversations LIMIT 1"))
        return True
    except SQLAlchemyError:
        return False


@blueprint.get("/metrics")
@operators_only
def metrics():
    """Return the Prometheus counters."""
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
