// Brings in what the citizen writes while the page is open. Without this script "Opdater" does the same.
(function () {
  "use strict";
  var turns = document.getElementById("ture");
  var EVERY = 4000;
  function ask() {
    fetch(turns.dataset.nyt, { headers: { "X-Fragment": "1" } }).then(function (answer) {
      if (!answer.ok || answer.redirected) { return; }
      return answer.text().then(function (html) {
        if (turns.innerHTML.trim() !== html.trim()) { turns.innerHTML = html; }
      });
    }).catch(function () { /* the next round tries again */ }).finally(function () { setTimeout(ask, EVERY); });
  }
  setTimeout(ask, EVERY);
})();
