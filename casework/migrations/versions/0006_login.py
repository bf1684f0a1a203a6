"""Login: totrin, genoprettelseskoder, forsøg på login og kommunens login"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KINDS = "'afvist', 'videre', 'ind', 'ud', 'oprettet', 'rolle', 'lukket', 'aabnet', 'adgangskode', 'totrin', 'totrin_koder', 'totrin_fjernet', 'udtraek'"
NEW = ("oidc_managed", "oidc_subject", "oidc_issuer", "totp_last_step", "totp_confirmed_at", "totp_secret", "must_change_password", "stamp")


def upgrade() -> None:
    # Columns are added one by one: rebuilding `staff` would drop a table that others point to.
    op.add_column('staff', sa.Column('stamp', sa.String(length=32), nullable=False, server_default=''))
    op.add_column('staff', sa.Column('must_change_password', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('staff', sa.Column('totp_secret', sa.Text(), nullable=True))
    op.add_column('staff', sa.Column('totp_confirmed_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('staff', sa.Column('totp_last_step', sa.Integer(), nullable=True))
    op.add_column('staff', sa.Column('oidc_issuer', sa.String(length=300), nullable=True))
    op.add_column('staff', sa.Column('oidc_subject', sa.String(length=255), nullable=True))
    op.add_column('staff', sa.Column('oidc_managed', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index('uq_staff_oidc_issuer_oidc_subject', 'staff', ['oidc_issuer', 'oidc_subject'], unique=True)
    staff = sa.table('staff', sa.column('id', sa.Integer), sa.column('stamp', sa.String))
    connection = op.get_bind()
    for staff_id in [row.id for row in connection.execute(sa.select(staff.c.id))]:
        connection.execute(staff.update().where(staff.c.id == staff_id).values(stamp=secrets.token_hex(16)))

    op.create_table('recovery_codes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('staff_id', sa.Integer(), nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_recovery_codes_staff_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery_codes'))
    )
    op.create_index(op.f('ix_recovery_codes_staff_id'), 'recovery_codes', ['staff_id'])

    op.create_table('access_events',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('staff_id', sa.Integer(), nullable=True),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('detail', sa.String(length=200), nullable=False),
    sa.Column('account_key', sa.String(length=64), nullable=True),
    sa.Column('address_key', sa.String(length=64), nullable=True),
    sa.CheckConstraint(f"kind in ({KINDS})", name=op.f('ck_access_events_kind')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_access_events_staff_id')),
    sa.ForeignKeyConstraint(['by_id'], ['staff.id'], name=op.f('fk_access_events_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_access_events'))
    )
    op.create_index(op.f('ix_access_events_at'), 'access_events', ['at'])
    op.create_index(op.f('ix_access_events_staff_id'), 'access_events', ['staff_id'])
    op.create_index('ix_access_events_account_key_at', 'access_events', ['account_key', 'at'])
    op.create_index('ix_access_events_address_key_at', 'access_events', ['address_key', 'at'])


def downgrade() -> None:
    op.drop_table('access_events')
    op.drop_table('recovery_codes')
    op.drop_index('uq_staff_oidc_issuer_oidc_subject', 'staff')
    for name in NEW:
        op.drop_column('staff', name)
