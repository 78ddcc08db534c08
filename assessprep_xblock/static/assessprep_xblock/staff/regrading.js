/* Corrected marking: looks (a task does it), shows how far it is, applies and takes back. And the author's page of it. */
(function () {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const setup = JSON.parse(byId("regrading-setup").textContent);
  const { words, asked } = setup;
  const { fill, locale } = window.assessprepWords;
  const rest = window.assessprepRest;
  const state = { preview: { state: setup.state, done: 0, total: 0 }, behind: setup.behind || 0, busy: false };
  let wait = 500;

  for (const time of document.querySelectorAll("time[data-local]")) {
    time.textContent = new Date(time.getAttribute("datetime")).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });
  }
  const later = (again) => window.setTimeout(again, (wait = Math.min(wait * 1.5, 10000)));
  const query = `?version=${asked.version}&dropped=${asked.dropped}`;

  /* -- a school's page ---------------------------------------------------------------------------------------------- */
  const looking = () => ["waiting", "working"].includes(state.preview.state);

  function render() {
    const look = byId("regrading-look"), bar = byId("regrading-progress"), told = byId("regrading-told"), behind = byId("regrading-behind");
    if (look) {
      look.disabled = looking() || state.busy;
      bar.hidden = !looking();
      if (state.preview.total) { bar.max = state.preview.total; bar.value = state.preview.done; } else bar.removeAttribute("value");
      if (state.preview.state === "failed") told.textContent = words.failed;
      else if (looking()) told.textContent = state.preview.done ? fill(words.progress, state.preview) : words.waiting;
      else told.textContent = "";
    }
    if (behind) behind.textContent = state.behind ? fill(words.behind, { n: state.behind }) : "";
    for (const id of ["regrading-apply", "regrading-undo"]) if (byId(id)) byId(id).disabled = state.busy || looking();
  }

  async function follow() {
    const answer = await rest("GET", setup.preview + query);
    if (!answer.ok) { window.assessprepTell(answer.data.message, "bad"); return; }
    const was = looking() || state.behind > 0;
    state.preview = answer.data;
    state.behind = answer.data.behind;
    render();
    if (looking() || state.behind) later(follow);
    else if (was && state.preview.state !== "failed") window.location.reload();
  }

  async function look() {
    state.busy = true;
    render();
    const answer = await rest("POST", setup.preview, asked);
    state.busy = false;
    if (!answer.ok) { render(); window.assessprepTell(answer.data.message, "bad"); return; }
    state.preview = answer.data;
    render();
    if (looking()) later(follow);
    else window.location.reload();
  }

  async function change(address, correction, text) {
    state.busy = true;
    render();
    const answer = await rest("POST", address, { correction });
    state.busy = false;
    render();
    if (!answer.ok) { window.assessprepTell(answer.data.message, "bad"); return; }
    window.assessprepTell(text, "good");
    window.location.reload();
  }

  function confirmed(button, dialog, value, then) {
    if (!byId(button)) return;
    byId(button).addEventListener("click", () => { byId(dialog).returnValue = ""; byId(dialog).showModal(); });
    byId(dialog).addEventListener("close", () => { if (byId(dialog).returnValue === value) then(); });
  }

  if (setup.preview) {
    if (byId("regrading-look")) byId("regrading-look").addEventListener("click", look);
    confirmed("regrading-apply", "regrading-dialog", "apply", () => change(setup.apply, setup.correction, words.applied));
    confirmed("regrading-undo", "regrading-undo-dialog", "undo", () => change(setup.undo, setup.in_force, words.undone));
    render();
    if (asked.version && (looking() || state.behind)) later(follow);
  }

  /* -- the author's page -------------------------------------------------------------------------------------------- */
  const schools = byId("impact-look");
  if (!schools) return;

  function tell(working) {
    schools.disabled = working > 0;
    byId("impact-told").textContent = working ? fill(words.schools, { n: working }) : "";
  }
  async function followSchools() {
    const answer = await rest("GET", setup.impact + query);
    if (!answer.ok) { window.assessprepTell(answer.data.message, "bad"); return; }
    tell(answer.data.working);
    if (answer.data.working) later(followSchools);
    else window.location.reload();
  }
  schools.addEventListener("click", async () => {
    schools.disabled = true;
    const answer = await rest("POST", setup.impact, asked);
    schools.disabled = false;
    if (!answer.ok) { window.assessprepTell(answer.data.message, "bad"); return; }
    tell(answer.data.working);
    if (answer.data.working) later(followSchools);
    else window.location.reload();
  });
  tell(setup.working);
  if (setup.working) later(followSchools);
})();
