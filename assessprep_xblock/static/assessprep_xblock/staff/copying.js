/* How far a copy of questions is, while the call that makes it is under way: "7 of 20 questions", and a bar. */
(function () {
  "use strict";
  const EVERY_MS = 1000;
  const PATIENCE = 5; // looks at a copy that gets no further

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

  /* Does work() and meanwhile shows how far the placement at `address` is; returns what work() does, or what came of the copy
     where the call ended without a word of it. */
  window.assessprepCopying = async function (address, words, work) {
    const show = notice(words);
    const asked = { over: false, begun: false };
    async function look() {
      if (asked.over) return;
      const answer = await window.assessprepRest("GET", address);
      if (asked.over) return;
      if (answer.ok) { show(answer.data.copied); asked.begun = asked.begun || answer.data.state === "copying"; }
      window.setTimeout(look, EVERY_MS);
    }
    const first = window.setTimeout(look, EVERY_MS / 4);
    let answer;
    try { answer = await work(); } finally { asked.over = true; window.clearTimeout(first); }
    return ["unreachable", "server_error"].includes(answer.ok ? "" : answer.data.code) ? outcome(address, words, answer, show, asked.begun) : answer;
  };

  /* An error, or a proxy that waits no longer than a minute: the copy was cut off, or goes on all the same. The placement says. */
  async function outcome(address, words, answer, show, begun) {
    let done = -1;
    for (let still = 0; still < PATIENCE; still += 1) {
      const here = await window.assessprepRest("GET", address);
      if (here.ok && here.data.state !== "copying") return begun ? here : answer;
      if (here.ok) {
        const copied = here.data.copied;
        show(copied);
        begun = true;
        if (copied.done > done) { done = copied.done; still = 0; }
      }
      await new Promise((then) => window.setTimeout(then, EVERY_MS));
    }
    return !begun ? answer : { ...answer, data: { ...answer.data, message: answer.data.message + " " + words.cut_off } };
  }

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
