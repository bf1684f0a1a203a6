"""Registration: the cause, handling and centre a case looks to have, each with why. A person confirms them."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.clock import COPENHAGEN
from casework.directory import center_of
from casework.models import Case, Turn
from casework.taxonomy import centres_in, label
from casework.urgency import short_unit

LONG_CASE_DAYS = 28  # an adviser who has had a case so long has most often helped the two to speak

# Topic or the beginning of it → cause; the longest that fits counts.
CAUSES = {
    "klage.": "hjaelp_klage",
    "klage.sagsbehandling": "spoergsmaal_procedure",
    "klage.sagsbehandlingstid": "langsommelig",
    "klage.manglende_svar": "manglende_svar",
    "klage.personale": "utilfreds_personale",
    "klage.diskrimination": "utilfreds_personale",
    "klage.ydelse_ikke_ivaerksat": "manglende_ivaerksaettelse",
    "aktindsigt.": "spoergsmaal_procedure",
    "bisidder.": "spoergsmaal_procedure",
    "partsrepraesentant": "spoergsmaal_procedure",
    "fuldmagt.": "spoergsmaal_procedure",
    "sag.": "spoergsmaal_procedure",
    "sag.frister": "langsommelig",
    "sag.partshoering": "hjaelp_partshoering",
    "sag.klagevejledning": "hjaelp_klage",
    "sag.vejledningspligt": "manglende_raad",
    "sag.journalisering": "manglende_journalisering",
    "sag.inddragelse": "manglende_inddragelse",
    "sag.boern_inddragelse": "manglende_inddragelse",
    "sag.helhed": "manglende_helhed",
    "sag.skift_sagsbehandler": "samarbejde_forvaltning",
    "vejvisning.": "vejviser",
    "vejvisning.ansoegning": "hjaelp_ansoegning",
}
HANDLINGS = {  # cause → handling, where one follows from the other
    "vejviser": "vejviser",
    "hjaelp_klage": "hjaelp_klage",
    "hjaelp_ansoegning": "hjaelp_ansoegning",
    "hjaelp_partshoering": "hjaelp_partshoering",
    "samarbejde_forvaltning": "dialog_afdeling",
    "manglende_svar": "dialog_afdeling",
    "langsommelig": "dialog_afdeling",
}
KINDS = {  # cause → kind (CASE_KINDS), unless the case has a kind of its own: who asks for help does not yet complain
    "spoergsmaal_procedure": "vejledning",
    "vejviser": "vejvisning",
    "hjaelp_klage": "vejledning",
    "hjaelp_ansoegning": "vejledning",
    "hjaelp_partshoering": "vejledning",
    "langsommelig": "klage",
    "manglende_svar": "klage",
    "dialog_sagsforloeb": "vejledning",
    "manglende_helhed": "klage",
    "manglende_inddragelse": "klage",
    "manglende_ivaerksaettelse": "klage",
    "manglende_afgoerelse": "klage",
    "manglende_journalisering": "klage",
    "manglende_raad": "klage",
    "utilfreds_personale": "klage",
    "utilfreds_beslutning": "klage",
    "utilstraekkelig_stoette": "klage",
    "samarbejde_forvaltning": "klage",
    "forslag": "andet",
}
UNITS = {  # the unit most cases of an area belong to, for the centre when nobody has named a unit
    "social": "ltk.social_voksen",
    "boern": "ltk.boern_familie",
    "beskaeftigelse": "ltk.jobcenter",
    "sygedagpenge": "ltk.sygedagpenge",
    "pension": "ltk.jobcenter",
    "aeldre": "ltk.visitation",
    "hjaelpemidler": "ltk.visitation",
    "skole": "ltk.skole",
    "dagtilbud": "ltk.dagtilbud",
    "bolig": "ltk.boligsocial",
    "byggesag": "ltk.byggesag",
    "plan": "ltk.plan",
    "miljoe": "ltk.miljoe",
    "vej": "ltk.trafik",
    "udbetaling_danmark": "ekstern.udbetaling_danmark",
    "familieret": "ekstern.familieretshuset",
    "skat": "ekstern.skat",
    "patient": "ekstern.patientklager",
    "udlaendinge": "ekstern.siri",
}


class Suggested(NamedTuple):
    """An id of the taxonomy, or an empty one when nothing tells, and why."""

    id: str
    because: str


def suggest(session: Session, case: Case, today: date) -> dict[str, Suggested]:
    """Return cause, handling and center as they look from unit, topic, area, age and what has been done.

    A case that was closed before keeps its registration as the suggestion.
    """
    unit = case.unit or UNITS.get(case.omraade or "")
    cause = _cause(session, case, unit, today)
    return {
        "cause": Suggested(case.cause, "Fra sidste lukning.") if case.cause else cause,
        "handling": Suggested(case.handling, "Fra sidste lukning.")
        if case.handling
        else _handling(case, cause.id, unit, today),
        "center": _center(case, unit),
    }


def _cause(session: Session, case: Case, unit: str | None, today: date) -> Suggested:
    topic = _main_topic(session, case)
    if topic:
        return Suggested(_by_topic(topic), f"Emnet er: {label('topics', topic)}.")
    if unit and unit.startswith("ekstern."):
        return Suggested("vejviser", f"Det hører til hos {short_unit(unit)}.")
    if case.decision_date and case.decision_date < today - relativedelta(years=1):
        return Suggested("dialog_sagsforloeb", "Afgørelsen er over et år gammel.")
    if case.decision_date:
        return Suggested("hjaelp_klage", "Borgeren har fået en afgørelse.")
    return Suggested("", "Emnet siger ikke noget om årsagen.")


def _main_topic(session: Session, case: Case) -> str | None:
    """Return the topic of the case where it tells of a cause, else the one most spoken of in its conversation."""
    if _by_topic(case.topic or ""):
        return case.topic
    if not case.conversation_id:
        return None
    said = session.scalars(
        select(Turn.topic).where(Turn.conversation_id == case.conversation_id, Turn.who == "citizen").order_by(Turn.id)
    )
    telling = Counter(topic for topic in said if _by_topic(topic or ""))
    return telling.most_common(1)[0][0] if telling else None


def _by_topic(topic: str) -> str:
    fitting = [beginning for beginning in CAUSES if topic.startswith(beginning)]
    return CAUSES[max(fitting, key=len)] if fitting else ""


def _handling(case: Case, cause: str, unit: str | None, today: date) -> Suggested:
    if unit and unit.startswith("ekstern."):
        return Suggested("vejviser", f"Det hører til hos {short_unit(unit)}.")
    if case.questions:
        return Suggested("oversendelse", "Du har stillet spørgsmål til afdelingen.")
    if cause in HANDLINGS:
        return Suggested(HANDLINGS[cause], f"Årsagen er: {label('causes', cause)}.")
    age = (today - case.created_at.astimezone(COPENHAGEN).date()).days
    if age > LONG_CASE_DAYS and case.consent_forward:
        return Suggested("dialog_afdeling", f"Sagen har været åben i {age} dage, og du må tale med afdelingen.")
    return Suggested("raad_vejledning", "Der er ikke stillet spørgsmål til en afdeling.")


def _center(case: Case, unit: str | None) -> Suggested:
    day = case.created_at.astimezone(COPENHAGEN).date()
    center = case.center or center_of(unit, day)
    if center not in centres_in(day.year):
        return Suggested("", "Der er ingen afdeling at gå ud fra.")
    if case.unit and center == "EKSTERN":
        return Suggested(center, f"{short_unit(case.unit)} hører ikke til i kommunen.")
    if case.unit:
        return Suggested(center, f"{short_unit(case.unit)} hører under det center.")
    if unit:
        return Suggested(center, f"Området er: {label('omraader', case.omraade)}.")
    return Suggested(center, "Står på sagen.")
