// Sends messages without reloading the page. Without this script the same form posts and the page comes back whole.
(function () {
  "use strict";
  var form = document.getElementById("skriv");
  var log = document.getElementById("samtale");
  var field = document.getElementById("besked");
  var token = form.elements.conversation;
  var thinking = document.getElementById("tilstand");
  var announcer = document.getElementById("annoncering");
  var KEY = "vejviser-samtale";

  function post(path, data) {
    return fetch(path, { method: "POST", body: new URLSearchParams(data), headers: { "X-Fragment": "1" } });
  }

  function add(html) {
    log.querySelectorAll(".vv-choices").forEach(function (old) { old.remove(); });
    var first = log.lastElementChild;
    log.insertAdjacentHTML("beforeend", html);
    var added = first ? first.nextElementSibling : log.firstElementChild;
    if (added) { log.scrollTop = added.offsetTop - log.offsetTop; }
    return added;
  }

  function own(text) {
    var article = document.createElement("article");
    article.className = "vv-message vv-citizen";
    var who = document.createElement("h2");
    who.className = "vv-who";
    who.textContent = "Du";
    var said = document.createElement("p");
    said.className = "vv-own";
    said.textContent = text;
    article.append(who, said);
    log.append(article);
    log.scrollTop = log.scrollHeight;
    return article;
  }

  function say(node) {
    var said = [];
    while (node) {
      var text = node.querySelector(".vv-text");
      if (text) { said.push(text.textContent); }
      node = node.nextElementSibling;
    }
    announcer.textContent = said.length ? "Vejviseren: " + said.join(" ") : "";
  }

  // While a person writes, or is awaited, the page asks for news. It stops as soon as neither is so.
  var turn = 0, timer = null;
  var EVERY = 4000;
  function standing(answer) {
    turn = Number(answer.headers.get("X-Turn")) || turn;
    var waits = Boolean(answer.headers.get("X-Live"));
    clearTimeout(timer);
    if (waits) { timer = setTimeout(ask, EVERY); }
  }
  function ask() {
    if (log.getAttribute("aria-busy") === "true") { timer = setTimeout(ask, EVERY); return; }
    post("/samtale/nyt", { conversation: token.value, efter: turn }).then(function (answer) {
      if (!answer.ok) { timer = setTimeout(ask, EVERY * 4); return; }
      return answer.text().then(function (html) {
        if (html.trim()) { say(add(html)); }
        standing(answer);
      });
    }).catch(function () { timer = setTimeout(ask, EVERY * 4); });
  }

  function busy(on) {
    thinking.hidden = !on;
    log.setAttribute("aria-busy", String(on));
    form.querySelector("button").disabled = on;
  }

  function send(value, label) {
    var message = own(label);
    busy(true);
    return post(form.action, { message: value, conversation: token.value }).then(function (answer) {
      var fresh = answer.headers.get("X-Conversation");
      if (fresh) {
        token.value = fresh;
        try { sessionStorage.setItem(KEY, fresh); } catch (e) { /* private mode: the conversation lives as long as the page */ }
      }
      return answer.text().then(function (html) {
        if (html.trim()) { say(add(html)); }
        standing(answer);
      });
    }).catch(function () {
      message.remove();
      field.value = label;
      say(add('<article class="vv-message vv-assistant"><h2 class="vv-who">Vejviseren</h2><div class="vv-text"><p>Der er ingen forbindelse. Din besked står stadig i feltet. Prøv igen, eller ring ' + form.dataset.phone + '.</p></div></article>'));
    }).finally(function () { busy(false); });
  }

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    if (log.getAttribute("aria-busy") === "true") { return; }
    var pressed = event.submitter;
    if (pressed && pressed.name === "message") {
      send(pressed.value, pressed.textContent).then(function () { field.focus({ preventScroll: true }); });
      return;
    }
    var text = field.value.trim();
    if (!text) { return; }
    field.value = "";
    send(text, text);
  });

  field.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit(form.querySelector(".vv-form-row button"));
    }
  });

  var kept = null;
  try { kept = sessionStorage.getItem(KEY); } catch (e) { /* as above */ }
  if (kept && !token.value) {
    post("/samtale/hent", { conversation: kept }).then(function (answer) {
      if (!answer.ok) { sessionStorage.removeItem(KEY); return; }
      token.value = kept;
      standing(answer);
      return answer.text().then(add);
    }).catch(function () { /* the next message will say that there is no connection */ });
  }
})();
