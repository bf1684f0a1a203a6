// Brings in what the citizen writes while the page is open. Without this script "Opdater" does the same.
(function () {
  "use strict";
  var turns = document.getElementById("ture");
  var EVERY = 4000;
  // Only what is new is put in, for what is put in is read aloud.
  function show(html) {
    var holder = document.createElement("template");
    holder.innerHTML = html;
    var fresh = Array.from(holder.content.children);
    var same = 0;
    while (same < fresh.length && turns.children[same] && turns.children[same].outerHTML === fresh[same].outerHTML) { same += 1; }
    while (turns.children.length > same) { turns.lastElementChild.remove(); }
    turns.append.apply(turns, fresh.slice(same));
  }
  function ask() {
    fetch(turns.dataset.nyt, { headers: { "X-Fragment": "1" } }).then(function (answer) {
      if (!answer.ok || answer.redirected) { return; }
      return answer.text().then(function (html) {
        show(html);
      });
    }).catch(function () { /* the next round tries again */ }).finally(function () { setTimeout(ask, EVERY); });
  }
  setTimeout(ask, EVERY);
})();
