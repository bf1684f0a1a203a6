"""Measures the adviser's queue with many cases: `make bench`, or `.venv/bin/python -m tests.bench_queue`.

A run with 100,000 cases and 2 million turns on two cores is kept in docs/bench_queue.md.

The data are made for the purpose and loaded in bulk into a database of their own: SQLite in a temporary folder, and
PostgreSQL where VEJVISER_TEST_POSTGRES names a server. Then the pages are asked for through the web application, as
an adviser's browser does, one at a time and two at once. Each database is measured in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINES = Path(__file__).with_name("bench_queue_lines.txt")
REPORT = ROOT / "var" / "bench_queue.md"
TODAY = date(2026, 11, 23)
LIMIT_MS = 500
BATCH = 2_000
OPEN_SHARE = 0.08  # of the cases; the rest are closed
EMAIL, PASSWORD = "maaling@vejviser.invalid", "en lang adgangskode"

GAPS = ("ting", "afd", "tid", "led", "sag")  # sections that hold words for gaps, not lines

# What is measured: what it shows of, and the address. {dyb} is the key some pages into the list.
PAGES = (
    ("Listen, åbne", "status=aabne"),
    ("Listen, alle", "status=alle"),
    ("Listen, lukkede", "status=afsluttet"),
    ("Listen, 40 sider inde", "status=alle&efter={dyb}"),
    ("Filter: afdeling", "status=alle&unit=ltk.byggesag"),
    ("Filter: center, område, periode", "status=alle&center=CSI&omraade=social&since=2025-01-01&until=2026-06-30"),
    ("Filter: udløber før", "expires=2026-11-30"),
    ("Filter: mine", "assigned=mine"),
    ("Filter: ulæste, åbne", "unread=ja"),
    ("Filter: ulæste, alle", "unread=ja&status=alle"),
    ("Søgning: nummer", "q={nummer}"),
    ("Søgning: sjældent ord", "status=alle&q=kampestensrampen"),
    ("Søgning: almindeligt ord, åbne", "q=kørestol"),
    ("Søgning: almindeligt ord, alle", "status=alle&q=kørestol"),
    ("Søgning: ord i næsten alle sager", "status=alle&q=sagen"),
    ("Søgning: tre ord", "status=alle&q=hjemmehjælp+afslag+klage"),
    ("Søgning: begyndelsen af et ord", "status=alle&q=bygge"),
    ("Søgning: to bogstaver", "status=alle&q=ha"),
    ("Søgning: citat", "status=alle&q=%22fået+at+vide%22"),
    ("Søgning: intet fundet", "status=alle&q=giraf"),
    ("Søgning: også assistentens svar", "status=alle&q=ankestyrelsen&answers=ja"),
    ("Søgning og filtre", "q=rampe&unit=ltk.byggesag&assigned=ingen&since=2026-10-01"),
)


def main() -> None:
    """Measure each database in a process of its own and write the report."""
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("--cases", type=int, default=100_000)
    given.add_argument("--turns", type=int, help="20 for each case, unless told otherwise")
    given.add_argument("--rounds", type=int, default=20, help="how often each page is asked for")
    given.add_argument("--inside", help=argparse.SUPPRESS)
    wanted = given.parse_args()
    wanted.turns = wanted.turns or 20 * wanted.cases
    if wanted.inside:
        _say(json.dumps(_measure(wanted)))
        return
    results = {"SQLite": _process(wanted, "")}
    server = os.environ.get("VEJVISER_TEST_POSTGRES", "")
    if server:
        results["PostgreSQL"] = _process(wanted, server)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(_report(wanted, results), encoding="utf-8")
    _say(REPORT.read_text(encoding="utf-8"))
    slow = [f"{db}: {name} {ms['p95']:.0f} ms" for db, r in results.items() for name, ms in r["pages"] if _slow(ms)]
    if slow:
        sys.exit("Over grænsen: " + "; ".join(slow))


def _process(wanted, server: str) -> dict:
    name = f"vejviser_bench_{uuid.uuid4().hex[:10]}"
    _server(server, f'CREATE DATABASE "{name}"')
    try:
        with tempfile.TemporaryDirectory(prefix="vejviser-bench-queue-") as folder:
            environment = {k: v for k, v in os.environ.items() if not k.startswith("VEJVISER_")}
            environment |= {
                "VEJVISER_DATA_DIR": folder,
                "VEJVISER_TODAY": TODAY.isoformat(),
                "VEJVISER_DATABASE_URL": f"{server.rsplit('/', 1)[0]}/{name}" if server else "",
            }
            command = [sys.executable, "-m", "tests.bench_queue", "--inside", "ja"]
            command += ["--cases", str(wanted.cases), "--turns", str(wanted.turns), "--rounds", str(wanted.rounds)]
            done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
            return json.loads(done.stdout.splitlines()[-1])
    finally:
        _server(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _server(server: str, statement: str) -> None:
    if server:
        import sqlalchemy as sa

        engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()


# --- the data


class Words:
    """Danish lines with their gaps filled in, the same at every run."""

    def __init__(self) -> None:
        self.random = random.Random(20261123)
        self.lines: dict[str, list[str]] = {}
        for line in LINES.read_text(encoding="utf-8").splitlines():
            if line.startswith("["):
                self.lines[line.strip("[]")] = kind = []
            elif line and not line.startswith("#"):
                kind += line.split(", ") if list(self.lines)[-1] in GAPS else [line]

    def line(self, kind: str) -> str:
        chosen = self.random.choice(self.lines[kind])
        return re.sub(r"\{(\w+)\}", lambda gap: self.random.choice(self.lines[gap[1]]), chosen)

    def pool(self, kind: str, size: int) -> list[str]:
        return [self.line(kind) for _ in range(size)]


def _fill(wanted) -> dict:
    """Load the cases and their conversations, and return how long it took and how large it became."""
    from casework import queue_index
    from casework.cli import main as cli
    from casework.db import engine

    started = time.monotonic()
    cli(["migrate"], standalone_mode=False)
    words = Words()
    with engine().begin() as connection:
        queue_index.uninstall(connection)
        _staff(connection)
        cases = _cases(connection, words, wanted.cases)
        _turns(connection, words, wanted.cases, wanted.turns)
        _events(connection, words, cases)
    loaded = time.monotonic()
    with engine().begin() as connection:
        _texts(connection)
        queue_index.rebuild(connection)
        queue_index.install(connection)
    indexed = time.monotonic()
    if engine().dialect.name == "sqlite":
        path = Path(os.environ["VEJVISER_DATA_DIR"]) / "vejviser.db"
        engine().dispose()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = path.stat().st_size
    else:  # what autovacuum does in the course of a day
        with engine().execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
            size = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
    return {
        "load": loaded - started,
        "index": indexed - loaded,
        "size": size / 1e6,
        "reference": cases[-1]["reference"],
    }


def _staff(connection) -> None:
    from sqlalchemy.orm import Session

    from casework import clock, staff

    with Session(connection, future=True) as db:
        for number, email in enumerate((EMAIL, "a@vejviser.invalid", "b@vejviser.invalid")):
            staff.add_staff(
                db, email=email, name=f"Rådgiver {number}", role="adviser", password=PASSWORD, now=clock.now()
            )
        db.flush()


def _cases(connection, words: Words, count: int) -> list[dict]:
    """Load the cases, the oldest first: over ten years, most of them closed."""
    from casework.models import Case, Conversation
    from casework.taxonomy import taxonomy

    chance, told = words.random, taxonomy()
    story, wish = words.pool("borger", 20_000), words.pool("ønske", 2_000)
    units, areas = list(told["units"]), list(told["omraader"])
    causes, handlings = list(told["causes"]), list(told["handlings"])
    centres = [key for key in told["centres"] if key != "EKSTERN"]
    first = datetime(2016, 11, 24, 8, tzinfo=timezone.utc)
    newest = datetime.combine(TODAY, datetime.min.time(), timezone.utc)
    step = (newest - first) / count
    signs, rows = "23456789ABCDEFGHJKMNPQRSTUVWXYZ", []
    for number in range(1, count + 1):
        created = first + step * (number - 1) + timedelta(seconds=chance.randrange(3_600))
        still_open = number > count * (1 - OPEN_SHARE)
        text = " ".join(chance.choice(story) for _ in range(chance.randint(2, 7)))
        status = chance.choice(("ny", "i_gang", "i_gang", "afventer_forvaltning", "afventer_borger"))
        deadline = created.date() + timedelta(days=chance.randint(5, 30)) if chance.random() < 0.4 else None
        code, left = "", number
        for _ in range(5):
            left, rest = divmod(left, len(signs))
            code = signs[rest] + code
        rows.append(
            {
                "id": number, "reference": f"BR-{created.year}-{code}", "code_hash": "-",
                "submission": f"bench:{number}",
                "created_at": created, "respond_by": created.date() + timedelta(days=14),
                "status": status if still_open else chance.choice(("afsluttet",) * 8 + ("afvist", "tilbagetrukket")),
                "priority": "normal", "danger": chance.random() < 0.01, "topic": "henvendelse.opret",
                "omraade": chance.choice(areas), "unit": chance.choice(units), "center": chance.choice(centres),
                "cause": None if still_open else chance.choice(causes),
                "handling": None if still_open else chance.choice(handlings),
                "complaint_deadline": deadline, "decision_date": deadline and deadline - timedelta(days=28),
                "anonymous": True, "consent_forward": chance.random() < 0.7,
                "competence": {"within": "yes", "reasons": ["Sagen handler om kommunens sagsbehandling."]},
                "summary": text[:157] + " …" if len(text) > 160 else text, "story": text, "wish": chance.choice(wish),
                "conversation_id": f"{number:036d}",
                "assigned_to_id": None if status == "ny" and still_open else chance.randint(1, 3),
                "answered_at": created + timedelta(days=6) if not still_open or chance.random() < 0.4 else None,
                "closed_at": None if still_open else created + timedelta(days=chance.randint(3, 90)), "version": 1,
            }
        )  # fmt: skip
    talks = (
        {"id": f"{n:036d}", "token_hash": f"{n:064d}", "created_at": r["created_at"], "last_at": r["created_at"],
         "turn_count": 0}
        for n, r in enumerate(rows, 1)
    )  # fmt: skip
    _insert(connection, Conversation.__table__, talks)
    _insert(connection, Case.__table__, rows)
    return rows


def _turns(connection, words: Words, cases: int, turns: int) -> None:
    """Load the conversations: the citizen and the assistant in turn, now and then staff."""
    chance = words.random
    pools = {
        "citizen": words.pool("borger", 20_000),
        "assistant": words.pool("assistent", 2_000),
        "staff": words.pool("personale", 500),
    }
    each, more = divmod(turns, cases)
    at = "2026-01-01 12:00:00.000000"

    def rows():
        for case in range(1, cases + 1):
            talk = f"{case:036d}"
            for number in range(1, each + (case <= more) + 1):
                who = "citizen" if number % 2 else ("staff" if number % 18 == 0 else "assistant")
                yield talk, number, at, who, chance.choice(pools[who])

    columns = ("conversation_id", "number", "at", "who", "text")
    raw = connection.connection
    if connection.dialect.name == "sqlite":
        raw.executemany(f"INSERT INTO turns ({', '.join(columns)}) VALUES (?, ?, ?, ?, ?)", rows())
        return
    with raw.cursor() as cursor:
        cursor.copy_expert(
            f"COPY turns ({', '.join(columns)}) FROM STDIN", _File("\t".join(map(str, r)) for r in rows())
        )


class _File:
    """Lines as a file that COPY can read."""

    def __init__(self, lines) -> None:
        self.lines = lines

    def read(self, _size: int = 0) -> str:
        found = [line for line, _ in zip(self.lines, range(2_000))]  # noqa: B905
        return "\n".join(found) + "\n" if found else ""


def _events(connection, words: Words, cases: list[dict]) -> None:
    """Load a few lines on each timeline, what the first adviser has read, and some questions to departments."""
    from casework.models import CaseEvent, CaseRead, Question

    chance, events, reads, asked = words.random, [], [], []
    for case in cases:
        at = case["created_at"]
        for kind in ("oprettet", "taget", "note", "note")[: chance.randint(1, 4)]:
            events.append({"case_id": case["id"], "at": at, "kind": kind, "text": "", "staff_id": chance.randint(1, 3)})
            at += timedelta(days=1)
        for _ in range(chance.randint(0, 3)):
            read = at - timedelta(days=chance.randint(0, 2))
            reads.append({"case_id": case["id"], "at": read, "staff_id": chance.randint(1, 3)})
        if case["status"] == "afventer_forvaltning":
            due = at.date() + timedelta(days=14)
            asked.append(
                {"case_id": case["id"], "unit": case["unit"], "text": "Hvad sker der?", "asked_at": at, "due": due,
                 "reminders": 0}
            )  # fmt: skip
    _insert(connection, CaseEvent.__table__, events)
    _insert(connection, CaseRead.__table__, reads)
    _insert(connection, Question.__table__, asked)


def _insert(connection, table, rows) -> None:
    """Insert many rows; the columns are those of the first row."""
    from itertools import islice

    rows = iter(rows)
    while batch := list(islice(rows, BATCH)):
        connection.execute(table.insert(), batch)


def _texts(connection) -> None:
    """Fill what is searched from the cases and turns; nothing in them is personal, so nothing is masked."""
    lines = "group_concat" if connection.dialect.name == "sqlite" else "string_agg"
    newline = "char(10)" if connection.dialect.name == "sqlite" else "chr(10)"
    said = f"SELECT {lines}(t.text, {newline}) FROM turns t WHERE t.conversation_id = c.conversation_id AND t.who"
    connection.exec_driver_sql(
        "INSERT INTO case_texts (case_id, conversation_id, sag, samtale, svar) "
        f"SELECT id, conversation_id, story || {newline} || wish, "
        f"coalesce(({said} <> 'assistant'), ''), coalesce(({said} = 'assistant'), '') FROM cases c"
    )


# --- the measuring


def _measure(wanted) -> dict:
    os.environ.setdefault("VEJVISER_DATA_DIR", tempfile.mkdtemp())
    made = _fill(wanted)
    from web import create_app
    from web.limits import limiter

    app = create_app()
    limiter.enabled = False
    browser = _signed_in(app)
    deep = _deep(browser, 40)
    addresses = [(name, "/personale/?" + address.format(dyb=deep, nummer=made["reference"])) for name, address in PAGES]
    for _, address in addresses:
        _ask(browser, address)
    load = os.getloadavg()[0]
    pages = [(name, _figures([_ask(browser, address) for _ in range(wanted.rounds)])) for name, address in addresses]
    two = _two_at_once(app, [address for _, address in addresses], max(wanted.rounds // 4, 2))
    return {
        **made,
        "busy": max(load, os.getloadavg()[0]),
        "pages": pages,
        "two": _figures(two),
        "exports": _exports(browser),
    }


def _signed_in(app):
    browser = app.test_client()
    page = browser.get("/personale/login").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    answer = browser.post("/personale/login", data={"email": EMAIL, "password": PASSWORD, "csrf_token": token})
    assert answer.status_code == 302, answer.text
    return browser


def _ask(browser, address: str) -> float:
    started = time.perf_counter()
    answer = browser.get(address)
    took = time.perf_counter() - started
    assert answer.status_code == 200, f"{address}: {answer.status_code}"
    return took * 1000


def _deep(browser, pages: int) -> str:
    """Return the key of the page so many pages into the list of all cases."""
    from urllib.parse import parse_qs, quote, urlsplit

    address = "/personale/?status=alle"
    for _ in range(pages):
        following = re.search(r'rel="next" href="([^"]+)"', browser.get(address).text)
        if not following:
            break
        address = following[1].replace("&amp;", "&")
    return quote(parse_qs(urlsplit(address).query).get("efter", [""])[0])


def _two_at_once(app, addresses: list[str], rounds: int) -> list[float]:
    def work(turned: int) -> list[float]:
        browser = _signed_in(app)
        return [_ask(browser, a) for _ in range(rounds) for a in addresses[turned:] + addresses[:turned]]

    with ThreadPoolExecutor(2) as advisers:
        return sum(advisers.map(work, (0, len(addresses) // 2)), [])


def _exports(browser) -> dict:
    """Return seconds and megabytes of the longest list each form takes."""
    took = {}
    for form, filters in (("csv", {"status": "alle"}), ("xlsx", {"status": "aabne"})):
        token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/personale/").text)[1]
        started = time.perf_counter()
        answer = browser.post("/personale/eksport", data={"form": form, "csrf_token": token, **filters})
        assert answer.status_code == 200
        took[form] = (time.perf_counter() - started, len(answer.data) / 1e6)
    return took


def _figures(times: list[float]) -> dict:
    ordered = sorted(times)
    return {"p50": ordered[len(ordered) // 2], "p95": ordered[max(int(len(ordered) * 0.95 + 0.5) - 1, 0)]}


def _slow(ms: dict) -> bool:
    return ms["p95"] >= LIMIT_MS


def _report(wanted, results: dict) -> str:
    spaced = lambda number: f"{number:,}".replace(",", ".")  # noqa: E731
    lines = [
        "# Køen med mange sager", "",
        f"{platform.machine()}, {os.cpu_count()} kerner, Python {platform.python_version()}. {spaced(wanted.cases)} "
        f"sager, {spaced(wanted.turns)} replikker, {OPEN_SHARE:.0%} af sagerne åbne. Hver side er hentet "
        f"{wanted.rounds} gange gennem webapplikationen af en rådgiver, der er logget ind; tiden er for hele svaret. "
        f"Grænsen er {LIMIT_MS} ms for 95 af 100. `make bench` måler igen.", "",
        "| Millisekunder | " + " | ".join(f"{name} p50 | {name} p95" for name in results) + " |",
        "|---|" + "---:|---:|" * len(results),
    ]  # fmt: skip
    for number, (name, _) in enumerate(PAGES):
        figures = [result["pages"][number][1] for result in results.values()]
        lines.append(f"| {name} | " + " | ".join(f"{f['p50']:.0f} | {f['p95']:.0f}" for f in figures) + " |")
    two = [f"{r['two']['p50']:.0f} | {r['two']['p95']:.0f}" for r in results.values()]
    lines += [f"| Alle sider, to rådgivere ad gangen | {' | '.join(two)} |", ""]
    for name, result in results.items():
        of = {"csv": "alle sager som CSV", "xlsx": "de åbne som Excel"}
        files = ", ".join(f"{of[form]} {s:.0f} s ({mb:.0f} MB)" for form, (s, mb) in result["exports"].items())
        lines.append(
            f"{name}: data lagt ind på {result['load']:.0f} s, søgningen bygget på {result['index']:.0f} s, "
            f"{result['size']:.0f} MB i alt. Som fil: {files}. Maskinens belastning under målingen: "
            f"{result['busy']:.1f} på {os.cpu_count()} kerner."
        )
    return "\n".join(lines) + "\n"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
