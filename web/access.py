"""Who may call a route. Every route carries exactly one of these marks; a test sees to it."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import wraps

from flask import g, request
from flask_login import current_user, login_required

from casework.cases import Actor
from casework.db import reading
from casework.errors import NotAllowed
from casework.settings import current
from casework.staff import token_holder

RANK = {"reader": 0, "adviser": 1, "administrator": 2}


def public(view: Callable) -> Callable:
    """Anyone may call it."""
    view.access = "public"
    return view


def _admit(actor: Actor, role: str, refusal: str) -> None:
    """Let `actor` in for this request, or refuse with these words when the role is below `role`."""
    if RANK[actor.role] < RANK[role]:
        raise NotAllowed(refusal)
    g.actor = actor


def staff_only(role: str = "reader") -> Callable:
    """Signed-in staff with at least this role."""

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        @login_required
        def guarded(*args, **kwargs):
            actor = Actor(current_user.name, current_user.role, staff_id=current_user.staff_id)
            _admit(actor, role, "Din rolle giver ikke adgang til det.")
            return view(*args, **kwargs)

        guarded.access = f"staff:{role}"
        return guarded

    return decorate


def token_only(role: str = "reader") -> Callable:
    """Holders of an API token with at least this role."""

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def guarded(*args, **kwargs):
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            with reading() as db:
                holder = token_holder(db, token.strip() if scheme.lower() == "bearer" else "")
            actor = Actor(holder.name, holder.role, token_id=holder.id)
            _admit(actor, role, "Nøglens rolle giver ikke adgang til det.")
            return view(*args, **kwargs)

        guarded.access = f"token:{role}"
        return guarded

    return decorate


def operators_only(view: Callable) -> Callable:
    """Callers on this machine, or with the metrics token."""

    @wraps(view)
    def guarded(*args, **kwargs):
        wanted = current().metrics_token
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        local = request.remote_addr in ("127.0.0.1", "::1") and "X-Forwarded-For" not in request.headers
        if not local and not (wanted and hmac.compare_digest(given.encode(), wanted.encode())):
            raise NotAllowed("Kun for drift.")
        return view(*args, **kwargs)

    guarded.access = "operators"
    return guarded
