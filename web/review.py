"""Staff review transcripts, masked: find conversations, judge what was understood, see agreement, hand over lines."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import date

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for

from casework import clock, feedback, review, review_export
from casework.db import reading, session
from casework.enums import FEEDBACK, VERDICTS
from casework.errors import InvalidInput
from casework.review import Filters, InvalidMarks
from casework.taxonomy import taxonomy
from web.access import staff_only

blueprint = Blueprint("review", __name__, url_prefix="/personale/samtaler")
FLAGS = {
    "handed_off": "Blev til en sag",
    "unsure": "Ikke forstået",
    "low": "Usikkert forstået",
    "abandoned": "Forladt midt i en dialog",
    "unhelped": "Borgeren fik ikke svar",
    "unmarked": "Ikke vurderet af mig",
    "test": "Kun prøver",
}
SIZE = 40  # of the drawing: pixels for each month


@blueprint.get("/")
@staff_only("reader")
def overview():
    """List the conversations that pass the filters, or a random sample of them."""
    filters, errors = _filters()
    if filters.sample and not request.args.get("seed", "").strip():
        drawn = {**_query(filters), "seed": secrets.randbelow(900_000) + 100_000}
        return redirect(url_for("review.overview", **drawn))  # the seed stands in the address, so that it can be shared
    page = max(request.args.get("page", 1, type=int), 1)
    with reading() as db:
        ids = review.found(db, filters, g.actor, clock.now())
        pages = max((len(ids) + review.PAGE_SIZE - 1) // review.PAGE_SIZE, 1)
        page = min(page, pages)
        shown = review.rows(db, ids[(page - 1) * review.PAGE_SIZE : page * review.PAGE_SIZE], g.actor)
        judged, twice = review.judged_turns(db)
    return render_template(
        "review/list.html",
        rows=shown,
        total=len(ids),
        page=page,
        pages=pages,
        filters=filters,
        query=_query(filters),
        flags=FLAGS,
        errors=errors,
        judged=judged,
        twice=twice,
        low=review.LOW_CONFIDENCE,
        max_sample=review.MAX_SAMPLE,
    ), (422 if errors else 200)


@blueprint.get("/<uuid:conversation_id>")
@staff_only("reader")
def conversation(conversation_id):
    """Show one conversation, masked; that it was read is logged."""
    return _page(str(conversation_id))


@blueprint.post("/<uuid:conversation_id>/vurder")
@staff_only("adviser")
def mark(conversation_id):
    """Keep what a person says of the turns, and go on to the next conversation when asked to."""
    given = {
        int(number): tuple(request.form.get(f"{name}-{number}", "") for name in ("v", "t", "a"))
        for number in request.form.getlist("linje")
        if number.isdigit()
    }
    try:
        with session() as db, db.begin():
            changed = review.mark(db, str(conversation_id), given, g.actor, clock.now())
    except InvalidMarks as error:
        return _page(str(conversation_id), given, error.turns), 422
    except InvalidInput as error:
        return _page(str(conversation_id), given, {0: str(error)}), 422
    flash("Vurderingen er gemt." if changed else "Der var intet nyt at gemme.", "success")
    following = _next(str(conversation_id)) if request.form.get("videre") == "ja" else str(conversation_id)
    filters, _ = _filters()
    if following is None:
        flash("Det var den sidste samtale i udvalget.", "info")
        return redirect(url_for("review.overview", **_query(filters)))
    return redirect(url_for("review.conversation", conversation_id=following, **_query(filters)))


@blueprint.post("/<uuid:conversation_id>/proeve")
@staff_only("adviser")
def test(conversation_id):
    """Say that a conversation is a test, or that it is none."""
    on = request.form.get("til") == "ja"
    with session() as db, db.begin():
        review.set_test(db, str(conversation_id), on, g.actor, clock.now())
    flash("Samtalen er nu en prøve og tælles ikke med." if on else "Samtalen tælles med igen.", "success")
    filters, _ = _filters()
    return redirect(url_for("review.conversation", conversation_id=conversation_id, **_query(filters)))


@blueprint.get("/enighed")
@staff_only("reader")
def agreement():
    """Show month by month how far two people agree."""
    with reading() as db:
        months = review.agreement(db)
    return render_template("review/agreement.html", months=months, drawing=_drawing(months), names=VERDICTS)


@blueprint.get("/eksport")
@staff_only("adviser")
def export():
    """Show what the marks would give as training examples."""
    with reading() as db:
        found = review_export.due(db)
        return render_template("review/export.html", found=found, summary=review_export.summary(found))


@blueprint.post("/eksport/hent")
@staff_only("adviser")
def fetch():
    """Hand over the examples as a file and remember that they were."""
    with session() as db, db.begin():
        found = review_export.due(db)
        text = review_export.as_yaml(found, clock.today())
        review_export.remember(db, found, clock.now())
    name = f"vurderede-linjer-{clock.today().isoformat()}.yml"
    return Response(
        text,
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _page(conversation_id: str, given: dict | None = None, errors: dict[int, str] | None = None):
    filters, _ = _filters()
    with session() as db, db.begin():
        found = review.read(db, conversation_id, g.actor, clock.now())
        return render_template(
            "review/conversation.html",
            conversation=found,
            lines=review.lines(db, conversation_id, g.actor),
            reads=review.reads_of(db, conversation_id),
            feedback=feedback.of(db, conversation_id),
            given=given or {},
            errors=errors or {},
            query=_query(filters),
            verdicts=VERDICTS,
            feedback_names=FEEDBACK,
            topics=taxonomy()["topics"],
            max_about=review.MAX_ABOUT,
        )


def _next(conversation_id: str) -> str | None:
    """Return the conversation after this one in the chosen list; what has been judged meanwhile still counts."""
    filters, _ = _filters()
    with reading() as db:
        ids = review.found(db, replace(filters, unmarked=False), g.actor, clock.now())
        left = ids[ids.index(conversation_id) + 1 :] if conversation_id in ids else []
        if filters.unmarked:
            left = [row.conversation.id for row in review.rows(db, left[:500], g.actor) if not row.own]
    return left[0] if left else None


def _filters() -> tuple[Filters, list[str]]:
    """Return the filters of the address and what in it could not be read."""
    errors: list[str] = []
    days = {name: _day(request.args.get(name, ""), errors) for name in ("since", "until")}
    sample = _whole(request.args.get("sample", ""), "Antallet i stikprøven", review.MAX_SAMPLE, errors)
    seed = _whole(request.args.get("seed", ""), "Stikprøvens nøgle", 10**9, errors)
    if days["since"] and days["until"] and days["since"] > days["until"]:
        errors.append("Perioden slutter, før den begynder.")
    flags = {name: request.args.get(name) == "ja" for name in FLAGS}
    return Filters(**flags, **days, sample=sample, seed=seed or 0), errors


def _query(filters: Filters) -> dict:
    """Return the filters as they stand in an address."""
    kept = {name: "ja" for name in FLAGS if getattr(filters, name)}
    kept |= {name: day.isoformat() for name in ("since", "until") if (day := getattr(filters, name))}
    return kept | ({"sample": filters.sample, "seed": filters.seed} if filters.sample else {})


def _day(text: str, errors: list[str]) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        errors.append("Datoen kan ikke læses. Skriv den som 2026-11-23.")
        return None


def _whole(text: str, name: str, most: int, errors: list[str]) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        errors.append(f"{name} skal være et tal mellem 1 og {most}.")
        return None
    return int(text)


def _drawing(months: list[review.Month]) -> dict:
    """Return the places of the drawing: for each of the last 24 months a bar of agreement and a dot of kappa."""
    shown = months[-24:]
    left, top, height = 52, 12, 120
    points = []
    for number, month in enumerate(shown):
        tall = round(height * month.share)
        dot = None if month.kappa is None else top + height - round(height * max(month.kappa, 0))
        points.append({"month": month, "x": left + SIZE * number, "y": top + height - tall, "tall": tall, "dot": dot})
    return {
        "points": points,
        "left": left,
        "top": top,
        "height": height,
        "bar": SIZE - 16,
        "width": left + SIZE * max(len(shown), 6) + 8,
        "whole": top + height + 62,
    }
