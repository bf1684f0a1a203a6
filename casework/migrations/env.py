"""Runs the migrations against the database the settings name, or the one the caller gives."""

from alembic import context

from casework import queue_index
from casework.db import engine
from casework.models import Base, Encrypted, Moment

PLAIN = {Moment: "sa.DateTime(timezone=True)", Encrypted: "sa.Text()"}


def plain_type(kind, item, _context):
    """Write our own column types as what the database holds, so that old migrations never need our code."""
    return PLAIN.get(type(item), False) if kind == "type" else False


def without_cascades(connection) -> None:
    """On SQLite a table is changed by making it anew: then dropping the old one must not take what hangs on it."""
    if connection.dialect.name == "sqlite":
        connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")  # before any transaction begins


def whole(connection) -> None:
    """Raise when a migration left a reference to nothing behind."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"references to nothing after the migration: {broken[:5]}")


with (context.config.attributes.get("engine") or engine()).connect() as connection:
    without_cascades(connection)
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=plain_type,
        include_name=lambda name, kind, parents: kind != "table" or name in Base.metadata.tables,
    )
    with context.begin_transaction():
        context.run_migrations()
        whole(connection)
    queue_index.install(connection)  # SQLite loses a table's triggers when a migration rebuilds it
    if connection.in_transaction():
        connection.commit()
    connection.invalidate()  # this connection's cascades are off: nobody gets it after us
