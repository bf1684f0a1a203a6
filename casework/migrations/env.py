"""Runs the migrations against the database the settings name."""

from alembic import context

from casework.db import engine
from casework.models import Base, Encrypted, Moment

PLAIN = {Moment: "sa.DateTime(timezone=True)", Encrypted: "sa.Text()"}


def plain_type(kind, item, _context):
    """Write our own column types as what the database holds, so that old migrations never need our code."""
    return PLAIN.get(type(item), False) if kind == "type" else False


with engine().connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=plain_type,
        include_name=lambda name, kind, parents: kind != "table" or name in Base.metadata.tables,
    )
    with context.begin_transaction():
        context.run_migrations()
    if connection.in_transaction():
        connection.commit()
