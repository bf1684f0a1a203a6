"""Cases as the staff API tells them; the fields are fixed from outside."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from casework import meetings_read
from casework.conversations import transcript
from casework.models import Case
from casework.privacy import known_values, resolve
from casework.urgency import priority_now


def as_json(case: Case, today: date) -> dict:
    """Return the fields of the staff API's list; dates and times are ISO 8601, the priority is today's."""
    return {
        "reference": case.reference,
        "created_at": case.created_at.isoformat(),
        "respond_by": case.respond_by.isoformat(),
        "status": case.status,
        "priority": priority_now(case, today),
        "topic": case.topic,
        "omraade": case.omraade,
        "unit": case.unit,
        "center": case.center,
        "cause": case.cause,
        "handling": case.handling,
        "decision_date": case.decision_date.isoformat() if case.decision_date else None,
        "complaint_deadline": case.complaint_deadline.isoformat() if case.complaint_deadline else None,
        "contact": None
        if case.anonymous
        else {"name": case.contact_name, "channel": case.contact_channel, "value": case.contact_value},
        "anonymous": case.anonymous,
        "consent_forward": case.consent_forward,
        "competence": case.competence,
        "summary": case.summary,
        "wish": case.wish,
        "prior_dialogue": case.prior_dialogue,
        "needs": case.needs,
        "follows": case.follows.reference if case.follows else None,
        "departments": case.departments or [],
        "since": case.since,
        "since_date": case.since_date.isoformat() if case.since_date else None,
        "ongoing": case.ongoing,
    }


def full_json(session: Session, case: Case, today: date) -> dict:
    """Return one case whole: with story, transcript, appointments and notes.

    What was masked in the citizen's own words is put back, unless she is anonymous: then no name, phone, e-mail or
    address that she happened to write in the conversation is told to anybody. What she and the adviser wrote to each
    other afterwards stands in the transcript with the conversation.
    """
    named = case.conversation_id and not case.anonymous
    values = known_values(session, case.conversation_id) if named else {}
    turns = transcript(session, case.conversation_id) if case.conversation_id else []
    talk = [(t.at, t.who, t.text, t.topic, t.confidence) for t in turns]
    talk += [(m.at, "citizen" if m.kind == "borger" else "staff", m.text, None, None) for m in case.messages]
    return {
        **as_json(case, today),
        "story": resolve(case.story, values),
        "summary": resolve(case.summary, values),
        "wish": resolve(case.wish, values),
        "prior_dialogue": resolve(case.prior_dialogue, values),
        "needs": resolve(case.needs, values),
        "since": resolve(case.since, values),
        "exceptions": {key: resolve(text, values) for key, text in (case.exceptions or {}).items()},
        "on_behalf_of": None if case.anonymous else case.on_behalf_of,
        "transcript": [
            {"at": at.isoformat(), "who": who, "text": text, "topic": topic, "confidence": confidence}
            for at, who, text, topic, confidence in sorted(talk, key=lambda said: said[0])
        ],
        "appointments": [
            {
                "start": meetings_read.start_of(a).isoformat(),
                "end": meetings_read.end_of(a).isoformat(),
                "kind": a.kind,
                "status": a.status,
            }
            for a in meetings_read.of_case(session, case)
        ],
        "notes": [
            {"at": e.at.isoformat(), "who": e.staff.name if e.staff else None, "text": e.text}
            for e in case.events
            if e.kind == "note"
        ],
    }
