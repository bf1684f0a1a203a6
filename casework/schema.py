"""Which version of the tables a database has, and bringing it up to the newest."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from casework import queue_index, revisions
from casework.settings import ROOT


class Brought(NamedTuple):
    """What bringing a database up did besides the tables."""

    recorded: revisions.Recorded
    indexed: int


def _config() -> Config:
    return Config(toml_file=str(ROOT / "pyproject.toml"))


def newest() -> str:
    """Return the version this system has."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def is_known(revision: str) -> bool:
    """Return whether a version is this system's or one before it."""
    try:
        return ScriptDirectory.from_config(_config()).get_revision(revision) is not None
    except CommandError:
        return False


def revision_of(engine: Engine) -> str | None:
    """Return the version a database has; None where it has no tables of ours."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine | None = None) -> None:
    """Bring a database up to the newest version: the one the settings name, unless another is given."""
    config = _config()
    config.attributes["engine"] = engine
    command.upgrade(config, "head")


def bring_up(session: Session, now: datetime) -> Brought:
    """Record what the files say now, and take into the search what is not in it."""
    return Brought(revisions.record_files(session, now), queue_index.complete(session))
