"""The figures of an understanding, which the command line uses too; see nlu/scoring.py."""

from nlu.scoring import NEED_OMRAADE, NEED_UNIT, Score, Understands, is_urgent, offered

__all__ = ["NEED_OMRAADE", "NEED_UNIT", "Score", "Understands", "is_urgent", "offered"]
