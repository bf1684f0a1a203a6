// Prints the letter and copies its text. Without this script the browser's own menu does the same.
(function () {
  "use strict";
  var print = document.getElementById("udskriv");
  var copy = document.getElementById("kopier");
  print.hidden = false;
  print.addEventListener("click", function () { window.print(); });
  if (navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", function () {
      var said = document.getElementById("kopieret");
      navigator.clipboard.writeText(document.getElementById("brev").innerText).then(function () {
        said.textContent = "Teksten er kopieret. Du kan sætte den ind i Digital Post.";
      }).catch(function () {
        said.textContent = "Teksten kunne ikke kopieres. Markér brevet, og kopiér det selv.";
      });
    });
  }
})();
