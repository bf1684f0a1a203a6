// What this tab remembers: the conversation's token, what is not sent yet, and when it was last used. It ends with the
// tab. Where a browser refuses, it lasts as long as the page.
const PREFIX = "vejviser-";
const memory = {};

export function read(name) {
  try { return sessionStorage.getItem(PREFIX + name); } catch { return memory[name] ?? null; }
}

export function write(name, value) {
  memory[name] = value;
  try { sessionStorage.setItem(PREFIX + name, value); } catch { /* the page remembers */ }
}

export function forget() {
  for (const name of ["samtale", "usendt", "sidst"]) {
    delete memory[name];
    try { sessionStorage.removeItem(PREFIX + name); } catch { /* there was nothing */ }
  }
}

export function unsent() {
  try { return JSON.parse(read("usendt")) || []; } catch { return []; }
}

// A random UUID; crypto.randomUUID is missing on a page without TLS.
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
