"""To be filled."""

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To be filled."""


def downgrade() -> None:
    """To be filled."""
