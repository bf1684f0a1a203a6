"""How hard a Danish text is to read, and the figures of all answers (`make figures` writes docs/answers.md)."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from statistics import mean, median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Reading(NamedTuple):
    """LIX (words a sentence plus per cent of words over six letters) and the number of words."""

    lix: float
    words: int


def reading(text: str) -> Reading:
    """Return how hard `text` is; templates, links and marks are left out."""
    plain = re.sub(r"{%.*?%}|{{.*?}}|\[([^\]]*)\]\([^)]*\)|[*_>]", r"\1", text, flags=re.S)
    words = re.findall(r"[A-Za-zÆØÅæøåé0-9-]+", plain)
    sentences = max(1, len(re.findall(r"[.!?:](?:\s|$)", plain)))
    count = max(1, len(words))
    return Reading(len(words) / sentences + 100 * sum(len(w) > 6 for w in words) / count, len(words))


def report() -> str:
    """Return the figures of all answers as Markdown."""
    from casework.answers import klageveje, sources
    from tests.test_consistency import used_sources, variants, whole

    entries = [(name, entry) for name, _, entry in variants() if entry.get("lang", "da") == "da"]
    told = [(name, reading(whole(e)), len(set(e.get("sources", [])))) for name, e in entries if e.get("sources")]
    plain = [reading(e["plain"]) for _, e in entries if e.get("plain")]
    lix = sorted(r.lix for _, r, _ in told)
    bands = [(f"under {top}" if not low else f"{low}-{top}", sum(low <= x < top for x in lix)) for low, top in BANDS]
    known = [s["confidence"] for s in sources().values()]
    lines = [
        "# The answers in figures",
        "",
        "Written by `make figures`. LIX: up to 24 very easy, 25-34 easy, 35-44 medium.",
        "",
        f"- Answers with sources: {len(told)}, counting those with words of their own for an area",
        f"- LIX: median {median(lix):.0f}, mean {mean(lix):.1f}, highest {max(lix):.0f}",
        f"- LIX of the plainer versions ({len(plain)}): median {median(r.lix for r in plain):.0f}, "
        f"highest {max(r.lix for r in plain):.0f}",
        f"- Words an answer: median {median(r.words for _, r, _ in told):.0f}; plainer: "
        f"{median(r.words for r in plain):.0f}",
        f"- Sources an answer: median {median(n for *_, n in told):.0f}, fewest {min(n for *_, n in told)}, "
        f"most {max(n for *_, n in told)}",
        f"- Facts in use: {len(used_sources())}: {known.count('verified')} seen in a source, "
        f"{known.count('seed')} from the adviser's reports, "
        f"{known.count('unverified')} not verified (worded with care)",
        f"- Areas in the complaint guide: {len(klageveje())}, of which "
        f"{sum(g['deadline'] != 'none' for g in klageveje().values())} give a date",
        "",
        "| LIX | answers |",
        "|---|---|",
        *(f"| {band} | {count} |" for band, count in bands),
        "",
    ]
    return "\n".join(lines)


BANDS = ((0, 20), (20, 25), (25, 30), (30, 35), (35, 41))

if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "answers.md"
    target.write_text(report(), encoding="utf-8")
    sys.stdout.write(report())
