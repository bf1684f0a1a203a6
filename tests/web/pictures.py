"""Pictures of the pages in a real browser, kept in var/pictures for people to look at.

`.ci/run` keeps them after every run; `python -m tests.web.pictures` writes the page that shows them side by side.
"""

from __future__ import annotations

import time
import warnings
from html import escape

from playwright.sync_api import Error

from casework.settings import ROOT

PICTURES = ROOT / "var" / "pictures"
SIZES = {"telefon": (360, 740), "skaerm": (1200, 800)}


def keep(page, name: str, **options) -> None:
    """Keep a picture of `page` as `name`; `options` are those of Playwright's `screenshot`.

    On a busy machine the browser now and then says that it cannot capture a page which it shows well. A picture is
    for people to look at and checks nothing, so after three attempts the test goes on with a warning.
    """
    PICTURES.mkdir(parents=True, exist_ok=True)
    for _attempt in range(3):
        try:
            page.screenshot(path=PICTURES / f"{name}.png", **options)
            return
        except Error as error:
            failed = error
            time.sleep(0.5)
    warnings.warn(f"Intet billede af {name}: {failed}", stacklevel=2)


def picture(page, name: str) -> None:
    """Keep a picture of the whole page as `name`, and see that nothing is wider than the screen."""
    width = page.viewport_size["width"]
    keep(page, f"{name}-{width}", full_page=True, animations="disabled")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, f"{name} is {wide} wide on a screen of {width}"


def pictures(page, name: str) -> None:
    """Keep `picture`s on a phone and a wide screen; the page is as wide as before afterwards."""
    was = page.viewport_size
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        picture(page, name)
    page.set_viewport_size(was)


def overview() -> str:
    """Return a page that shows every picture there is, by name."""
    found = sorted(PICTURES.glob("*.png"))
    shown = "".join(
        f'<figure><a href="{escape(p.name)}"><img src="{escape(p.name)}" alt="" loading="lazy"></a>'
        f"<figcaption>{escape(p.stem)}</figcaption></figure>"
        for p in found
    )
    style = "body{display:flex;flex-wrap:wrap;gap:16px;font:14px sans-serif}img{width:300px;border:1px solid #999}"
    return f"<!doctype html><meta charset=utf-8><title>{len(found)} billeder</title><style>{style}</style>{shown}"


if __name__ == "__main__":
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / "index.html").write_text(overview(), encoding="utf-8")
