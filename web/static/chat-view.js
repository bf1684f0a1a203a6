// The conversation on the screen: messages, what is announced, and copying. It never moves the focus.
export const byId = (id) => document.getElementById(id);
const log = byId("samtale");
const announcer = byId("annoncering");
const words = byId("sagt").content;
const word = (name) => words.querySelector(`[data-${name}]`).textContent;

const copyOf = (id) => byId(id).content.cloneNode(true);

export function pieces(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return [...holder.content.children];
}

// An empty log is no stop for the keyboard; one that may scroll must be. And there is something to answer by now, so
// what one could begin with goes.
function begun() {
  log.tabIndex = 0;
  byId("velkomst")?.remove();
}

// Puts messages in: after the one they answer, else at the end. Only the latest message has choices.
export function add(nodes, after) {
  if (!nodes.length) { return nodes; }
  begun();
  log.querySelectorAll(".vv-choices").forEach((old) => old.remove());
  if (after && after.isConnected) { after.after(...nodes); } else { log.append(...nodes); }
  if (navigator.clipboard) {
    nodes.forEach((node) => node.querySelectorAll(".vv-copies").forEach((row) => { row.hidden = false; }));
  }
  show(nodes[0]);
  return nodes;
}

export function own(text) {
  const node = copyOf("egen").firstElementChild;
  node.querySelector(".vv-own").textContent = text;
  begun();
  log.querySelectorAll(".vv-choices button").forEach((button) => { button.disabled = true; });
  log.append(node);
  show(node);
  return node;
}

// Where the log scrolls by itself the page stays; on a phone the page is what scrolls.
function show(node) {
  if (getComputedStyle(log).overflowY === "auto" && log.scrollHeight > log.clientHeight) {
    log.scrollTop = node.offsetTop - 8;
  } else {
    node.scrollIntoView({ block: log.scrollHeight > innerHeight ? "start" : "nearest" });
  }
}

// Says each message once, with who says it and in its own language. New elements are read also when the words are the
// same as before.
export function say(nodes) {
  const said = nodes.filter((node) => node.querySelector(".vv-text")).map((node) => {
    const line = document.createElement("p");
    const text = node.querySelector(".vv-text");
    const words = document.createElement("span");
    words.lang = text.lang || "da";
    words.textContent = text.innerText.trim();
    const file = node.querySelector(".vv-attachment") ? ` ${word("file")}` : "";
    const choices = node.querySelector(".vv-choices") ? ` ${word("choices")}` : "";
    line.append(`${node.querySelector(".vv-who").textContent}: `, words, file, choices);
    return line;
  });
  log.dispatchEvent(new CustomEvent("said", { detail: nodes }));
  if (said.length) { announcer.replaceChildren(...said); }
}

export function announce(text) {
  const line = document.createElement("p");
  line.textContent = text;
  announcer.replaceChildren(line);
}

let late = null;
export function thinking(on) {
  byId("tilstand").hidden = !on;
  log.setAttribute("aria-busy", String(on));
  clearTimeout(late);
  if (on) { late = setTimeout(() => announce(word("thinks")), 2500); }
}

// Says below a message that it is not sent, and why; says it aloud only when that is new.
export function unsent(node, why) {
  if (node.dataset.unsent === why) { return; }
  sent(node);
  node.dataset.unsent = why;
  node.append(copyOf(why));
  announce(node.querySelector(".vv-unsent").textContent);
}

export function sent(node) {
  delete node.dataset.unsent;
  node.querySelectorAll(".vv-unsent").forEach((note) => note.remove());
}

// An empty message is told at its field; aloud only where the focus is there already, else the field says it itself.
export function missing(field, is) {
  const error = byId("besked-fejl");
  if (is === !error.hidden) { return; }
  error.hidden = !is;
  if (!is) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
    return;
  }
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", error.id);
  if (document.activeElement === field) { announce(error.textContent); }
}

export function only(nodes) {
  begun();
  log.dispatchEvent(new Event("ended"));
  log.replaceChildren(...nodes);
  say(nodes);
}

export const closed = () => [...copyOf("lukket").children];
export const failed = () => copyOf("ikke-aendret");

log.addEventListener("click", (event) => {
  const button = event.target.closest(".vv-copy");
  if (!button) { return; }
  const copied = (name) => {
    button.dataset.done = word(name);
    announce(`${word(name)}: ${button.dataset.copy}`);
    setTimeout(() => { delete button.dataset.done; }, 4000);
  };
  navigator.clipboard.writeText(button.dataset.copy).then(() => copied("copied"), () => copied("not-copied"));
});
