// Sends messages without reloading the page. Without this script the same forms post and the page comes back whole.
import * as tab from "./chat-tab.js";
import * as view from "./chat-view.js";
import { watch } from "./chat-idle.js";

const { byId } = view;
const box = byId("samtalen");
const form = byId("skriv");
const field = byId("besked");
const token = form.elements.conversation;
const MINUTE = 60000;
const EVERY = 4000; // between two questions for news
const LATER = [429, 502, 503, 504]; // it may go better in a while; everything else is an answer
const GONE = 404;
const NOT_TAKEN = [400, 413, 500]; // what was written goes back into the field

function post(url, data) {
  return fetch(url, { method: "POST", body: new URLSearchParams(data), headers: { "X-Fragment": "1" } });
}

// --- The token ---------------------------------------------------------------------------------------------------
function hold(value) {
  box.querySelectorAll("input[name=conversation]").forEach((input) => { input.value = value; });
  byId("bagefter").hidden = !value;
  if (value) { tab.write("samtale", value); idle.used(); }
}

// --- Sending: what is written is kept in the tab until it has been answered, and is sent once ---------------------
let queue = tab.unsent();
const bubbles = new Map();
let sending = false;
let tries = 0;
let again = null;
let stale = false; // messages of an earlier page wait: the server may have heard them, so the whole is fetched afterwards
let era = 0; // grows when the conversation ends: what was on its way to the old one is dropped

function keepQueue() { tab.write("usendt", JSON.stringify(queue)); }

function send(value, label) {
  const item = { key: tab.newKey(), value, label };
  queue.push(item);
  keepQueue();
  bubbles.set(item.key, view.own(label));
  return deliver();
}

async function deliver() {
  clearTimeout(again);
  if (sending) { return; }
  sending = true;
  const mine = era;
  view.thinking(true);
  try {
    while (queue.length && mine === era) {
      if (!(await deliverOne(queue[0], mine))) { return; }
    }
  } finally {
    sending = false;
    view.thinking(false);
  }
  if (mine !== era && queue.length) { deliver(); }
  if (stale && !queue.length) { stale = false; await restore(); }
}

async function deliverOne(item, mine) {
  const bubble = bubbles.get(item.key);
  let answer, html;
  try {
    answer = await post(form.action, { message: item.value, key: item.key, conversation: token.value });
    html = await answer.text();
  } catch { answer = null; }
  if (mine !== era) { return false; }
  if (!answer || LATER.includes(answer.status)) {
    queue.forEach((one) => view.unsent(bubbles.get(one.key), answer ? "travlt" : "uden-net"));
    tries += 1;
    again = setTimeout(deliver, Math.min(2000 * 2 ** tries, MINUTE));
    return false;
  }
  tries = 0;
  queue.shift();
  keepQueue();
  bubbles.delete(item.key);
  view.sent(bubble);
  const fresh = answer.headers.get("X-Conversation");
  if (fresh) { hold(fresh); }
  if (answer.status === GONE) { tab.forget(); hold(""); keepQueue(); }
  if (NOT_TAKEN.includes(answer.status)) {
    bubble.remove();
    if (!field.value) { field.value = item.label; }
  }
  view.say(view.add(view.pieces(html), bubble));
  idle.used();
  if (answer.ok) { standing(answer); }
  return true;
}

addEventListener("online", deliver);

form.noValidate = true; // what is missing is told in Danish, not in the browser's language
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const pressed = event.submitter;
  if (pressed && pressed.name === "message") {
    // The pressed button goes, and the focus with it: on to the field, but not so that a phone's keyboard jumps up.
    const next = matchMedia("(pointer: coarse)").matches ? byId("samtale") : field;
    send(pressed.value, pressed.textContent);
    next.focus({ preventScroll: true });
    return;
  }
  const text = field.value.trim();
  view.missing(field, !text);
  if (!text) { field.focus(); return; }
  field.value = "";
  send(text, text);
});

field.addEventListener("input", () => view.missing(field, false));
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit(form.querySelector(".vv-form-row button"));
  }
});

// --- While a person writes, or is awaited, the page asks for news. It stops as soon as neither is so. --------------
let turn = 0;
let awaited = false;
let timer = null;

function standing(answer) {
  turn = Number(answer.headers.get("X-Turn")) || turn;
  awaited = Boolean(answer.headers.get("X-Live"));
  clearTimeout(timer);
  if (awaited) { timer = setTimeout(askForNews, EVERY); }
}

async function askForNews() {
  const mine = era;
  const later = (ms) => { timer = setTimeout(askForNews, ms); };
  if (queue.length) { later(EVERY); return; }
  try {
    const answer = await post(box.dataset.news, { conversation: token.value, efter: turn });
    const html = await answer.text();
    if (mine !== era) { return; }
    if (queue.length) { later(EVERY); return; } // the answer to it would be shown twice
    if (!answer.ok) { later(EVERY * 4); return; }
    const news = view.pieces(html);
    if (news.length) { view.say(view.add(news)); idle.used(); }
    standing(answer);
  } catch { if (mine === era) { later(EVERY * 4); } }
}

// --- Reload and back: the same conversation in this tab -----------------------------------------------------------
async function restore() {
  const kept = tab.read("samtale");
  if (!kept) { return; }
  const mine = era;
  try {
    const answer = await post(box.dataset.again, { conversation: kept });
    const html = await answer.text();
    if (mine !== era || (token.value && token.value !== kept)) { return; }
    if (answer.status === GONE) { tab.forget(); return; }
    if (!answer.ok) { return; }
    hold(kept);
    byId("samtale").replaceChildren();
    view.add(view.pieces(html));
    standing(answer);
  } catch { /* the next message will say that there is no connection */ }
}

async function begin() {
  if (token.value) { hold(token.value); }
  if (!token.value && !queue.length && idle.tooLate() && tab.read("samtale")) { close(view.closed()); return; }
  if (!token.value) { await restore(); }
  if (!queue.length) { return; }
  stale = true;
  hold(token.value || tab.read("samtale") || "");
  queue.forEach((item) => { if (!bubbles.has(item.key)) { bubbles.set(item.key, view.own(item.label)); } });
  deliver();
}

// --- The end ------------------------------------------------------------------------------------------------------
const question = byId("hjalp").innerHTML;

function close(nodes) {
  era += 1;
  clearTimeout(timer);
  clearTimeout(again);
  awaited = false;
  queue = [];
  bubbles.clear();
  stale = false;
  tab.forget();
  hold("");
  field.value = "";
  byId("spoerg").replaceChildren();
  byId("hjalp").innerHTML = question;
  view.only(nodes);
}

const idle = watch({
  limit: Number(box.dataset.idle) * MINUTE,
  warnBefore: Number(box.dataset.warn) * MINUTE,
  may: () => Boolean(token.value) && !queue.length && !awaited,
  warn(on) {
    byId("stille").hidden = !on;
    view.announce(on ? byId("stille").querySelector("p").textContent : "");
  },
  end: () => close(view.closed()),
});

// --- Small forms whose answer is put in below them: "fik du svar?" and "afslut og slet" ----------------------------
let opener = null;
box.addEventListener("submit", async (event) => {
  const small = event.target;
  if (small.hasAttribute("data-cancel")) {
    event.preventDefault();
    byId("spoerg").replaceChildren();
    if (opener) { opener.focus(); }
    return;
  }
  const into = byId(small.dataset.into || "");
  if (!into) { return; }
  event.preventDefault();
  const pressed = event.submitter;
  const data = new FormData(small);
  if (pressed && pressed.name) { data.append(pressed.name, pressed.value); }
  if (!into.contains(small)) { opener = pressed; }
  try {
    const answer = await post(small.action, data);
    const html = await answer.text();
    if (answer.headers.get("X-Ended")) {
      close(view.pieces(html));
      field.focus({ preventScroll: true });
      return;
    }
    into.replaceChildren(...view.pieces(html));
  } catch { into.append(view.failed()); }
  into.focus({ preventScroll: true });
  into.scrollIntoView({ block: "nearest" });
});

// --- The way to a person, as it stands when it changes -------------------------------------------------------------
const person = byId("menneske");
function lookAgain() {
  const seconds = Number(person.querySelector("[data-again]")?.dataset.again) || 3600;
  setTimeout(async () => {
    try {
      const answer = await fetch(box.dataset.person, { headers: { "X-Fragment": "1" } });
      if (answer.ok && !person.contains(document.activeElement)) { person.replaceChildren(...view.pieces(await answer.text())); }
    } catch { /* it stays as it is */ }
    lookAgain();
  }, seconds * 1000);
}

// To large type and back: by GET, for the tab holds the conversation; without this script the form carries its token.
document.querySelectorAll("[data-skift]").forEach((one) => one.addEventListener("submit", (event) => {
  event.preventDefault();
  location.assign(one.dataset.skift);
}));
// A page the browser kept whole shows what was so when it was left.
addEventListener("pageshow", (event) => {
  if (!event.persisted) { return; }
  if ((tab.read("samtale") || "") === token.value) { restore(); } else { location.reload(); }
});

if (navigator.clipboard) { document.querySelectorAll(".vv-copies").forEach((row) => { row.hidden = false; }); }
lookAgain();
begin();
