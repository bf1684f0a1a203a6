"""The course of a case as a drawing and as a page that says the same in words."""

from __future__ import annotations

from textwrap import wrap

from flask import Blueprint, Response, render_template, request

from casework.course import course, describe, drawing_alt, sources_of, step
from web.access import public

blueprint = Blueprint("course", __name__)

# The drawing is 288 wide, so that its text of 16 is 16 pixels on a phone of 320 with a margin on each side.
WIDTH = 288
SIGNS_IN_A_LINE = 24  # as many as the widest of the system fonts has room for
TITLE_ROW, ROW, PADDING, MARK_BAND, GAP = 24, 20, 11, 30, 36
TOP = 2


@blueprint.get("/forloeb")
@public
def page():
    """Show the drawing and the text; `trin` says where the citizen is. An unknown step marks nothing."""
    here = step(request.args.get("trin"))
    return render_template(
        "course/page.html",
        course=course(),
        here=here,
        text=describe(here["id"], link=False) if here else None,
        sources_of=sources_of,
        drawing=_drawing(here),
    )


@blueprint.get("/forloeb.svg")
@public
def svg():
    """Return the drawing alone."""
    drawing = render_template("course/drawing.svg", drawing=_drawing(step(request.args.get("trin"))))
    return Response(drawing, content_type="image/svg+xml; charset=utf-8")


def _even(words: str) -> list[str]:
    """Return `words` in as few lines as there is room for, as even as they get, so that no word is left alone."""
    wanted = len(wrap(words, SIGNS_IN_A_LINE))
    widths = range(SIGNS_IN_A_LINE, max(map(len, words.split())) - 1, -1)
    return [lines for lines in (wrap(words, width) for width in widths) if len(lines) == wanted][-1]


def _drawing(here: dict | None) -> dict:
    """Return words and places of the drawing: a box for each step from the top down, an arrow to each but the last."""
    words = course()["drawing"]
    boxes, top = [], TOP
    for found in course()["steps"]:
        marked = found is here
        lines = _even(found["line"])
        band = MARK_BAND if marked else 0
        height = band + PADDING + TITLE_ROW + ROW * len(lines) + PADDING
        text = top + band + PADDING
        boxes.append(
            {
                **found,
                "marked": marked,
                "top": top,
                "height": height,
                "text_top": text,
                "lines": [{"words": line, "y": text + TITLE_ROW + ROW * row + 15} for row, line in enumerate(lines)],
            }
        )
        top += height + GAP
    legend = top - GAP + 24
    return {
        "boxes": boxes,
        "gap": GAP,
        "band": MARK_BAND,
        "width": WIDTH,
        "legend": legend,
        "height": legend + 2 * 28 + len(words["notes"]) * ROW + 10,
        "alt": drawing_alt(here["id"] if here else None),
        "words": words,
    }
