"""axe-core on a page as it stands in the browser: what it finds, in words one can read.

It comes through npm as the design system does, as a development dependency, and is never served.
"""

from __future__ import annotations

from casework.settings import ROOT

SCRIPT = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MINOR = "minor"  # anything worse fails
# Size is measured in looks.js: axe calls small what lies below a sticky bar at this moment, and one can scroll.

RUN = """async (tags) => {
    const found = await axe.run(document, {
        runOnly: tags, iframes: false, resultTypes: ['violations'], rules: { 'target-size': { enabled: false } },
    });
    return found.violations.map(v => ({
        rule: v.id, impact: v.impact, help: v.help,
        places: v.nodes.map(n => `${n.target.join(' ')}: ${n.failureSummary.split('\\n').slice(1).join('; ').trim()}`),
    }));
}"""


def findings(page) -> list[str]:
    """Return what axe finds on a page or in a frame, one line for each rule; an empty list when there is nothing."""
    if not page.evaluate("typeof axe === 'object'"):
        assert SCRIPT.exists(), "axe-core mangler. Kør: make install"
        page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    return [
        f"{v['rule']} ({v['impact']}): {v['help']}\n    " + "\n    ".join(v["places"][:4])
        for v in page.evaluate(RUN, TAGS)
        if v["impact"] != MINOR
    ]
