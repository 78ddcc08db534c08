/* The code for the whole room: full screen, and print. */
(function () {
  "use strict";
  const full = document.getElementById("display-full");
  const shown = document.getElementById("display");
  if (full) {
    full.hidden = !shown.requestFullscreen;
    full.addEventListener("click", () => shown.requestFullscreen());
  }
  const print = document.getElementById("sheet-print");
  if (print) print.addEventListener("click", () => window.print());
})();
