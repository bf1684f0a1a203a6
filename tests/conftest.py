"""Real parts for the tests: a migrated database, the three processes, a browser.

The database is SQLite in a temporary folder, or a fresh one on the PostgreSQL server that VEJVISER_TEST_DATABASE_URL
names; then locks and limits are in the Redis of VEJVISER_TEST_REDIS, if there is one. Everything runs on
23 November 2026.
"""

from __future__ import annotations

import os
import tempfile
import uuid
from datetime import date
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa

ROOT = Path(__file__).resolve().parent.parent
TODAY = date(2026, 11, 23)
_folder = Path(tempfile.mkdtemp(prefix="vejviser-test-"))
_server = os.environ.get("VEJVISER_TEST_DATABASE_URL", "")
_redis = os.environ.get("VEJVISER_TEST_REDIS", "") if _server else ""
if _redis:  # files run beside each other, each process with a database of its own in Redis too
    _redis = f"{_redis.rpartition('/')[0]}/{int(os.environ.get('PYTEST_XDIST_WORKER', 'gw0')[2:])}"
_name = f"vejviser_test_{uuid.uuid4().hex[:10]}"

# Before anything of ours is imported: settings are read once.
for name in list(os.environ):
    if name.startswith("VEJVISER_") and not name.startswith("VEJVISER_TEST_"):
        del os.environ[name]
os.environ.update(
    VEJVISER_DATA_DIR=str(_folder),
    VEJVISER_DATABASE_URL=sa.engine.make_url(_server).set(database=_name).render_as_string(False) if _server else "",
    VEJVISER_TODAY=TODAY.isoformat(),
    VEJVISER_CHAT_LIMIT="100000 per minute",
    VEJVISER_RASA_TIMEOUT="8",
    VEJVISER_REDIS_URL=_redis,
)
if _redis:
    redis.Redis.from_url(_redis).flushdb()  # limits counted by an earlier run

from casework import db as database  # noqa: E402
from casework.cli import main as cli  # noqa: E402
from casework.models import Base  # noqa: E402
from casework.processes import model_path  # noqa: E402
from casework.settings import Settings, Smtp, current  # noqa: E402
from tests.mailserver import MailServer  # noqa: E402
from tests.stack import Stack, free_port  # noqa: E402


def pytest_collection_modifyitems(config, items):
    """Begin with the files that need processes or a browser, so that quick ones fill up the end of the run.

    Left out on PostgreSQL is what has been tried on SQLite and in which the database plays no part, and on SQLite what
    is of PostgreSQL alone.
    """
    slow = {item.path for item in items if {"stack", "browser"} & set(item.fixturenames)}
    items.sort(key=lambda item: item.path not in slow)
    other = "once" if _server else "postgresql"
    left_out = [item for item in items if item.get_closest_marker(other)]
    items[:] = [item for item in items if not item.get_closest_marker(other)]
    config.hook.pytest_deselected(items=left_out)


def _admin(statement: str) -> None:
    engine = sa.create_engine(sa.engine.make_url(_server).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()


@pytest.fixture(scope="session", autouse=True)
def migrated():
    """Build the database with the real migrations, once."""
    if _server:
        _admin(f'CREATE DATABASE "{_name}"')
    cli(["migrate"], standalone_mode=False)
    (_folder / "models").symlink_to(ROOT / "var" / "models")
    yield
    database.engine().dispose()
    if _server:
        _admin(f'DROP DATABASE "{_name}" WITH (FORCE)')


@pytest.fixture
def db(migrated):
    """A session on an empty database; what it did is committed when the test ends well."""
    _empty()
    with database.session() as session, session.begin():
        yield session


def _empty() -> None:
    with database.session() as session, session.begin():
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())


@pytest.fixture
def mail_server(monkeypatch):
    """A mail server that the settings name."""
    running = MailServer()
    monkeypatch.setattr(current(), "smtp", Smtp("127.0.0.1", running.port, "", "", tls=False))
    monkeypatch.setattr(current(), "mail_from", "vejviser@ltk.invalid")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def stack(migrated):
    """The running system: Rasa, action server and web, each a process that can be stopped on its own."""
    assert model_path(Settings.read({})).exists(), "Modellen mangler. Kør: make model"
    running = Stack(port=free_port(), rasa_port=free_port(), actions_port=free_port())
    running.start_all()
    yield running
    running.stop_all()


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    path = next(
        (p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome") if Path(p).exists()),
        None,
    )
    assert path, "Installér Chromium: apt install chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-software-rasterizer",
                "--disable-background-networking",
                "--disable-component-update",
            ],
        )
        yield chromium
        chromium.close()
