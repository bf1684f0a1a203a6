"""The questions of the intake: their order, which of them matter, and what is asked again when one is corrected.

The answers are one dictionary, by question, with privacy tokens where the citizen wrote something personal.
"""

from __future__ import annotations

from datetime import date

from dateutil.relativedelta import relativedelta

from casework.frister import Frist
from casework.klage import klagefrist_for
from casework.since import over_a_year
from casework.taxonomy import taxonomy

EXCEPTION_QUESTIONS = ("betydning", "oplyses", "forbedring")  # ids of casework.enums.EXCEPTIONS
QUESTIONS = (
    "which",
    "addition",
    "story",
    "unit",
    "units",
    "decision",
    "omraade",
    "decision_date",
    "letter_date",
    "since",
    "ongoing",
    *EXCEPTION_QUESTIONS,
    "prior_dialogue",
    "wish",
    "needs",
    "language",
    "behalf",
    "authority",
    "contact",
    "contact_name",
    "drafts",
    "consent",
    "confirm",
)
OPEN_QUESTIONS = ("addition", "story", *EXCEPTION_QUESTIONS, "prior_dialogue", "wish")
ADDING = ("which", "addition", "confirm")  # all that is asked to add to a case
KEPT = ("contact", "contact_name", "needs", "needs_done", "needs_more", "language", "behalf", "authority")
NEW = "ny"
UNKNOWN = "ved ikke"
ANONYMOUS = "anonym"
SOMEBODY = "ukendt"  # the department that has the case, when she does not know which it is
# What goes with an answer when it is asked for again. What was only guessed was wrong, and is not offered once more.
_WITH = {
    "which": ("addition",),
    "story": ("first_words", "guess_since"),
    "unit": ("guess_unit", "units", "units_done", "consent"),
    "decision": ("guess_date", "omraade", "guess_omraade", "decision_date", "letter_date", "from_letter", "told"),
    "since": ("guess_since", "since_date", "ongoing", *EXCEPTION_QUESTIONS),
    "needs": ("needs_done", "needs_more", "language", "behalf", "authority"),
    "contact": ("guess_contact", "drafts"),
    "exceptions": EXCEPTION_QUESTIONS,
    "units": ("units_done", "consent"),
}


def following(intake: dict, today: date) -> str | None:
    """Return the question that comes next, or None when all is told."""
    return next((q for q in QUESTIONS if _matters(q, intake, today) and not _answered(q, intake)), None)


def reopened(question: str, intake: dict) -> dict:
    """Return the answers without the one that is corrected and what hangs on it; to the departments more are added."""
    gone = {question, *_WITH.get(question, ()), "confirm"} - ({"units"} if question == "units" else set())
    kept = {name: value for name, value in intake.items() if name not in gone}
    if question == "units":
        kept["several"] = True
    if question == "contact":
        kept["guess_contact"] = ""  # the one that was said is the one that is wrong
    return kept


def adding(intake: dict) -> bool:
    """Return whether the citizen adds to a case she has instead of sending a new one."""
    return intake.get("which", NEW) != NEW


def departments(intake: dict) -> list[str]:
    """Return the departments she named, the main one first."""
    main = intake.get("unit")
    return [unit for unit in (main, *intake.get("units", [])) if unit in taxonomy()["units"]]


def asked_about(intake: dict) -> list[str]:
    """Return those the adviser may need to talk to: the kommune's own, or whoever has the case."""
    return [unit for unit in departments(intake) if unit.startswith("ltk.")] or [SOMEBODY]


def next_consent(intake: dict) -> str | None:
    """Return the department the citizen has not yet said yes or no to."""
    return next((unit for unit in asked_about(intake) if unit not in intake.get("consent", {})), None)


def decision_day(intake: dict) -> tuple[date | None, bool]:
    """Return the day of the decision and whether it is only the day the letter is dated."""
    if intake.get("decision") != "ja":
        return None, False
    for name in ("decision_date", "letter_date"):
        if intake.get(name) not in (None, UNKNOWN):
            return date.fromisoformat(intake[name]), name == "letter_date" or bool(intake.get("from_letter"))
    return None, False


def deadline(intake: dict, today: date) -> Frist | None:
    """Return the complaint deadline of what has been told, or None where no date can be given."""
    day, from_letter = decision_day(intake)
    return klagefrist_for(day, intake.get("omraade"), today, from_letter=from_letter)


def decision_told(intake: dict) -> bool:
    """Return whether all has been asked that a deadline takes."""
    dated = intake.get("decision_date") not in (None, UNKNOWN) or "letter_date" in intake
    return intake.get("decision") == "ja" and dated and "omraade" in intake


def too_old(intake: dict, today: date) -> bool:
    """Return whether it began over a year ago and no decision of the last year renews it (the statute § 14)."""
    began, (decided, _) = intake.get("since_date"), decision_day(intake)
    if not began or (decided and decided >= today - relativedelta(years=1)):
        return False
    return over_a_year(date.fromisoformat(began), today)


def _matters(question: str, intake: dict, today: date) -> bool:
    if question == "which":
        return bool(intake.get("open"))
    if adding(intake):
        return question in ADDING
    return _ONLY_IF[question](intake, today) if question in _ONLY_IF else True


def _exception(intake: dict, today: date) -> bool:
    return too_old(intake, today) and intake.get("ongoing") != "ja"


def _decided(intake: dict, today: date) -> bool:
    return intake.get("decision") == "ja"


def _written_for_another(intake: dict, today: date) -> bool:
    return "skriver" in intake.get("needs", [])


# The questions that only some are asked.
_ONLY_IF = {
    "addition": lambda intake, today: False,
    "drafts": lambda intake, today: bool(intake.get("drafted")) and intake.get("contact") != ANONYMOUS,
    "units": lambda intake, today: bool(intake.get("several")) and bool(departments(intake)),
    "omraade": _decided,
    "decision_date": _decided,
    "letter_date": lambda intake, today: _decided(intake, today) and intake.get("decision_date") == UNKNOWN,
    "ongoing": too_old,
    **dict.fromkeys(EXCEPTION_QUESTIONS, _exception),
    "language": lambda intake, today: "tolk" in intake.get("needs", []),
    "behalf": _written_for_another,
    "authority": _written_for_another,
    "contact_name": lambda intake, today: intake.get("contact") != ANONYMOUS,
}


def _answered(question: str, intake: dict) -> bool:
    if question in ("units", "needs"):
        return bool(intake.get(f"{question}_done"))
    if question == "consent":
        return next_consent(intake) is None
    return question in intake
