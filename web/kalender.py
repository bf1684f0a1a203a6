"""The adviser's calendar on the staff pages: day, week and list, one meeting and what can be done with it."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

from babel.dates import format_date
from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for

from casework import availability, clock, meeting_calendar, meetings, privacy
from casework.db import reading, session
from casework.enums import CONTACT_CHANNELS, MEETING_EVENT_KINDS, MEETING_NEEDS, MEETING_STATUSES
from casework.errors import CaseworkError, InvalidInput
from casework.meeting_calendar import CHOICES, PAGE_SIZE, Filters
from web.access import staff_only
from web.errors import STATUS
from web.kalender_times import chosen_start, day_in, free_times, number_in, times_in

blueprint = Blueprint("kalender", __name__, url_prefix="/personale/kalender")
CORRECTED = ("name", "channel", "value", "subject", "wished_place", "place")
FOR_STAFF = {
    "name": "Skriv borgerens navn.",
    "channel": "Vælg, hvordan borgeren kan nås.",
    "value": "Skriv et helt telefonnummer eller en hel mailadresse. Til en telefonsamtale skal der være et nummer.",
}
VIEWS = {"dag": "Dag", "uge": "Uge", "liste": "Liste"}


@blueprint.app_template_filter("kl")
def _clock(moment) -> str:
    return moment.astimezone(clock.COPENHAGEN).strftime("%H.%M")


@blueprint.app_template_filter("kort_dag")
def _short_day(day: date) -> str:
    return format_date(day, "EEE d. MMM", locale="da")


@blueprint.app_template_filter("day_and_time")
def _day_and_time(iso: str) -> str:
    """Return a moment written in ISO 8601 as day and time in Copenhagen."""
    moment = datetime.fromisoformat(iso).astimezone(clock.COPENHAGEN)
    return f"{format_date(moment.date(), 'EEEE d. MMMM y', locale='da')} kl. {moment:%H.%M}"


def waiting_now() -> int:
    """Return how many requests wait for an answer, for the menu of every staff page."""
    with reading() as db:
        return meeting_calendar.waiting_count(db)


@blueprint.get("/")
@staff_only("reader")
def overview():
    """Show what waits for an answer, and then a day, a week or a list. A day names people, and that is logged."""
    view = request.args.get("vis", "uge")
    if view not in VIEWS:
        abort(404)
    if view == "liste":
        return _list()
    day, wrong = _day_asked_for()
    first = day if view == "dag" else day - timedelta(days=day.weekday())
    last = day if view == "dag" else first + timedelta(days=6)
    step = timedelta(days=1 if view == "dag" else 7)
    now = clock.now()
    with session() as db, db.begin():
        shown = meeting_calendar.days(db, first, last, now)
        if view == "dag":
            meeting_calendar.seen(db, shown[0].meetings, g.actor, now)
        elif not any(d.meetings or d.held for d in shown[5:]):
            shown = shown[:5]
        kinds = availability.kinds(db)
        free = {k.kind: availability.slots(db, k.kind, first, last, now) for k in kinds}
        body = render_template(
            f"kalender/{view}.html",
            view=view,
            day=day,
            last=last,
            shown=shown,
            free=free,
            free_count=counted(free),
            wrong=wrong,
            week=day.isocalendar()[1],
            previous=(day - step).isoformat(),
            following=(day + step).isoformat(),
            waiting=meetings.waiting(db),
            unmarked=meeting_calendar.unmarked_count(db, clock.now()),
            **shared_words(),
        )
    return body, 422 if wrong else 200


def counted(free: dict[str, list]) -> dict[date, dict[str, int]]:
    """Return for each day how many free times there are of each kind."""
    found: dict[date, dict[str, int]] = defaultdict(dict)
    for kind, slots in free.items():
        for day, count in Counter(slot.start.date() for slot in slots).items():
            found[day][kind] = count
    return found


def _list():
    filters, wrong = _filters()
    number = max(number_in(request.args.get("side", "")) or 1, 1)
    with reading() as db:
        found, total = meeting_calendar.page(db, filters, clock.now(), number)
        pages = max(1, -(-total // PAGE_SIZE))
        body = render_template(
            "kalender/liste.html",
            view="liste",
            day=clock.today(),
            found=found,
            total=total,
            number=number,
            pages=pages,
            filters=filters,
            given=request.args,
            wrong=wrong,
            kept=_kept(filters),
            choices=CHOICES,
            waiting=meetings.waiting(db),
            unmarked=meeting_calendar.unmarked_count(db, clock.now()),
            **shared_words(),
        )
    return body, 422 if wrong else 200


@blueprint.post("/find")
@staff_only("reader")
def find():
    """Find meetings by a whole phone number or address; it stands in no address of a page. Names are not shown."""
    value, found, error = request.form.get("contact", ""), [], ""
    with reading() as db:
        try:
            found = meeting_calendar.with_contact(db, value)
        except InvalidInput as problem:
            error = str(problem)
        body = render_template("kalender/fundet.html", found=found, value=value, error=error, **shared_words())
    return body, 422 if error else 200


@blueprint.get("/udskriv")
@staff_only("reader")
def on_paper():
    """Show one day to be printed, with whom to reach and how; that is logged for each meeting."""
    day, wrong = _day_asked_for()
    with session() as db, db.begin():
        shown = meeting_calendar.days(db, day, day, clock.now())[0]
        meeting_calendar.seen(db, shown.meetings, g.actor, clock.now())
        subjects = {a.id: _resolved(db, a, a.subject) for a in shown.meetings}
        body = render_template(
            "kalender/udskriv.html",
            day=day,
            shown=shown,
            subjects=subjects,
            wrong=wrong,
            made=clock.now(),
            **shared_words(),
        )
    return body, 422 if wrong else 200


@blueprint.get("/moede/<int(max=2147483647):number>")
@staff_only("reader")
def appointment(number: int):
    """Show one meeting; that it was read is logged."""
    return _page(number)


@blueprint.post("/moede/<int(max=2147483647):number>/<verb>")
@staff_only("adviser")
def act(number: int, verb: str):
    """Do something with a meeting. What could not be done shows the page again with why, and with what was typed."""
    if verb not in VERBS:
        abort(404)
    given = request.form.to_dict()
    given["alternatives"], given["needs"] = request.form.getlist("alternatives"), request.form.getlist("needs")
    try:
        with session() as db, db.begin():
            found = meetings.find_id(db, number)
            said = VERBS[verb](db, found, given)
            told = verb in TOLD and found.value and not meeting_calendar.is_mailed(found)
    except Unusual as unusual:
        return _page(number, verb=verb, given=given, unusual=unusual, status=422)
    except CaseworkError as error:
        return _page(number, verb=verb, given=given, error=error, status=status_of(error))
    flash(said, "success")
    if told:
        flash("Borgeren får ikke besked af systemet. Ring eller skriv; oplysningerne står herunder.", "info")
    return redirect(url_for("kalender.appointment", number=number))


class Unusual(Exception):
    """Citizens could not have chosen this time; whoever books it must say that it is meant."""

    def __init__(self, why: str, start: datetime) -> None:
        super().__init__(why)
        self.start = start


def for_staff(problems: dict[str, str]) -> dict[str, str]:
    """Return what is wrong field by field, where it is written to a citizen in the words for whoever books for her."""
    return {
        name: FOR_STAFF.get(name, text) if "dit" in text or "dig" in text or "din" in text else text
        for name, text in problems.items()
    }


def error_text(error: CaseworkError | None) -> str:
    """Return what went wrong in one sentence or more."""
    return " ".join(for_staff(getattr(error, "fields", {})).values()) or str(error or "")


def status_of(error: CaseworkError) -> int:
    """Return the HTTP status of what went wrong."""
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 409)


def _page(number: int, *, verb: str = "", given: dict | None = None, error=None, unusual=None, status: int = 200):
    now, today = clock.now(), clock.today()
    given = given or {}
    with session() as db, db.begin():
        found = meeting_calendar.read(db, number, g.actor, now)
        local = found.start_at.astimezone(clock.COPENHAGEN)
        since, wrong = day_in(request.values.get("fra", ""), max(found.day, today))
        body = render_template(
            "kalender/moede.html",
            a=found,
            local=local,
            subject=_resolved(db, found, found.subject),
            place=found.place or found.wished_place or found.about.place,
            history=meeting_calendar.history(db, found),
            reads=meeting_calendar.reads_of(db, found),
            others=[o for o in meeting_calendar.days(db, found.day, found.day, now)[0].meetings if o.id != found.id],
            mailed=meeting_calendar.is_mailed(found),
            begun=found.start_at <= now,
            unusual=str(unusual or ""),
            agreed=unusual.start.isoformat() if unusual else "",
            why=meeting_calendar.why_unusual(db, found.kind, local, now, found) if found.status == "anmodet" else "",
            times=free_times(db, found.kind, since, now, found),
            other_times=free_times(db, found.kind, since, now) if found.status == "anmodet" else [],
            since=since,
            wrong=wrong,
            verb=verb,
            given=given,
            error=error_text(error),
            problems=for_staff(getattr(error, "fields", {})),
            channels=CONTACT_CHANNELS,
            event_names=MEETING_EVENT_KINDS,
            **shared_words(),
        )
    return body, status


def _resolved(db, found, text: str) -> str:
    """Return a masked text with what was masked put back, unless the case it belongs to is anonymous."""
    if not found.conversation_id or (found.case and found.case.anonymous):
        return text
    return privacy.resolve(text, privacy.known_values(db, found.conversation_id)) or ""


def _accept(db, found, given: dict) -> str:
    meetings.accept(db, found, clock.now(), g.actor, given.get("place", ""), seen=_seen(given))
    return "Du har sagt ja. Mødet er aftalt."


def _decline(db, found, given: dict) -> str:
    times = times_in(given["alternatives"])
    other = chosen_start({**given, "start": "andet"}) if given.get("dag") or given.get("klokken") else None
    times += [other] if other else []
    meetings.decline(db, found, clock.now(), g.actor, given.get("reason", ""), times, seen=_seen(given))
    return "Du har sagt nej med en begrundelse."


def _move(db, found, given: dict) -> str:
    start = chosen_start(given)
    agreed_if_unusual(db, found.kind, start, given, found)
    meetings.move(db, found, start, clock.now(), actor=g.actor, seen=_seen(given))
    return "Mødet er flyttet."


def agreed_if_unusual(db, kind: str, start, given: dict, ignore=None) -> None:
    """Raise Unusual for a time citizens could not choose, until it has been said that it is meant."""
    why = meeting_calendar.why_unusual(db, kind, start, clock.now(), ignore)
    if why and given.get("alligevel") != start.isoformat():
        raise Unusual(why, start)


def _cancel(db, found, given: dict) -> str:
    if not given.get("reason", "").strip():
        raise InvalidInput("Skriv, hvorfor mødet aflyses. Borgeren får det at vide.")
    meetings.cancel(db, found, clock.now(), actor=g.actor, reason=given["reason"], seen=_seen(given))
    return "Mødet er aflyst."


def _kept_it(db, found, given: dict) -> str:
    meetings.mark(db, found, "gennemfoert", clock.now(), g.actor, seen=_seen(given))
    return "Det er noteret, at mødet blev holdt."


def _no_show(db, found, given: dict) -> str:
    meetings.mark(db, found, "udeblevet", clock.now(), g.actor, seen=_seen(given))
    return "Det er noteret, at borgeren ikke kom."


def _undo(db, found, given: dict) -> str:
    meetings.mark(db, found, "aftalt", clock.now(), g.actor, seen=_seen(given))
    return "Afkrydsningen er fjernet."


def _correct(db, found, given: dict) -> str:
    values = {name: given.get(name, "") for name in CORRECTED}
    if values["subject"] == _resolved(db, found, found.subject):
        del values["subject"]  # untouched: what is masked in it stays so
    meetings.correct(db, found, clock.now(), g.actor, seen=_seen(given), needs=given["needs"], **values)
    return "Oplysningerne er rettet."


VERBS = {
    "ja": _accept,
    "nej": _decline,
    "flyt": _move,
    "aflys": _cancel,
    "holdt": _kept_it,
    "udeblevet": _no_show,
    "fortryd": _undo,
    "ret": _correct,
}
TOLD = ("ja", "nej", "flyt", "aflys")


def _seen(given: dict) -> int | None:
    return number_in(given.get("version", ""))


def shared_words() -> dict:
    """Return what every page of the calendar calls things by."""
    return {
        "views": VIEWS,
        "kind_names": meeting_calendar.kind_names(),
        "status_names": {**MEETING_STATUSES, "udeblevet": "Kom ikke", "anmodet": "Venter på svar"},
        "need_names": {**MEETING_NEEDS, "bisidder": "Har en bisidder med", "hoerelse": "Hører dårligt"},
        "today": clock.today(),
        "now": clock.now(),
        "may_act": g.actor.role != "reader",
    }


def _day_asked_for() -> tuple[date, str]:
    return day_in(request.args.get("dato", ""), clock.today())


def _filters() -> tuple[Filters, dict[str, str]]:
    """Return the filters of the list and what in them cannot be read, by field."""
    wrong, found = {}, {}
    for name in ("fra", "til"):
        found[name], problem = day_in(request.args.get(name, ""), None)
        if problem:
            wrong[name] = problem
    if found["fra"] and found["til"] and found["fra"] > found["til"]:
        wrong["til"] = "Perioden slutter, før den begynder."
    status, kind = request.args.get("status", "kommende"), request.args.get("slags", "")
    status = status if status in CHOICES else "kommende"
    kind = kind if kind in meeting_calendar.kind_names() else ""
    return Filters(status, kind, found["fra"], found["til"]), wrong


def _kept(filters: Filters) -> dict[str, str]:
    """Return the filters as they stand in an address."""
    kept = {"vis": "liste", "status": filters.status, "slags": filters.kind}
    kept |= {"fra": filters.first and filters.first.isoformat(), "til": filters.last and filters.last.isoformat()}
    return {name: value for name, value in kept.items() if value}
