"""A QR code as a picture inside the page, so that what it holds is in no address and no cache."""

from __future__ import annotations

import segno
from markupsafe import Markup


def as_svg(text: str) -> Markup:
    """Return `text` as an inline SVG."""
    drawn = segno.make(text, error="m", micro=False).svg_inline(
        scale=5, border=4, dark="#000", light="#fff", svgclass="vv-qr", omitsize=True
    )
    return Markup(drawn)  # noqa: S704 - drawn by segno: squares only, no text of ours in it
