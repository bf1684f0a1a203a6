// A conversation nobody uses leaves the screen, for others may use it. First the citizen is told, and any sign of life
// keeps it. The time is kept in the tab, so that it also runs while she is on another page.
import * as tab from "./chat-tab.js";

const LOOKS_EVERY = 5000;

export const lastUsed = () => Number(tab.read("sidst")) || 0;

// `may`: whether there is anything to close; `warn(on)`: show or hide the warning; `end`: close it.
export function watch({ limit, warnBefore, may, warn, end }) {
  let warned = false;
  let noted = 0;

  function used() {
    const now = Date.now();
    if (warned) { warned = false; warn(false); } else if (now - noted < 2000) { return; }
    noted = now;
    tab.write("sidst", String(now));
  }

  function look() {
    if (!may()) { return; }
    const quiet = Date.now() - lastUsed();
    if (quiet >= limit) {
      if (warned) { warned = false; warn(false); }
      end();
    } else if (quiet >= limit - warnBefore && !warned) {
      warned = true;
      warn(true);
    }
  }

  for (const name of ["keydown", "pointerdown", "input", "wheel"]) { document.addEventListener(name, used, { passive: true }); }
  // A page that comes forth again is looked at before it counts as used.
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { look(); } });
  setInterval(look, LOOKS_EVERY);
  return { used, tooLate: () => lastUsed() > 0 && Date.now() - lastUsed() >= limit };
}
