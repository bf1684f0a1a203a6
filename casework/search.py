"""Search among the answers, for those whose question was not understood."""

from __future__ import annotations

import re
from functools import lru_cache

import snowballstemmer
from rank_bm25 import BM25Plus

from casework.answers import answers, choice_labels, render
from casework.overlay import stamp
from casework.taxonomy import taxonomy

_WORD = re.compile(r"[^\W\d_]{2,}|\d{2,}")
_COMMON = frozenset(
    """
    af alle altså at bare blev blive da de dem den denne der deres det dette dig din du efter eller en end er et for
    fra får ham han har have hej hende hun hvad hvis hvor i igen ikke ind ja jeg jer jo kan kom kommer kun lige man
    med meget men mig min mit mod må ned nej nok nu når og også om op os over på se selv sig siger skal skulle som
    så til ud var ved vi vil ville være været
    """.split()
)
_stemmer = snowballstemmer.stemmer("danish")
TITLE_WEIGHT = 3  # a word of the title counts so many times
SEARCHED_KINDS = ("answer", "calculation", "dialogue", "handoff", "urgent")


def search(text: str, limit: int = 8) -> list[str]:
    """Return the topics whose answers share most words with `text`, the best first; none when no word is shared."""
    topics, words_of, index = _index(stamp())
    wanted = set(_words(text))
    scores = index.get_scores([w for w in wanted if w in index.idf])
    ranked = sorted(zip(scores, topics, words_of, strict=True), key=lambda found: -found[0])
    return [topic for _, topic, words in ranked if wanted.intersection(words)][:limit]


def searchable() -> list[str]:
    """Return the topics that have an answer of their own, in the order of the taxonomy."""
    return [
        topic
        for topic, entry in taxonomy()["topics"].items()
        if entry["kind"] in SEARCHED_KINDS and topic in choice_labels() and topic in answers() and topic != "udenfor"
    ]


@lru_cache(maxsize=2)
def _index(stamp: tuple[int, ...]) -> tuple[list[str], list[list[str]], BM25Plus]:
    topics = searchable()
    words_of = [_words(f"{_title(topic)} " * TITLE_WEIGHT + render(topic)["text"]) for topic in topics]
    return topics, words_of, BM25Plus(words_of)


def _title(topic: str) -> str:
    """Return what the topic is called, with other words for it (`search` in the answer)."""
    return f"{choice_labels()[topic]} {taxonomy()['topics'][topic]['da']} {answers()[topic].get('search', '')}"


def _words(text: str) -> list[str]:
    found = [w for w in _WORD.findall(text.lower()) if w not in _COMMON]
    return [_stemmer.stemWord(w) for w in found]
