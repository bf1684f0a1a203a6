"""Letters on pages: choose one, fill it in, correct it, take it along as a Word file or on paper. Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from io import BytesIO

from flask import Blueprint, Response, render_template, request, send_file

from casework import clock, letters
from casework.answers import klageveje
from casework.db import reading, session
from casework.errors import NotFound
from casework.letters import InvalidLetter, Letter
from casework.taxonomy import label, taxonomy
from web.access import public
from web.limits import limiter

blueprint = Blueprint("letters", __name__)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
AREA = "omraade"


@blueprint.after_request
def _private(response: Response) -> Response:
    """Keep what a citizen wrote out of every cache and every search engine."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.get("/brev")
@public
def overview():
    """Show the kinds of letters."""
    shown = [{"url": _url_of(kind), **entry} for kind, entry in letters.letters().items()]
    return render_template("letters/list.html", letters=shown)


@blueprint.get("/brev/<kind>")
@public
def form(kind: str):
    """Show the empty form; area, unit and date may come along, anything personal may not."""
    kind = _kind_in(kind)
    return _form(kind, _suggested(kind), _area())


@blueprint.post("/brev/<kind>")
@limiter.limit("20 per minute")
@public
def write(kind: str):
    """Show the finished letter, the form again (`gaa=ret`), or return the Word file (`gaa=word`)."""
    kind = _kind_in(kind)
    given, area = _typed(kind, request.form), _area()
    if request.form.get("gaa") == "ret":
        return _form(kind, given, area)
    try:
        letter = letters.compose(kind, given, clock.today())
    except InvalidLetter as error:
        return _form(kind, given, area, error.fields), 422
    if request.form.get("gaa") == "word":
        return _word(letter)
    return _letter(letter, given, area)


@blueprint.get("/brev/udkast/<token>")
@public
def draft(token: str):
    """Show the letter drafted in the chat with the same tools, or the form where something is missing."""
    kind, given = _drafted(token)
    try:
        letter = letters.compose(kind, given, clock.today())
    except InvalidLetter as error:
        return _form(kind, given, _area(), error.fields)
    return _letter(letter, given, _area(), draft=True)


@blueprint.get("/brev/udkast/<token>.docx")
@public
def draft_docx(token: str):
    """Return the letter drafted in the chat as a Word file."""
    kind, given = _drafted(token)
    return _word(letters.compose(kind, given, clock.today()))


def _drafted(token: str) -> tuple[str, dict[str, str]]:
    """Return kind and answers of a draft; one whose conversation has been quiet for a day is gone."""
    with session() as db, db.begin():
        letters.forget_old(db, clock.now())
    with reading() as db:
        kind, given = letters.find(db, token, resolved=True)
    return kind, _typed(kind, given)


def _kind_in(path: str) -> str:
    """Return the kind a path names: klage-kort, or klage_kort as the chat writes it."""
    kind = path.replace("-", "_")
    if kind not in letters.letters():
        raise NotFound("Det brev findes ikke. Vælg et på siden Skriv et brev.")
    return kind


def _url_of(kind: str) -> str:
    return kind.replace("_", "-")


def _area() -> str | None:
    """Return the legal area the citizen came with, if it is one; it only chooses the advice beside a complaint."""
    area = request.values.get(AREA)
    return area if area in taxonomy()["omraader"] else None


def _suggested(kind: str) -> dict[str, str]:
    unit = request.args.get("unit")
    unit = unit if unit in taxonomy()["units"] else None
    recipient = letters.recipient_for(unit, _area(), kind) or ""
    given = {"modtager": recipient, "afdeling": recipient}
    try:
        day = date.fromisoformat(request.args.get("dato", ""))
    except ValueError:
        day = None
    if day and day <= clock.today():
        given["dato"] = day.isoformat()
    return _typed(kind, given)


def _typed(kind: str, given: Mapping[str, str]) -> dict[str, str]:
    """Return the answers as the form and the hidden fields carry them: no CPR number goes back and forth."""
    today = clock.today()
    return {field["id"]: letters.as_typed(field, given.get(field["id"]), today) for field in letters.fields(kind)}


def _form(kind: str, given: dict[str, str], area: str | None, problems: dict[str, str] | None = None):
    return render_template(
        "letters/form.html",
        kind=kind,
        url=_url_of(kind),
        entry=letters.letters()[kind],
        fields=letters.fields(kind),
        given=given,
        problems=problems or {},
        today=clock.today().isoformat(),
        area=area,
        guide=_guide(kind, area),
    )


def _letter(letter: Letter, given: dict[str, str], area: str | None, *, draft: bool = False):
    return render_template(
        "letters/letter.html",
        letter=letter,
        url=_url_of(letter.kind),
        given=given,
        area=area,
        guide=_guide(letter.kind, area),
        sources=letters.sources_of(letter.kind),
        draft=draft,
    )


def _guide(kind: str, area: str | None) -> dict | None:
    """Return where a complaint in this area goes, in the words of the complaint guide."""
    if not area or not letters.letters()[kind].get("complaint"):
        return None
    return {**klageveje()[area], "name": label("omraader", area)}


def _word(letter: Letter) -> Response:
    name = f"{_url_of(letter.kind)}-{letter.day.isoformat()}.docx"
    return send_file(BytesIO(letters.to_docx(letter)), DOCX, as_attachment=True, download_name=name)
