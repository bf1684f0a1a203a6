"""The faces: citizens' chat and forms, the staff console and the APIs."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from flask import Flask, g, request
from flask_login import LoginManager
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFProtect
from markdown_it import MarkdownIt
from markupsafe import Markup
from werkzeug.middleware.proxy_fix import ProxyFix

from casework import clock
from casework.answers import render
from casework.availability_settings import WEEKDAYS
from casework.calendar import long_date, short_time
from casework.directory import main_number
from casework.enums import CASE_PRIORITIES, CASE_STATUSES, CITIZEN_STATUSES, EVENT_KINDS, ROLES, SERVICE_PARTS
from casework.errors import SwitchedOff
from casework.overlay import held
from casework.settings import current
from casework.taxonomy import label
from web import (
    about,
    account,
    appointments_api,
    audit,
    calendar_feed,
    case_page,
    chat,
    closed,
    compressed,
    course,
    drift,
    errors,
    health,
    henvendelse,
    history,
    ics,
    indlejret,
    kalender,
    kalender_booking,
    kalender_settings,
    letters,
    live,
    login,
    moede,
    oidc,
    own_case,
    own_meeting,
    pages,
    person,
    privacy_page,
    queue,
    retention,
    review,
    revisions,
    sammen,
    samtale,
    signed_in,
    staff_api,
    svar,
    tal,
    users,
)
from web.limits import limiter

MAX_BODY = 256 * 1024
_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})


def create_app() -> Flask:
    """Return the web application, configured by the settings."""
    settings = current()
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=settings.derived_key("session").hex(),
        MAX_CONTENT_LENGTH=MAX_BODY,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.production,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        WTF_CSRF_TIME_LIMIT=None,  # a long-open console page must still be able to save; the session sets the limit
        RATELIMIT_STORAGE_URI=settings.redis_url or "memory://",
        RATELIMIT_HEADERS_ENABLED=True,
    )
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies)
    _tell_no_address(app)
    indlejret.register(app)
    sammen.register(app)
    Talisman(
        app,
        force_https=False,  # the reverse proxy in front ends TLS
        strict_transport_security=settings.production,
        session_cookie_secure=settings.production,
        frame_options="DENY",
        content_security_policy={
            "default-src": "'self'",
            "img-src": "'self' data:",
            "object-src": "'none'",
            "base-uri": "'none'",
            "form-action": "'self'",
            "frame-ancestors": "'none'",
        },
        referrer_policy="same-origin",
    )
    csrf = CSRFProtect(app)
    limiter.init_app(app)
    _login_manager(app)
    open_to_all = (chat, course, health, henvendelse, ics, letters, own_case, pages, staff_api, svar, privacy_page)
    for blueprint in (
        module.blueprint
        for module in (*open_to_all, moede, own_meeting, appointments_api, calendar_feed, about, indlejret)
    ):
        # Nothing here acts on a cookie: a conversation token, a code or a bearer token is sent in the request itself.
        csrf.exempt(blueprint)
        app.register_blueprint(blueprint)
    for_staff = (login, oidc, account, queue, case_page, live, revisions, users, audit, review, retention, person)
    for_staff += (kalender, kalender_booking, kalender_settings, drift, tal)
    for blueprint in dict.fromkeys(module.blueprint for module in for_staff):  # the console's pages share one
        app.register_blueprint(blueprint)
    errors.register(app)
    app.register_error_handler(SwitchedOff, closed.refused)
    compressed.register(app)
    _hold_texts(app)
    app.jinja_env.filters.update(
        markdown=lambda text: Markup(sammen.links_kept_large(_markdown.render(text))),  # noqa: S704 - raw HTML is off
        long_date=long_date,
        moment=short_time,
        clock_time=lambda iso: datetime.fromisoformat(iso).astimezone(clock.COPENHAGEN).strftime("%H.%M"),
        label=lambda key, kind: label(kind, key),
        hour=lambda when: when.strftime("%-H.%M").removesuffix(".00"),
        weekday=lambda when: WEEKDAYS[when.weekday()],
        copied=history.copied,
        plain=history.as_plain,
        kept_large=sammen.kept_large,
    )
    app.context_processor(lambda: {"hovednummer": main_number(), "drift": closed.standing()})
    app.jinja_env.globals.update(
        statuses=CASE_STATUSES,
        citizen_statuses=CITIZEN_STATUSES,
        priorities=CASE_PRIORITIES,
        event_kinds=EVENT_KINDS,
        roles=ROLES,
        service_parts=SERVICE_PARTS,
        drift_here=closed.told_here,
        waiting_meetings=kalender.waiting_now,
        how_open=samtale.how_open,
        welcome=lambda: render("velkomst"),
        seconds_to=samtale.seconds_to,
        new_key=lambda: str(uuid.uuid4()),
        demo=not settings.production,
    )
    return app


def _tell_no_address(app: Flask) -> None:
    """Let no page whose address is itself a key tell it to where its links lead. Before Talisman: what is registered
    first has the last word."""

    @app.after_request
    def no_referrer(response):
        if request.blueprint in ("moede", "own_meeting"):
            response.headers["Referrer-Policy"] = "no-referrer"
        return response


def _hold_texts(app: Flask) -> None:
    """Let a request see the answers of one moment, and ask the database for what staff have changed at most once."""

    @app.before_request
    def hold() -> None:
        g.held_texts = held()
        g.held_texts.__enter__()

    @app.teardown_request
    def release(error: BaseException | None) -> None:
        texts = g.pop("held_texts", None)
        if texts is not None:
            texts.__exit__(None, None, None)


def _login_manager(app: Flask) -> None:
    manager = LoginManager(app)
    manager.session_protection = "strong"
    manager.user_loader(signed_in.load)
    manager.unauthorized_handler(signed_in.send_to_login)


def __getattr__(name: str):
    """Build the application the first time a server asks for `web:app`, and never at mere import."""
    if name == "app":
        globals()["app"] = create_app()
        return globals()["app"]
    raise AttributeError(name)
