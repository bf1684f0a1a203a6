"""What the office does: rules, deadlines, conversations, cases and storage. Plain Python and SQLAlchemy."""
