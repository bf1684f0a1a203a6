"""A message taken apart: two questions in one, and a question that leans on the one before."""

from __future__ import annotations

import re

_ASKS = (
    r"(?:hv(?:em|ad|or|ordan|orfor|ornår|ornaar|orhen|ilken|ilket|ilke|ilk|a)\b"
    r"|(?:må|maa|kan|ka|skal|ska|er|har|får|faar|gælder|gaelder|findes|vil|koster)\s)"
)
_SENTENCE = re.compile(r"(?<=[?!.])\s+|\s*\n+\s*|\s+\+\s+")
_JOINED = re.compile(
    rf"\s*,?\s+(?:og|samt|plus|desuden|eller|men|å)\s+(?:så\s+|også\s+|osse\s+)?(?={_ASKS}|(?:jeg|vi)\s+(?:vil|skal|ønsker)\b)"
    rf"|\s*,\s+(?={_ASKS})|\s+(?={_ASKS}(?:jeg|vi|man|der)\b)",
    re.IGNORECASE,
)
_NEEDS = re.compile(
    rf"\?\s*$|^\W*(?:og|men|så|samt|hej|øh)?\W*{_ASKS}"
    r"|\b(?:hvornår|hvordan|hvem|hvorhen|hvad|(?:kan|må|skal|får)\s+(?:jeg|vi|man|han|hun|de|min|mit|vores)"
    r"|(?:jeg|vi)\s+(?:vil|skal|ønsker|mangler)|(?:vil|ville)\s+(?:jeg|vi)?\s*(?:også\s+)?gerne|har\s+brug\s+for)\b",
    re.IGNORECASE,
)
_OPENING = r"^\W*(?:(?:ok(?:ay)?|ja|nej|nå|tak|fint|godt|super|jamen|hmm?|øh)\b[\s,.!]*)*"
_LEADS_ON = re.compile(
    _OPENING
    + r"(?:og|men|eller|så|å|samt|også|osse|gælder|gaelder|hvis|når|(?:hvad|hva|hvem|hvor)\s+(?:med|nu|så|hvis))\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(?:det|den|dem|de|han|hun|ham|hende|så|der|imens|bagefter|så\s+længe|i\s+stedet|derhen|samme)\b", re.IGNORECASE
)
_SAME_AGAIN = re.compile(
    _OPENING + r"(?:og|men|eller|så)?\s*"
    r"(?:(?:hvad|hva|hvordan)\s+(?:så\s+)?med\s+(?:min|mit|mine|vores|hans|hendes|deres|ham|hende|dem|os|mig|børn|en|et)\b"
    r"|(?:gælder|gaelder|er)\s+(?:det|den|de)\s+(?:også|osse|samme|stadig|kun)\b"
    r"|(?:også|osse)\s+(?:for|hvis|når|med|til|om)\b)",
    re.IGNORECASE,
)
_LONGEST_LEANING = 10


def questions(text: str) -> list[str]:
    """Return the parts of `text` that each ask for something, in order, each with what was told just before it; fewer
    than two where there is one need."""
    found: list[str] = []
    told: list[str] = []
    for sentence in _SENTENCE.split(text):
        for piece in _JOINED.split(sentence):
            told.append(piece.strip())
            if _NEEDS.search(piece) and len(piece.split()) >= 3:
                found.append(" ".join(told))
                told = []
    return found


def leans_on_the_one_before(text: str) -> bool:
    """Return whether `text` makes little sense alone: "og hvornår senest?", "koster det noget"."""
    if len(text.split()) > _LONGEST_LEANING:
        return False
    return bool(_LEADS_ON.match(text) or _POINTS_BACK.search(text))


def asks_the_same_again(text: str) -> bool:
    """Return whether `text` asks the earlier question about somebody or something else: "hvad med min mor?"."""
    return len(text.split()) <= _LONGEST_LEANING and bool(_SAME_AGAIN.match(text))
