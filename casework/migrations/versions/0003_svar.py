"""Svar: hver udgave af svar, afdelinger og kilder"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'


def upgrade() -> None:
    op.create_table('revisions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('body', sa.JSON(), nullable=False),
    sa.Column('origin', sa.String(length=10), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('base', sa.String(length=40), nullable=True),
    sa.Column('restores_id', sa.Integer(), nullable=True),
    sa.Column('author_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('approved_by_id', sa.Integer(), nullable=True),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by_id', sa.Integer(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_note', sa.Text(), nullable=False),
    sa.CheckConstraint("kind in ('svar', 'enhed', 'kilde')", name=op.f('ck_revisions_kind')),
    sa.CheckConstraint("origin = 'fil' or author_id is not null", name=op.f('ck_revisions_author')),
    sa.CheckConstraint("origin = 'fil' or state not in ('godkendt', 'afloest') or approved_by_id is not null", name=op.f('ck_revisions_approved')),
    sa.CheckConstraint("origin in ('fil', 'redigeret')", name=op.f('ck_revisions_origin')),
    sa.CheckConstraint("state in ('forslag', 'godkendt', 'afvist', 'trukket', 'afloest')", name=op.f('ck_revisions_state')),
    sa.CheckConstraint('approved_by_id <> author_id', name=op.f('ck_revisions_two_people')),
    sa.ForeignKeyConstraint(['approved_by_id'], ['staff.id'], name=op.f('fk_revisions_approved_by_id')),
    sa.ForeignKeyConstraint(['author_id'], ['staff.id'], name=op.f('fk_revisions_author_id')),
    sa.ForeignKeyConstraint(['ended_by_id'], ['staff.id'], name=op.f('fk_revisions_ended_by_id')),
    sa.ForeignKeyConstraint(['restores_id'], ['revisions.id'], name=op.f('fk_revisions_restores_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_revisions')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('revisions', schema=None) as batch_op:
        batch_op.create_index('ix_revisions_kind_key', ['kind', 'key'], unique=False)
        batch_op.create_index('uq_revisions_in_force', ['kind', 'key', 'origin'], unique=True, sqlite_where=sa.text("state = 'godkendt'"), postgresql_where=sa.text("state = 'godkendt'"))



def downgrade() -> None:
    with op.batch_alter_table('revisions', schema=None) as batch_op:
        batch_op.drop_index('uq_revisions_in_force', sqlite_where=sa.text("state = 'godkendt'"), postgresql_where=sa.text("state = 'godkendt'"))
        batch_op.drop_index('ix_revisions_kind_key')

    op.drop_table('revisions')
