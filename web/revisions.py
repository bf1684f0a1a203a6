"""Staff keep the answers true: every text with its sources and versions, mending, approving, and what was said when."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for

from casework import clock, revisions, texts
from casework.db import reading, session
from casework.errors import InvalidInput, InvalidState
from casework.revision_checks import InvalidText, check, warnings
from casework.revision_diff import areas_of, as_lines, changes, differing
from casework.revision_history import before_and_after, history, on_day
from casework.revision_lists import (
    SAID_DAYS,
    answer_page,
    answers_by_source,
    pending,
    review_state,
    source_ids,
    source_page,
    sources_of,
    themes,
    times_said,
    title_of,
    unit_page,
)
from casework.revision_preview import CANNOT_FILL, View, depends_on, source_view, unit_view, views
from casework.taxonomy import taxonomy
from web.access import staff_only

blueprint = Blueprint("revisions", __name__, url_prefix="/personale/svar")
NEXT_REVIEW_DAYS = 365


@blueprint.app_template_filter("day")
def _short_date(iso: str | None) -> str:
    return date.fromisoformat(iso).strftime("%d.%m.%Y") if iso else "ukendt dag"


@blueprint.context_processor
def _words() -> dict:
    return {"version_states": texts.REVISION_STATES, "version_kinds": texts.KINDS}


@blueprint.get("/")
@staff_only("reader")
def answers():
    """List the answers with the date of the source that must be looked at first."""
    filters = _filters()
    with reading() as db:
        return _list(db, "svar", answer_page(db, clock.today(), **filters), filters)


@blueprint.get("/kilder")
@staff_only("reader")
def sources():
    """List the sources that answers rest on, those to look at first at the top."""
    filters = _filters()
    with reading() as db:
        return _list(db, "kilde", source_page(db, clock.today(), **filters), filters)


@blueprint.get("/afdelinger")
@staff_only("reader")
def units():
    """List the units with what is known about reaching them."""
    filters = _filters()
    with reading() as db:
        found = unit_page(db, q=filters["q"], waiting=filters["waiting"], page=filters["page"])
        return _list(db, "enhed", found, filters)


@blueprint.get("/forslag")
@staff_only("reader")
def proposals():
    """List what awaits approval."""
    with reading() as db:
        return render_template("revisions/proposals.html", proposals=pending(db), title_of=title_of)


@blueprint.get("/<any(svar,enhed,kilde):kind>/<key>")
@staff_only("reader")
def text(kind: str, key: str):
    """Show one text: as the citizen meets it, what it rests on, how often it was said, and all its versions."""
    with reading() as db:
        standing = revisions.standing(db, kind, key)
        asked = request.args.get("dato", "").strip()
        day, day_error = _day(asked)
        return render_template(
            "revisions/text.html",
            kind=kind,
            key=key,
            title=title_of(kind, key),
            title_of=title_of,
            standing=standing,
            views=_views(kind, key, standing.body),
            depends_on=depends_on(standing.body) if kind == "svar" else (),
            sources=sources_of(db, standing.body, clock.today()) if kind == "svar" else [],
            review=review_state(standing.body, clock.today()) if kind == "kilde" else "",
            used=answers_by_source().get(key, []) if kind == "kilde" else [],
            said=times_said(db, key, clock.now()) if kind == "svar" else None,
            said_days=SAID_DAYS,
            versions=history(db, kind, key),
            asked=asked,
            day=day,
            day_error=day_error,
            then=_then(db, kind, key, day) if day else [],
            editable=texts.editable(kind, key, standing.body),
            **_choices(),
        )


@blueprint.get("/<any(svar,enhed,kilde):kind>/<key>/ret")
@staff_only("adviser")
def edit(kind: str, key: str):
    """Show the form with the text in force."""
    with reading() as db:
        standing = revisions.standing(db, kind, key)
    if not texts.editable(kind, key, standing.body):
        abort(404)
    return _form(kind, key, standing, _given_of(kind, key, standing.body))


@blueprint.post("/<any(svar,enhed,kilde):kind>/<key>/ret")
@staff_only("adviser")
def propose(kind: str, key: str):
    """Show what the citizen would see, or keep the proposal; the form again with what is wrong."""
    with session() as db, db.begin():
        standing = revisions.standing(db, kind, key)
        now_written = _given_of(kind, key, standing.body)
        given = {name: request.form.get(f"felt-{name}", text) for name, text in now_written.items()}
        if request.form.get("handling") != "send":
            return _form(kind, key, standing, given, tried=True)
        try:
            found = revisions.propose(
                db,
                kind,
                key,
                _wanted(kind, standing.body, given),
                g.actor,
                clock.now(),
                clock.today(),
                base=request.form.get("base", ""),
                note=request.form.get("note", ""),
                seen=request.form.getlist("advarsel") if request.form.get("set") == "ja" else (),
            )
        except revisions.Unseen:
            return _form(kind, key, standing, given, tried=True, status=422)
        except InvalidState as error:
            return _form(kind, key, standing, given, tried=True, errors={"": str(error)}, status=409)
        except InvalidText as error:
            return _form(kind, key, standing, given, errors=error.fields, status=422)
        except InvalidInput as error:
            return _form(kind, key, standing, given, tried=True, errors={"note": str(error)}, status=422)
    flash("Forslaget er gemt. Det gælder, når en anden har godkendt det.", "success")
    return redirect(url_for("revisions.version", number=found.id))


@blueprint.get("/udgaver/<int:number>")
@staff_only("reader")
def version(number: int):
    """Show one version with what it changes; a proposal can be decided here."""
    with reading() as db:
        found = revisions.proposal(db, number)
        before, after = before_and_after(db, found)
        waiting = found.state == "forslag"
        return render_template(
            "revisions/version.html",
            version=found,
            title=title_of(found.kind, found.key),
            changes=changes(found.kind, found.key, before, after),
            views=_views(found.kind, found.key, after) if waiting else [],
            warnings=_warnings(found.kind, found.key, before, after) if waiting else [],
            outdated=waiting and found.base != _mark(db, found.kind, found.key),
            own=found.author_id == g.actor.staff_id,
        )


@blueprint.post("/udgaver/<int:number>/<verb>")
@staff_only("adviser")
def decide(number: int, verb: str):
    """Approve, reject or withdraw a proposal, or propose an old version again."""
    verbs = {"godkend": _approve, "afvis": _reject, "traek-tilbage": _withdraw, "gendan": _restore}
    if verb not in verbs:
        abort(404)
    try:
        with session() as db, db.begin():
            number, said = verbs[verb](db, number)
            flash(said, "success")
    except (InvalidState, InvalidInput) as error:
        flash(str(error), "error")
    return redirect(url_for("revisions.version", number=number))


@blueprint.post("/<any(svar,enhed,kilde):kind>/<key>/fjern-rettelsen")
@staff_only("administrator")
def retire(kind: str, key: str):
    """Go back to the files' text at once."""
    try:
        with session() as db, db.begin():
            revisions.retire(db, kind, key, g.actor, clock.now(), request.form.get("why", ""))
        flash("Rettelsen er fjernet. Borgerne får igen filens tekst.", "success")
    except (InvalidState, InvalidInput) as error:
        flash(str(error), "error")
    return redirect(url_for("revisions.text", kind=kind, key=key))


def _approve(db, number: int) -> tuple[int, str]:
    revisions.approve(db, number, g.actor, clock.now())
    return number, "Teksten er godkendt og gælder fra nu af."


def _reject(db, number: int) -> tuple[int, str]:
    revisions.reject(db, number, g.actor, clock.now(), request.form.get("why", ""))
    return number, "Forslaget er afvist."


def _withdraw(db, number: int) -> tuple[int, str]:
    revisions.withdraw(db, number, g.actor, clock.now())
    return number, "Forslaget er trukket tilbage."


def _restore(db, number: int) -> tuple[int, str]:
    old = revisions.proposal(db, number)
    mark = _mark(db, old.kind, old.key)
    found = revisions.restore(db, number, g.actor, clock.now(), clock.today(), base=mark)
    return found.id, "Den gamle tekst er foreslået igen. Den gælder, når en anden har godkendt den."


def _filters() -> dict:
    return {
        "theme": request.args.get("theme", ""),
        "q": request.args.get("q", "").strip()[:200],
        "review": request.args.get("review") == "ja",
        "waiting": request.args.get("waiting") == "ja",
        "page": max(request.args.get("page", 1, type=int), 1),
    }


def _list(db, kind: str, found, filters: dict):
    kept = {k: "ja" if v is True else v for k, v in filters.items() if v and k != "page"}
    return render_template(
        "revisions/list.html",
        kind=kind,
        found=found,
        filters=filters,
        kept=kept,
        page=min(filters["page"], found.pages),
        themes=themes(kind),
        used=answers_by_source() if kind == "kilde" else {},
        proposals=len(pending(db)),
    )


def _form(kind: str, key: str, standing, given: dict, *, tried: bool = False, errors: dict | None = None, status=200):
    """Return the form and its status; `tried` shows the text as given beside it, else the text in force is shown."""
    errors, shown, warned = dict(errors or {}), standing.body, []
    if tried:
        try:
            kept = check(kind, key, standing.body, _wanted(kind, standing.body, given), clock.today())
            shown, warned = texts.merge(standing.body, kept), warnings(kind, key, standing.body, kept)
        except InvalidText as error:
            errors, tried, status = {**errors, **error.fields}, False, max(status, 422)
    page = render_template(
        "revisions/form.html",
        kind=kind,
        key=key,
        title=title_of(kind, key),
        fields={name: n for name, n in texts.editable(kind, key, standing.body).items() if name in given},
        areas_of=areas_of,
        given=given,
        note=request.form.get("note", ""),
        mark=standing.mark,
        errors=errors,
        tried=tried,
        views=_views(kind, key, shown),
        depends_on=depends_on(shown) if kind == "svar" else (),
        changes=changes(kind, key, standing.body, shown),
        warnings=warned,
        seen=request.form.get("set") == "ja",
        body=standing.body,
        today=clock.today(),
        **_choices(),
    )
    return page, status


def _given_of(kind: str, key: str, body: dict) -> dict[str, str]:
    """Return the fields of the form as they stand; of a source only the date of the next look is asked."""
    if kind == "kilde":
        return {"review_by": (clock.today() + timedelta(days=NEXT_REVIEW_DAYS)).isoformat()}
    return {name: as_lines(texts.value_of(body, name)) for name in texts.editable(kind, key, body)}


def _wanted(kind: str, body: dict, given: dict) -> dict:
    return {**given, "checked": clock.today().isoformat()} if kind == "kilde" else differing(body, given)


def _views(kind: str, key: str, body: dict) -> list[View]:
    """Return how citizens meet a text; none when it can no longer be filled in, which only an old text can come to."""
    try:
        if kind == "svar":
            if "short" not in body:
                return []
            chosen = {name: request.values.get(name, "") for name in ("omraade", "unit")}
            return views(key, body, **chosen)
        return [unit_view(key, body) if kind == "enhed" else source_view(key, body)]
    except CANNOT_FILL:
        return []


def _choices() -> dict:
    return {
        "omraader": taxonomy()["omraader"],
        "units": taxonomy()["units"],
        "chosen": {name: request.values.get(name, "") for name in ("omraade", "unit")},
    }


def _warnings(kind: str, key: str, before: dict, after: dict) -> list[str]:
    fields = {name: texts.value_of(after, name) for name in texts.editable(kind, key, after)}
    return warnings(kind, key, before, texts.changed(before, fields))


def _mark(db, kind: str, key: str) -> str:
    return revisions.standing(db, kind, key).mark


def _day(asked: str) -> tuple[date | None, str]:
    if not asked:
        return None, ""
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        return None, "Datoen kan ikke læses. Skriv den som 2026-11-23."
    return (None, "Den dag er ikke kommet endnu.") if day > clock.today() else (day, "")


def _then(db, kind: str, key: str, day: date) -> list[dict]:
    """Return each text in force that day, as citizens met it, with the sources as they stood."""
    found = []
    for said in on_day(db, kind, key, day):
        cited = []
        for source in source_ids(said.body) if kind == "svar" else []:
            cited += [body for _, _, body, _ in on_day(db, "kilde", source, day)[-1:]]
        found.append({"said": said, "views": _views(kind, key, said.body), "sources": cited})
    return found
