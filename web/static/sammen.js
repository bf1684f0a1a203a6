// Reads answers aloud and prints one, where two sit together. Only the machine's own voices: another's text is sent away.
import { read as kept } from "./chat-tab.js";

const byId = (id) => document.getElementById(id);
const log = byId("samtale");
const bar = byId("laeser");
const fresh = byId("laes-nye");
const pause = byId("oplaes-pause");
const speech = window.speechSynthesis;
const word = (name) => byId("oplaes-ord").content.querySelector(`[data-${name}]`).textContent;
const squeezed = (node) => node.textContent.replace(/\s+/g, " ").trim();
const language = (article) => (article.querySelector(".vv-text").lang || "da").slice(0, 2);

// --- Danish as it is spoken ---
const KEY = /(\bBR-\d{4}-\w{5}\b|\bkod\S*\s+(?:er\s+)?[\w-]*[\d-][\w-]*\w)/i; // what is spelled stands last in it
const spelled = (text) => [...text].join(", ").replace(/-/g, "bindestreg");
const WORDS = [
  [/\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b/g, (all, day, month, year) => (month > 12 ? all
    : new Date(year, month - 1, day).toLocaleDateString("da-DK", { day: "numeric", month: "long", year: "numeric" }))],
  [/\bkl\. ?/g, "klokken "],
  [/\b(\d{1,2})\.(\d\d)\b/g, (_, hour, minutes) => (minutes === "00" ? hour : `${hour} ${minutes}`)],
  [/(^|[^\d.,-])(\d\d) ?(\d\d) ?(\d\d) ?(\d\d)(?![\d.,]?\d)/g, (_, before, ...all) => before + all.slice(0, 4).join(", ").replace(/\b0/g, "nul ").replace(/ 0/g, " nul")],
  [/\b(\d{2,3}) (?:(\d{3}) )?(\d{3})\b/g, (all) => all.replace(/ /g, ", ")],
  [/\b11([24])\b(?! \p{L}+er\b)/gu, "1, 1, $1"],
  [/\b18(13|88)\b/g, "18, $1"],
  [/(\d) ?[-–] ?(?=\d)/g, "$1 til "],
  [/\bcpr\b/gi, "c p r"],
  [/\bKgs\./g, "Kongens"],
  [/@/g, " snabel-a "],
];

export function spoken(text, danish = true) {
  let said = text.replace(/https?:\/\/(?:www\.)?([^\s/)]+)[^\s)]*/g, "$1");
  if (danish) {
    said = said.split(KEY).map((part, at) => (at % 2 ? part.replace(/[\w-]+$/, spelled)
      : WORDS.reduce((before, [sign, word]) => before.replace(sign, word), part))).join("");
  }
  return /[.!?:]$/.test(said) ? said : `${said}.`;
}

// A message in pieces, each with its element. `own`: it may hold what the citizen wrote, or a key to her case.
const BLOCKS = "p, li, h1, h2, h3, h4";
export function pieces(article, words = []) {
  return [...article.querySelector(".vv-text").querySelectorAll(BLOCKS)].map((element) => {
    const copy = element.cloneNode(true);
    copy.querySelectorAll(`${BLOCKS}, ul, ol`).forEach((inner) => inner.remove());
    const plain = squeezed(copy);
    const own = Boolean(element.closest("blockquote") || KEY.test(plain)) || words.some((one) => plain.toLowerCase().includes(one));
    return { element, own, text: plain && spoken(plain, language(article) === "da") };
  }).filter((piece) => piece.text);
}

// --- Voices; browsers tell of them late ---
let known = !speech;
const voice = (wanted) => speech && speech.getVoices().find((one) => one.localService === true && one.lang.toLowerCase().startsWith(wanted));

function voices() {
  known = known || speech.getVoices().length > 0;
  const danish = Boolean(voice("da"));
  byId("oplaesning").hidden = !danish;
  byId("ingen-stemme").hidden = danish || !known;
  log.querySelectorAll(".vv-read").forEach((one) => { one.hidden = !voice(language(one.closest(".vv-message"))); });
}

function told() { known = true; voices(); }

// --- Reading, one piece after the other ---
let run = null; // the articles that wait, the pieces of the first, and where in them

function mark() {
  document.querySelectorAll(".vv-now").forEach((one) => one.classList.remove("vv-now"));
  log.querySelectorAll(".vv-read").forEach((one) => { one.textContent = word(run && run.articles[0].contains(one) ? "stop" : "read"); });
  pause.textContent = word(run && run.paused ? "on" : "pause");
  bar.hidden = !run;
  run?.parts[run.at].element?.classList.add("vv-now");
}

function stop() {
  const back = run && bar.contains(document.activeElement) && run.articles[0].querySelector(".vv-read");
  run = null;
  speech?.cancel();
  mark();
  if (back) { back.focus({ preventScroll: true }); }
}

function read(articles, unasked) {
  stop();
  if (!articles.length) { return; }
  run = { articles, unasked, at: 0, parts: parts(articles[0], unasked) };
  speak();
}

const labels = new Set(); // the words on buttons are nobody's own
function ownWords() {
  return [...log.querySelectorAll(".vv-own")].map(squeezed)
    .filter((text) => !labels.has(text) && (/\S \S/.test(text) || text.length > 7)).map((text) => text.toLowerCase());
}

function parts(article, unasked) {
  const found = pieces(article, ownWords());
  const first = unasked ? found.findIndex((piece) => piece.own) : -1;
  if (first >= 0) { return [...found.slice(0, first), { text: word("own") }]; }
  const buttons = [...article.querySelectorAll(".vv-choices button")].map((element) => ({ element, text: `${element.textContent}.` }));
  return buttons.length && language(article) === "da" ? [...found, { text: word("choices") }, ...buttons] : found;
}

function speak() {
  const mine = run;
  const one = voice(language(mine.articles[0]));
  if (!one || !mine.parts[mine.at]) { read(mine.articles.slice(1), mine.unasked); return; }
  const said = new SpeechSynthesisUtterance(mine.parts[mine.at].text);
  said.voice = one;
  said.lang = one.lang;
  said.rate = 0.9;
  const current = () => run === mine && mine.said === said;
  said.onend = () => { if (current()) { mine.at += 1; speak(); } };
  said.onerror = () => { if (current()) { stop(); } };
  mine.said = said; // some browsers forget an utterance nobody holds
  mark();
  speech.speak(said);
}

// Not the browser's own pause: on phones it ends the reading. The sentence begins again.
pause.addEventListener("click", () => {
  run.paused = !run.paused;
  if (run.paused) { run.said = null; speech.cancel(); mark(); } else { speak(); }
});
byId("oplaes-stop").addEventListener("click", stop);
fresh.addEventListener("change", stop);

// --- One answer on paper ---
let opened = [];

function print(article) {
  stop();
  opened = [...article.querySelectorAll("details:not([open])")];
  opened.forEach((one) => { one.open = true; });
  article.classList.add("vv-this");
  document.body.classList.add("vv-one");
  window.print();
}

addEventListener("afterprint", () => {
  opened.forEach((one) => { one.open = false; });
  document.body.classList.remove("vv-one");
  log.querySelector(".vv-this")?.classList.remove("vv-this");
});

// --- The messages and their buttons ---
const button = (id) => byId(id).content.firstElementChild.cloneNode(true);

function dress() {
  if (run && !run.articles[0].isConnected) { stop(); }
  document.querySelectorAll(".vv-choices button").forEach((one) => labels.add(squeezed(one)));
  log.querySelectorAll(".vv-message:not(.vv-citizen)").forEach((article) => {
    if (article.querySelector(".vv-read")) { return; }
    article.querySelector(".vv-who").after(button("oplaes-knap"));
    (article.querySelector(".vv-sources") || article.querySelector(".vv-text")).after(button("udskriv-knap"));
  });
  voices();
}

log.addEventListener("click", (event) => {
  const at = event.target.closest(".vv-read, .vv-print");
  if (!at) { return; }
  const article = at.closest(".vv-message");
  if (at.matches(".vv-print")) { print(article); } else { read(run?.articles[0] === article ? [] : [article]); }
});
log.addEventListener("said", (event) => {
  dress();
  const said = event.detail.filter((one) => one.matches(".vv-assistant"));
  if (fresh.checked && said.length) { read(said, true); }
});
log.addEventListener("ended", () => { fresh.checked = false; stop(); });
addEventListener("pagehide", stop);
document.addEventListener("visibilitychange", () => { if (document.hidden) { stop(); } });
new MutationObserver(dress).observe(log, { childList: true });

if (speech) { speech.onvoiceschanged = told; setTimeout(told, 3000); }
if (kept("samtale")) { document.querySelector(".vv-helper").open = false; }
stop();
dress();
