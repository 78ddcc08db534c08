/* How far a copy of questions is, while the call that makes it is under way: "7 of 20 questions", and a bar. */
(function () {
  "use strict";
  const EVERY_MS = 1000;

  /* A sentence and a bar at the top of the page; show({done, of}) or show(null) while nothing is known yet. */
  function notice(words) {
    const note = window.assessprepTell(words.working, "info");
    const text = note.querySelector("p");
    const bar = document.createElement("progress");
    bar.className = "ap-copied";
    bar.setAttribute("aria-label", words.working);
    text.after(bar);
    // Read out where it is a quarter further, and not every second.
    let told = 0;
    text.setAttribute("aria-hidden", "true");
    const aloud = document.createElement("p");
    aloud.className = "ap-visually-hidden";
    aloud.textContent = words.working;
    bar.after(aloud);
    return function show(copied) {
      if (!copied || !copied.of) return;
      const sentence = words.copied.replace("{done}", copied.done).replace("{of}", copied.of);
      bar.max = copied.of;
      bar.value = copied.done;
      text.textContent = sentence;
      if (copied.done - told >= copied.of / 4) { told = copied.done; aloud.textContent = sentence; }
    };
  }

  /* Does work() and meanwhile shows how far the placement at `address` is; returns what work() does. */
  window.assessprepCopying = async function (address, words, work) {
    const show = notice(words);
    let over = false;
    async function look() {
      if (over) return;
      const answer = await window.assessprepRest("GET", address);
      if (over) return;
      if (answer.ok) show(answer.data.copied);
      window.setTimeout(look, EVERY_MS);
    }
    const first = window.setTimeout(look, EVERY_MS / 4);
    try { return await work(); } finally { over = true; window.clearTimeout(first); }
  };

  /* A copy that somebody else makes: shows how far it is until done() is called once it is over. */
  window.assessprepWatchCopy = function (address, words, done) {
    const show = notice(words);
    async function look() {
      const answer = await window.assessprepRest("GET", address);
      if (answer.ok && answer.data.state !== "copying") { done(); return; }
      if (answer.ok) show(answer.data.copied);
      window.setTimeout(look, 2 * EVERY_MS);
    }
    look();
  };
})();
