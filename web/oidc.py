"""Sign-in through the kommune's own login: OpenID Connect with PKCE; state, nonce, issuer and signature are checked."""

from __future__ import annotations

import logging

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, abort, current_app, redirect, render_template, request, session, url_for
from flask_login import current_user
from joserfc.errors import JoseError

from casework import clock, openid, sign_in
from casework.db import session as db_session
from casework.errors import CaseworkError
from casework.settings import current
from web import signed_in
from web.access import public
from web.limits import limiter

log = logging.getLogger(__name__)
blueprint = Blueprint("oidc", __name__, url_prefix="/personale/login/kommunen")

TIMEOUT_SECONDS = 5
SAFE_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
UNCONFIRMED = "Kommunens login kunne ikke bekræftes. Prøv igen."
CANCELLED = "Login hos kommunen blev afbrudt. Prøv igen."
AWAY = "Kommunens login svarer ikke lige nu. Prøv igen om lidt."
_BROKEN = (AuthlibBaseError, JoseError, KeyError, TypeError, ValueError, RuntimeError)


class Distrusted(Exception):
    """What the issuer says does not hold together."""


@blueprint.get("/")
@limiter.limit("30 per minute")
@public
def start():
    """Go to the kommune's login."""
    if current_user.is_authenticated:
        return redirect(url_for("console.queue"))
    target = signed_in.own_page(request.args.get("next"))
    session.clear()
    try:
        answer = _client().authorize_redirect(url_for("oidc.callback", _external=True))
    except requests.RequestException as error:
        return _away(error)
    except (Distrusted, *_BROKEN) as error:
        return _refuse(error)
    session["target"] = target
    return answer


@blueprint.get("/retur")
@limiter.limit("30 per minute")
@public
def callback():
    """Take the answer of the kommune's login and let the person in."""
    if request.args.get("error"):
        session.clear()
        return _sorry(CANCELLED, 401)
    target = signed_in.own_page(session.get("target"))
    try:
        claims = _verified_claims()
    except requests.RequestException as error:
        return _away(error)
    except (Distrusted, *_BROKEN) as error:
        return _refuse(error)
    settings = current()
    try:
        with db_session() as db, db.begin():
            roles = settings.oidc_roles
            person = openid.admit(db, claims, clock.now(), role_claim=settings.oidc_role_claim, roles=roles)
            return signed_in.enter(db, person, signed_in.KOMMUNE, target=target)
    except CaseworkError as error:
        _log_refusal()
        return _sorry(str(error), 403)


def _client():
    """Return the client of the issuer the settings name, with what it says of itself; fetched once a process."""
    settings = current()
    if not settings.oidc_issuer:
        abort(404)
    wanted = (settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)
    kept = current_app.extensions.get("vejviser-oidc")
    if kept is None or kept[0] != wanted:
        client = OAuth(current_app).register(
            "kommune",
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret,
            server_metadata_url=f"{settings.oidc_issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid email profile",
                "code_challenge_method": "S256",
                "default_timeout": TIMEOUT_SECONDS,
            },
        )
        current_app.extensions["vejviser-oidc"] = kept = (wanted, client)
    client = kept[1]
    metadata = client.load_server_metadata()
    if str(metadata.get("issuer", "")).rstrip("/") != settings.oidc_issuer:
        raise Distrusted("issuer of the metadata")
    offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    metadata["id_token_signing_alg_values_supported"] = [a for a in offered if a in SAFE_ALGORITHMS] or ["RS256"]
    return client


def _verified_claims() -> dict:
    """Return the claims of the identity token, every check passed; what was kept for it is used up either way."""
    client = _client()
    issuer = client.server_metadata["issuer"]
    options = {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": client.client_id},
        "sub": {"essential": True},
    }
    try:
        token = client.authorize_access_token(claims_options=options, leeway=60)
    finally:
        session.clear()
    claims = token.get("userinfo")
    if not claims:
        raise Distrusted("no identity token")
    return claims


def _refuse(error: Exception):
    log.warning("oidc: refused, %s", type(error).__name__)
    _log_refusal()
    return _sorry(UNCONFIRMED, 403)


def _away(error: Exception):
    log.error("oidc: no answer, %s", type(error).__name__)
    return _sorry(AWAY, 503)


def _log_refusal() -> None:
    with db_session() as db, db.begin():
        sign_in.refused(db, request.remote_addr, clock.now(), staff_id=None, detail=signed_in.KOMMUNE)


def _sorry(error: str, status: int):
    settings = current()
    page = render_template(
        "login/form.html", error=error, email="", local=settings.local_login, kommune=True, target=None
    )
    return page, status
