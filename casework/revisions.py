"""Revisions: what staff change in answers, units and sources, approved by another person, with every version kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from casework import privacy, texts
from casework.cases import Actor
from casework.errors import InvalidInput, InvalidState, NotAllowed, NotFound
from casework.models import Revision
from casework.overlay import in_force, overlay, version
from casework.revision_checks import check, warnings
from casework.revision_history import at, whole_text
from casework.texts import merge, same

__all__ = [  # the first five stand in modules of their own: the answers read those, and this one the answers
    "at", "in_force", "merge", "overlay", "version",
    "Recorded", "Standing", "Unseen", "approve", "proposal", "propose", "record_files", "reject", "restore", "retire",
    "standing", "withdraw",
]  # fmt: skip

MAX_NOTE = 1_000
SUPERSEDED = "Afløst af en nyere tekst."
ABSORBED = "Rettelsen står nu i filerne."
GONE = "Teksten findes ikke længere i filerne."
CHANGED_SINCE = (
    "Teksten er ændret, siden du åbnede den. Se den nye tekst, og skriv din rettelse igen, hvis den stadig skal med."
)


class Unseen(InvalidInput):
    """There are warnings about the text that its author has not said she has seen."""

    def __init__(self, warnings: list[str]) -> None:
        super().__init__("Se advarslerne, og bekræft, at du har set dem. " + " ".join(warnings))
        self.warnings = warnings


class Standing(NamedTuple):
    """A text as it stands now: whole, as in the files, its edit in force, and the mark a proposal builds on."""

    body: dict
    file_body: dict
    edit: Revision | None
    mark: str


def standing(session: Session, kind: str, key: str) -> Standing:
    """Return the text in force and what it is made of. Raises NotFound when the files have no such text."""
    file = texts.files().get((kind, key))
    if file is None:
        raise NotFound("Den tekst findes ikke.")
    rows = session.scalars(
        select(Revision).where(Revision.kind == kind, Revision.key == key, Revision.state == "godkendt")
    )
    current = {row.origin: row for row in rows}
    edit, recorded = current.get("redigeret"), current.get("fil")
    mark = f"{edit.id if edit else 0}.{recorded.id if recorded else 0}"
    return Standing(merge(file.body, edit.body if edit else {}), file.body, edit, mark)


def propose(
    session: Session,
    kind: str,
    key: str,
    fields: dict,
    actor: Actor,
    now: datetime,
    today: date,
    *,
    base: str,
    note: str,
    seen: Sequence[str] = (),
    restores: Revision | None = None,
) -> Revision:
    """Keep a proposal of new `fields` for one text and return it; it is in force when another person approves it.

    `base` is the mark of the text it was written against, `seen` the warnings its author has confirmed. A source is
    confirmed by giving its `review_by`; `checked` becomes today. Raises NotAllowed for readers and API tokens,
    InvalidState when the text has changed since or the author has a proposal waiting, Unseen when there are other
    warnings, and InvalidInput (InvalidText with the fields) when a text, the note or the change is missing or wrong.
    """
    _may(actor, "adviser")
    now_in_force = standing(session, kind, key)
    if base != now_in_force.mark:
        raise InvalidState(CHANGED_SINCE)
    if _waiting_of(session, kind, key, actor):
        raise InvalidState("Du har allerede et forslag til den tekst. Træk det tilbage, før du laver et nyt.")
    if kind == "kilde":
        fields = {**fields, "checked": today.isoformat()}
    fields = check(kind, key, now_in_force.body, fields, today)
    note = _noted(note, "Skriv, hvad du har tjekket." if kind == "kilde" else "Skriv kort, hvorfor teksten rettes.")
    if not texts.changed(now_in_force.body, fields):
        raise InvalidInput("Du har ikke ændret noget.")
    unseen = [w for w in warnings(kind, key, now_in_force.body, fields) if w not in seen]
    if unseen:
        raise Unseen(unseen)
    own = texts.editable(kind, key, now_in_force.file_body)
    wanted = {name: texts.value_of(now_in_force.body, name) for name in own} | fields
    found = Revision(
        kind=kind,
        key=key,
        body=texts.changed(now_in_force.file_body, wanted),
        origin="redigeret",
        state="forslag",
        base=base,
        restores_id=restores.id if restores else None,
        author_id=actor.staff_id,
        created_at=now,
        note=note,
    )
    session.add(found)
    session.flush()
    return found


def restore(session: Session, number: int, actor: Actor, now: datetime, today: date, *, base: str) -> Revision:
    """Propose the text of an old version again; like any other it needs the approval of another person.

    Raises as propose does, NotFound when there is no such version, and InvalidState when it never was in force or is a
    source: a source is checked anew, never by going back to an old date.
    """
    old = _found(session, number)
    if old.approved_at is None:
        raise InvalidState("Den udgave har aldrig været i brug.")
    if old.kind == "kilde":
        raise InvalidState("En kilde kan ikke føres tilbage. Tjek den, og bekræft den på ny.")
    now_in_force = standing(session, old.kind, old.key)
    whole = whole_text(session, old)
    fields = {
        name: texts.value_of(whole, name) or ""
        for name in texts.editable(old.kind, old.key, now_in_force.body)
        if not same(texts.value_of(whole, name), texts.value_of(now_in_force.body, name))
    }
    return propose(
        session,
        old.kind,
        old.key,
        fields,
        actor,
        now,
        today,
        base=base,
        note=f"Tilbage til udgave {old.id}.",
        seen=warnings(old.kind, old.key, now_in_force.body, fields),  # it was approved with them
        restores=old,
    )


def approve(session: Session, number: int, actor: Actor, now: datetime) -> Revision:
    """Put a proposal in force, in place of what was.

    Raises NotAllowed for its author (whatever the role), readers and API tokens, and InvalidState when it is no longer
    waiting or the text has changed since it was written.
    """
    _may(actor, "adviser")
    found = _found(session, number)
    if found.author_id == actor.staff_id:
        raise NotAllowed("Du har selv skrevet forslaget. En anden skal godkende det.")
    now_in_force = standing(session, found.kind, found.key)
    if found.state == "forslag" and found.base != now_in_force.mark:
        raise InvalidState(
            "Teksten er ændret, siden forslaget blev skrevet. Afvis det, og bed om et nyt, der bygger på den nye tekst."
        )
    try:
        with session.begin_nested():
            old = now_in_force.edit
            if old and not _move(session, old, "godkendt", "afloest", ended_at=now, ended_note=SUPERSEDED):
                raise InvalidState(CHANGED_SINCE)
            _decide(session, found, "godkendt", approved_at=now, approved_by_id=actor.staff_id)
    except IntegrityError:
        raise InvalidState(CHANGED_SINCE) from None
    return found


def reject(session: Session, number: int, actor: Actor, now: datetime, why: str) -> Revision:
    """Turn a proposal of somebody else down. Raises NotAllowed, InvalidState, and InvalidInput without a reason."""
    _may(actor, "adviser")
    found = _found(session, number)
    if found.author_id == actor.staff_id:
        raise NotAllowed("Det er dit eget forslag. Træk det tilbage i stedet.")
    why = _noted(why, "Skriv kort, hvorfor forslaget afvises.")
    return _decide(session, found, "afvist", ended_at=now, ended_by_id=actor.staff_id, ended_note=why)


def withdraw(session: Session, number: int, actor: Actor, now: datetime) -> Revision:
    """Take one's own proposal back. Raises NotAllowed for anybody else and InvalidState when it is decided."""
    _may(actor, "adviser")
    found = _found(session, number)
    if found.author_id != actor.staff_id:
        raise NotAllowed("Kun den, der har skrevet forslaget, kan trække det tilbage.")
    return _decide(session, found, "trukket", ended_at=now, ended_by_id=actor.staff_id)


def retire(session: Session, kind: str, key: str, actor: Actor, now: datetime, why: str) -> Revision:
    """Go back to the files' text at once, without approval: for emergencies, by an administrator, kept with the reason.

    Raises NotAllowed for others, InvalidInput without a reason and InvalidState when nothing has been mended.
    """
    _may(actor, "administrator")
    why = _noted(why, "Skriv, hvorfor rettelsen skal væk med det samme.")
    edit = standing(session, kind, key).edit
    if edit is None or not _move(
        session, edit, "godkendt", "afloest", ended_at=now, ended_by_id=actor.staff_id, ended_note=why
    ):
        raise InvalidState("Der er ingen rettelse i brug. Borgerne får allerede filens tekst.")
    return edit


def proposal(session: Session, number: int) -> Revision:
    """Return one version with its people. Raises NotFound."""
    return _found(session, number)


class Recorded(NamedTuple):
    """What record_files found: texts new in the files, changed, gone, and edits the files have taken over."""

    new: int = 0
    changed: int = 0
    gone: int = 0
    absorbed: int = 0


def record_files(
    session: Session, now: datetime, found: dict[tuple[str, str], texts.FileText] | None = None
) -> Recorded:
    """Keep the files' texts that differ from the latest version kept of them; end edits the files have taken over.

    Run after each upgrade; running it again, or twice at once, keeps nothing twice. `found` replaces the files (tests).
    """
    found = texts.read_files() if found is None else found
    rows = session.scalars(select(Revision).where(Revision.state == "godkendt"))
    current = {(row.origin, row.kind, row.key): row for row in rows}
    count = {"new": 0, "changed": 0, "gone": 0, "absorbed": 0}
    for (kind, key), file in found.items():
        old = current.get(("fil", kind, key))
        if (old is None or old.body != file.body) and _record(session, kind, key, file.body, old, now):
            count["changed" if old else "new"] += 1
    for (origin, kind, key), row in current.items():
        file = found.get((kind, key))
        if file is None:
            count["gone"] += _move(session, row, "godkendt", "afloest", ended_at=now, ended_note=GONE)
        elif origin == "redigeret" and not texts.changed(file.body, row.body):
            count["absorbed"] += _move(session, row, "godkendt", "afloest", ended_at=now, ended_note=ABSORBED)
    return Recorded(**count)


def _record(session: Session, kind: str, key: str, body: dict, old: Revision | None, now: datetime) -> bool:
    """Keep one version of the files; False when another process has just done so."""
    try:
        with session.begin_nested():
            if old and not _move(session, old, "godkendt", "afloest", ended_at=now, ended_note=SUPERSEDED):
                return False
            session.add(
                Revision(kind=kind, key=key, body=body, origin="fil", state="godkendt", created_at=now, approved_at=now)
            )
            session.flush()
    except IntegrityError:
        return False
    return True


def _may(actor: Actor, role: str) -> None:
    """Raise NotAllowed unless a person with at least this role acts; a key to the API stands for nobody."""
    allowed = {"adviser": ("adviser", "administrator"), "administrator": ("administrator",)}[role]
    if actor.staff_id is None or actor.role not in allowed:
        raise NotAllowed("Din rolle giver ikke adgang til det.")


def _noted(note: str, missing: str) -> str:
    note = privacy.without_cpr(note)
    if not note:
        raise InvalidInput(missing)
    if len(note) > MAX_NOTE:
        raise InvalidInput(f"Skriv højst {MAX_NOTE} tegn i bemærkningen.")
    return note


def _found(session: Session, number: int) -> Revision:
    people = (joinedload(Revision.author), joinedload(Revision.approved_by), joinedload(Revision.ended_by))
    found = session.scalar(select(Revision).where(Revision.id == number).options(*people))
    if found is None:
        raise NotFound("Den udgave findes ikke.")
    return found


def _waiting_of(session: Session, kind: str, key: str, actor: Actor) -> bool:
    own = (Revision.kind == kind, Revision.key == key, Revision.author_id == actor.staff_id)
    return session.scalar(select(Revision.id).where(*own, Revision.state == "forslag").limit(1)) is not None


def _decide(session: Session, found: Revision, state: str, **values) -> Revision:
    """Move a proposal on. Raises InvalidState when somebody else has decided it, perhaps just now."""
    if not _move(session, found, "forslag", state, **values):
        raise InvalidState(f"Forslaget venter ikke længere: {texts.REVISION_STATES[found.state].lower()}.")
    return found


def _move(session: Session, revision: Revision, start: str, to: str, **values) -> bool:
    """Move a revision from one state to another; False when it was not, or is no longer, where it should start."""
    moved = session.execute(
        update(Revision)
        .where(Revision.id == revision.id, Revision.state == start)
        .values(state=to, **values)
        .execution_options(synchronize_session=False)
    ).rowcount
    session.refresh(revision)
    return bool(moved)
