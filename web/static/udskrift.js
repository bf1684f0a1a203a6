// Prints the conversation. Without this script the browser's own menu does the same.
const print = document.getElementById("udskriv");
print.hidden = false;
print.addEventListener("click", () => window.print());
