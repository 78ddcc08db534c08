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
  /* While a copy is made: how far it is, asked every second. Returns what ends the asking. */
  function watch() {
    const bar = root.querySelector(".ap-copied");
    let over = false;
    async function look() {
      if (over) return;
      try {
        const answer = await fetch(`${args.placements}?usage_key=${encodeURIComponent(args.usage_key)}`, { credentials: "same-origin", cache: "no-store", headers: { Accept: "application/json" } });
        const [here] = answer.ok ? (await answer.json()).results : [];
        if (!over && here && here.copied && here.copied.of) {
          bar.hidden = false;
          bar.querySelector("progress").max = here.copied.of;
          bar.querySelector("progress").value = here.copied.done;
          bar.querySelector("p").textContent = strings.copied.replace("{done}", here.copied.done).replace("{of}", here.copied.of);
        }
      } catch (problem) { /* the copy goes on; only its number is not known now */ }
      if (!over) window.setTimeout(look, 1000);
    }
    window.setTimeout(look, 300);
    return () => { over = true; bar.hidden = true; };
  }
  async function send(address, body, words, form) {
    const buttons = form.querySelectorAll("button");
    refusal.textContent = "";
    buttons.forEach((one) => { one.disabled = true; });
    runtime.notify("save", { state: "start", message: words });
    const done = form.classList.contains("ap-choose") ? watch() : () => {};
    let said = "";
    try {
      const answer = await fetch(address, {
        method: "POST", credentials: "same-origin", body: JSON.stringify(body),
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf() },
      });
      const data = await answer.json();
      // A copy that failed is an answer, too, and says what to do.
      if (!answer.ok) said = data.message || strings.unreachable;
      else if (data.problem) said = data.problem;
    } catch (problem) {
      said = strings.unreachable;
    }
    done();
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
