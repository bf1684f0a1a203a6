"""What the search among cases looks in, and how it follows every change.

Two hands keep it. The text of a case goes through Python whenever a case is written through the ORM, for it must be
masked, and only Python can: what a citizen wrote in the plain form reaches the adviser unmasked, but not the index.
Everything else is done by the database's own triggers, so that no way of deleting can leave words behind: turns (which
are masked before they are stored) are copied, and forgotten, wherever they are written from. A text changed by a bare
UPDATE is taken out of the index at once, until `complete` has masked the new one.
"""

from __future__ import annotations

from sqlalchemy import event, insert, inspect, or_, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, load_only

from casework import privacy
from casework.models import Case, CaseText, Turn

WATCHED = ("summary", "story", "wish", "conversation_id")
TOKEN_KINDS = ("telefon", "e-mail", "navn", "adresse", "kode")
MAX_INDEXED = 200_000  # signs of one case; PostgreSQL refuses a vector past a megabyte
BATCH = 500


@event.listens_for(Case, "after_insert")
def _filed(_mapper, connection: Connection, case: Case) -> None:
    put(connection, case)


@event.listens_for(Case, "after_update")
def _changed(_mapper, connection: Connection, case: Case) -> None:
    state = inspect(case)
    if any(state.attrs[name].history.has_changes() for name in WATCHED):
        put(connection, case)


def put(connection: Connection, case: Case) -> None:
    """Write what may be searched of a case, masked; what stood there is gone."""
    turns = select(Turn.who, Turn.text).where(Turn.conversation_id == case.conversation_id).order_by(Turn.number)
    said = connection.execute(turns).all() if case.conversation_id else []
    values = {
        "conversation_id": case.conversation_id,
        "sag": _told(case),
        "samtale": "\n".join(words for who, words in said if who != "assistant"),
        "svar": "\n".join(words for who, words in said if who == "assistant"),
    }
    if not connection.execute(update(CaseText).where(CaseText.case_id == case.id).values(values)).rowcount:
        connection.execute(insert(CaseText).values(case_id=case.id, **values))


def _told(case: Case) -> str:
    """Return summary, story and wish, masked; the summary only where it is more than the story's first words."""
    story = case.story or ""
    begins = " ".join(story.split()).startswith((case.summary or "").removesuffix(" …"))
    parts = ("" if begins else case.summary, story, case.wish)
    return privacy.mask(privacy.clean("\n".join(part for part in parts if part))).text


def complete(session: Session) -> int:
    """Take in the cases that are not in the index, and return how many: those filed before there was one."""
    missing = (
        select(Case)
        .outerjoin(CaseText, CaseText.case_id == Case.id)
        .where(or_(CaseText.case_id.is_(None), CaseText.sag == ""), Case.story != "")
        .options(load_only(*(getattr(Case, name) for name in WATCHED)))
        .order_by(Case.id)
    )
    done, last = 0, 0
    while found := list(session.scalars(missing.where(Case.id > last).limit(BATCH))):
        for case in found:
            put(session.connection(), case)
        done, last = done + len(found), found[-1].id
        session.expunge_all()
    return done


def install(connection: Connection) -> None:
    """Lay the triggers, if the database has the tables; it may be done any number of times."""
    if not inspect(connection).has_table(CaseText.__tablename__):
        return
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        connection.exec_driver_sql(statement)


def uninstall(connection: Connection) -> None:
    """Take the triggers off, to load a great deal at once; `rebuild` and `install` afterwards."""
    if connection.dialect.name == "sqlite":
        for name in _SQLITE_NAMES:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS search_{name}")
    else:
        connection.exec_driver_sql("DROP FUNCTION IF EXISTS search_turn() CASCADE")
        connection.exec_driver_sql("DROP FUNCTION IF EXISTS search_case() CASCADE")
        connection.exec_driver_sql("DROP FUNCTION IF EXISTS search_text() CASCADE")


def rebuild(connection: Connection) -> None:
    """Make the index anew from `case_texts`."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT INTO case_search (case_search) VALUES ('delete-all')")
        connection.exec_driver_sql(
            "INSERT INTO case_search (rowid, sag, samtale, svar) "
            f"SELECT case_id, {_without_tokens('sag')}, {_without_tokens('samtale')}, {_without_tokens('svar')} "
            "FROM case_texts"
        )
        connection.exec_driver_sql("INSERT INTO case_search (case_search) VALUES ('optimize')")
    else:
        connection.execute(text("DELETE FROM case_search"))
        connection.exec_driver_sql(
            "INSERT INTO case_search (case_id, people, everything) "
            f"SELECT case_id, {_vector('sag, samtale', '')}, {_vector('sag, samtale, svar', '')} FROM case_texts"
        )


def _without_tokens(column: str) -> str:
    """Return SQL for a text whose privacy tokens no longer say "telefon" or "navn", which nobody wrote."""
    for kind in TOKEN_KINDS:
        column = f"replace({column}, '[{kind} ', '[')"
    return column


def _row(of: str) -> str:
    return f"{of}.case_id, " + ", ".join(_without_tokens(f"{of}.{column}") for column in ("sag", "samtale", "svar"))


def _said(conversation: str, who: str, lines: str) -> str:
    """Return SQL for what was said in a conversation, in order; `who` is a condition."""
    ordered = f"SELECT text FROM turns WHERE conversation_id = {conversation} AND {who} ORDER BY number"
    return f"coalesce((SELECT {lines} FROM ({ordered}) AS said), '')"


_PEOPLE, _ASSISTANT = "who <> 'assistant'", "who = 'assistant'"
_SQLITE_NAMES = (
    *("texts_insert", "texts_update", "texts_delete"),
    *("turns_insert", "turns_update", "turns_delete", "cases_update"),
)


def _sqlite_trigger(name: str, when: str, *statements: str) -> str:
    body = "".join(f"{statement}; " for statement in statements)
    return f"CREATE TRIGGER IF NOT EXISTS search_{name} AFTER {when} BEGIN {body}END"


def _sqlite() -> tuple[str, ...]:
    forget = "INSERT INTO case_search (case_search, rowid, sag, samtale, svar) VALUES ('delete', " + _row("old") + ")"
    take_in = "INSERT INTO case_search (rowid, sag, samtale, svar) VALUES (" + _row("new") + ")"
    lines = "group_concat(text, char(10))"
    again = (
        f"UPDATE case_texts SET samtale = {_said('old.conversation_id', _PEOPLE, lines)}, "
        f"svar = {_said('old.conversation_id', _ASSISTANT, lines)} WHERE conversation_id = old.conversation_id"
    )
    add = (
        "UPDATE case_texts SET "
        "samtale = CASE WHEN new.who = 'assistant' THEN samtale ELSE samtale || char(10) || new.text END, "
        "svar = CASE WHEN new.who = 'assistant' THEN svar || char(10) || new.text ELSE svar END "
        "WHERE conversation_id = new.conversation_id"
    )
    return (
        _sqlite_trigger("texts_insert", "INSERT ON case_texts", take_in),
        _sqlite_trigger("texts_update", "UPDATE ON case_texts", forget, take_in),
        _sqlite_trigger("texts_delete", "DELETE ON case_texts", forget),
        _sqlite_trigger("turns_insert", "INSERT ON turns", add),
        _sqlite_trigger("turns_update", "UPDATE OF text ON turns", again),
        _sqlite_trigger("turns_delete", "DELETE ON turns", again),
        _sqlite_trigger(
            "cases_update",
            "UPDATE OF summary, story, wish ON cases",
            "UPDATE case_texts SET sag = '' WHERE case_id = new.id",
        ),
    )


def _vector(columns: str, of: str = "new.") -> str:
    whole = " || ' ' || ".join(f"{of}{column}" for column in columns.split(", "))
    return f"to_tsvector('danish', search_plain({whole}))"


_SIGNS = r"./-_@:\&+=#~<>"  # between two words they are a space: the parser would take a/b for a file, a.b for a host


def _postgresql() -> tuple[str, ...]:
    from_signs, to_signs = "ÆØÅÉÜÖÄ" + _SIGNS, "æøåéüöä" + " " * len(_SIGNS)
    plain = f"left({_without_tokens('given')}, {MAX_INDEXED})"
    lines = "string_agg(text, chr(10))"

    def function(name: str, body: str) -> str:
        return (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} "
            "RETURN NULL; END $$"
        )

    def trigger(name: str, when: str, calls: str) -> str:
        return f"CREATE OR REPLACE TRIGGER search_{name} AFTER {when} FOR EACH ROW EXECUTE FUNCTION {calls}()"

    return (
        "CREATE OR REPLACE FUNCTION search_plain(given text) RETURNS text LANGUAGE sql IMMUTABLE AS "
        f"$$ SELECT translate({plain}, '{from_signs}', '{to_signs}') $$",
        function(
            "search_text",
            "INSERT INTO case_search (case_id, people, everything) VALUES "
            f"(new.case_id, {_vector('sag, samtale')}, {_vector('sag, samtale, svar')}) "
            "ON CONFLICT (case_id) DO UPDATE SET people = excluded.people, everything = excluded.everything;",
        ),
        function(
            "search_turn",
            "IF TG_OP = 'INSERT' THEN UPDATE case_texts SET "
            "samtale = CASE WHEN new.who = 'assistant' THEN samtale ELSE samtale || chr(10) || new.text END, "
            "svar = CASE WHEN new.who = 'assistant' THEN svar || chr(10) || new.text ELSE svar END "
            "WHERE conversation_id = new.conversation_id; "
            f"ELSE UPDATE case_texts SET samtale = {_said('old.conversation_id', _PEOPLE, lines)}, "
            f"svar = {_said('old.conversation_id', _ASSISTANT, lines)} "
            "WHERE conversation_id = old.conversation_id; END IF;",
        ),
        function("search_case", "UPDATE case_texts SET sag = '' WHERE case_id = new.id;"),
        trigger("texts", "INSERT OR UPDATE ON case_texts", "search_text"),
        trigger("turns", "INSERT OR UPDATE OF text OR DELETE ON turns", "search_turn"),
        trigger("cases", "UPDATE OF summary, story, wish ON cases", "search_case"),
    )


_SQLITE, _POSTGRESQL = _sqlite(), _postgresql()
