/* Studio's editor of the block: its title, and which assessment it delivers. */
function AssessPrepEditor(runtime, element, args) {
  "use strict";
  const host = element.jquery ? element[0] : element;
  const root = host.classList.contains("ap-editor") ? host : host.querySelector(".ap-editor");
  if (!root || root.dataset.ready) return;
  root.dataset.ready = "true";
  const strings = {};
  root.querySelectorAll("[data-string]").forEach((one) => { strings[one.dataset.string] = one.textContent; });
  root.querySelector(".ap-strings").remove(); // or searching the page would find every sentence there is
  const refusal = root.querySelector(".ap-refusal");

  function csrf() {
    const found = document.cookie.split("; ").find((one) => one.startsWith("csrftoken="));
    return found ? decodeURIComponent(found.slice("csrftoken=".length)) : args.csrf;
  }
  const later = (ms) => new Promise((then) => window.setTimeout(then, ms));
  const bar = root.querySelector(".ap-copied");
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
  /* What the server says of the copy into this block, or undefined; shown while it is made. */
  async function lookAtCopy(shown) {
    let here;
    try {
      const answer = await fetch(`${args.placements}?usage_key=${encodeURIComponent(args.usage_key)}`, { credentials: "same-origin", cache: "no-store", headers: { Accept: "application/json" } });
      [here] = answer.ok ? (await answer.json()).results : [];
    } catch (problem) { /* the copy goes on; only its number is not known now */ }
    if (shown() && here && here.copied && here.copied.of) {
      bar.hidden = false;
      bar.querySelector("progress").max = here.copied.of;
      bar.querySelector("progress").value = here.copied.done;
      bar.querySelector("p").textContent = fill(strings.copied, here.copied);
    }
    return here;
  }
  /* While a copy is made: how far it is, asked every second. Returns what ends the asking and says whether one was seen. */
  function watch() {
    let over = false, begun = false;
    (async function look() {
      await later(300);
      while (!over) {
        const here = await lookAtCopy(() => !over);
        begun = begun || Boolean(here && here.copied);
        await later(1000);
      }
    })();
    return () => { over = true; return begun; };
  }
  /* An error, or a proxy that waits no longer than a minute: the copy was cut off, or goes on all the same. What to tell of it,
     "" where it is done; `said` is what is known without it. */
  async function outcome(begun, said) {
    let here, done = -1;
    for (let still = 0; still < 5; still += 1) {
      const seen = await lookAtCopy(() => true);
      if (seen && !seen.copied) return begun ? seen.problem : said;
      if (seen) {
        here = seen;
        begun = true;
        if (here.copied.done > done) { done = here.copied.done; still = 0; }
      }
      await later(1000);
    }
    return here ? said + " " + fill(strings.cut_off, here.copied) : said;
  }
  async function send(address, body, words, form) {
    const buttons = form.querySelectorAll("button");
    refusal.textContent = "";
    buttons.forEach((one) => { one.disabled = true; });
    runtime.notify("save", { state: "start", message: words });
    const copies = form.classList.contains("ap-choose");
    const done = copies ? watch() : () => false;
    let said = "", known = true;
    try {
      const answer = await fetch(address, {
        method: "POST", credentials: "same-origin", body: JSON.stringify(body),
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf() },
      });
      const data = await answer.json().catch(() => null);
      // A page where data was asked for is no answer of ours: the way to sign in, a token that is too old, or an error's.
      if (!data || (!answer.ok && !data.message)) {
        const signedOut = answer.redirected || answer.status === 403;
        said = signedOut ? strings.signed_out : answer.ok ? strings.unreachable : fill(strings.failed, { status: answer.status });
        known = signedOut;
      } else if (!answer.ok) said = data.message;
      // A copy that failed is an answer, too, and says what to do.
      else if (data.problem) said = data.problem;
    } catch (problem) {
      said = strings.unreachable;
      known = false;
    }
    const begun = done();
    if (copies && !known) said = await outcome(begun, said);
    if (bar) bar.hidden = true;
    buttons.forEach((one) => { one.disabled = false; });
    if (!said) { runtime.notify("save", { state: "end" }); return; }
    refusal.textContent = said;
    runtime.notify("error", { title: "", message: said });
  }

  root.querySelector(".ap-rename").addEventListener("submit", (event) => {
    event.preventDefault();
    send(runtime.handlerUrl(element, "rename"), { display_name: event.target.elements.display_name.value }, strings.saving, event.target);
  });
  const choose = root.querySelector(".ap-choose");
  if (choose) {
    choose.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = choose.querySelector('input[name="version"]:checked');
      if (!chosen) { refusal.textContent = strings.choose_one; return; }
      send(args.placements, { usage_key: args.usage_key, version: chosen.value }, strings.copying, choose);
    });
    const find = choose.querySelector(".ap-find");
    if (find) find.addEventListener("input", () => {
      const words = find.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      choose.querySelectorAll(".ap-offer").forEach((offer) => {
        const text = offer.textContent.toLocaleLowerCase();
        offer.hidden = !words.every((word) => text.includes(word));
        const more = offer.nextElementSibling;
        if (more && more.classList.contains("ap-offer-more")) more.hidden = offer.hidden;
        if (!offer.hidden) shown += 1;
      });
      choose.querySelector(".ap-found").textContent = !words.length ? "" : shown === 1 ? strings.found_one : strings.found_many.replace("{n}", shown);
    });
  }
  root.querySelector(".ap-cancel").addEventListener("click", () => runtime.notify("cancel", {}));
}
