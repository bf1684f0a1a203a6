"""Whether a page can be used by everybody: axe, zoom, size of what is pressed, focus, forced colours, movement.

`wrong_with(page)` tries all of it on the page as it stands: in a phone's width, in a wide screen's with everything
folded out, and at 400 and 200 per cent. The rules are those of WCAG 2.2 AA; what is pressed on citizens' pages is held
to 44 px (2.5.5), on staff's to 24.
"""

from __future__ import annotations

from pathlib import Path

from tests.web.axe import findings

SCRIPT = Path(__file__).with_name("looks.js").read_text(encoding="utf-8")
PHONE, WIDE = 360, 1200
FOCUS = "looks.unfocused(false)"
ROOM = "looks.narrow().concat(looks.overlapping())"
ZOOMED = {320: "", 640: "125%"}  # 1280 px at 400 %; and at 200 % with the browser's own text doubled too


def wrong_with(page, least: int = 44, unfold: bool = True, focus: bool = True) -> list[str]:
    """Return all that is wrong with the page, each with where it was seen; an empty list when nothing is.

    `least` is the size in px of what is pressed. A key is pressed first, so that the browser shows the focus as to
    somebody at a keyboard; not where any key changes the page, so that the focus meets it never (`focus`).
    """
    was = page.viewport_size
    if focus:
        page.keyboard.press("Shift")
    page.evaluate(SCRIPT)
    wrong = []

    def add(where: str, found: list[str]) -> None:
        wrong.extend(f"[{where}] {line}" for line in found)

    page.emulate_media(reduced_motion="reduce", forced_colors="none")
    for width in (PHONE, WIDE):
        page.set_viewport_size({"width": width, "height": 740 if width < 500 else 900})
        if width == WIDE and unfold:
            page.evaluate("looks.unfold()")
        add(f"axe {width}", findings(page))
        add(f"størrelse {width}", page.evaluate("least => looks.small(least)", least))
        add(f"fokus {width}", page.evaluate(FOCUS) if focus else [])
        add(f"plads {width}", page.evaluate(ROOM))
    add("bevægelse", page.evaluate("looks.moving()"))
    for width, text in ZOOMED.items():
        page.set_viewport_size({"width": width, "height": 700})
        page.evaluate("size => { document.documentElement.style.fontSize = size; }", text)
        add(f"zoom {width} {text}", page.evaluate(ROOM))
        add(f"fokus ved zoom {width}", page.evaluate(FOCUS) if focus else [])
    page.evaluate("() => { document.documentElement.style.fontSize = ''; }")
    page.set_viewport_size(was)
    page.emulate_media(forced_colors="active")
    add("tvungne farver", page.evaluate("looks.unfocused(true)") if focus else [])
    add("tvungne farver, kant", page.evaluate("looks.borderless()"))
    page.emulate_media(forced_colors="none")
    page.evaluate("looks.fold()")
    return wrong


def sound(page, where: str, **how) -> None:
    """Fail with all that is wrong with the page, in one list."""
    wrong = wrong_with(page, **how)
    assert not wrong, f"{where}:\n" + "\n".join(wrong)
