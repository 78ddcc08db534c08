/* One session: its form (settings, classes, students) and its page (code, publish, archive, duplicate, delete). */
(function () {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const fields = window.assessprepFields;
  const rest = window.assessprepRest;
  const setup = JSON.parse(byId("session-setup").textContent);
  const there = (uuid) => setup.session.replace("00000000-0000-0000-0000-000000000000", uuid);
  fields.localTimes(document);

  // -- the form ---------------------------------------------------------------------------------------------------
  const form = byId("session-form");
  if (form) {
    const state = { students: JSON.parse(byId("session-students").textContent), excluded: JSON.parse(byId("session-excluded").textContent) };
    const rosterBefore = JSON.stringify(roster(fields.came));
    const recount = window.assessprepRosterCount(byId("session-assigns"), setup.count, setup.words, roster);
    fields.fill(form);
    render();

    function chosen(part) {
      return state[part].map((one) => {
        const item = document.createElement("li");
        const button = document.createElement("button");
        button.type = "button";
        button.className = "ap-button ap-button-small";
        button.textContent = setup.words.remove;
        button.setAttribute("aria-label", `${setup.words.remove}: ${one.name}`);
        button.addEventListener("click", () => {
          state[part] = state[part].filter((other) => other.id !== one.id);
          render();
          byId("session-search").focus();
        });
        item.append(`${one.name} (${one.username}) `, button);
        return item;
      });
    }

    function render() {
      for (const part of ["students", "excluded"]) {
        byId(`session-${part}-list`).replaceChildren(...chosen(part));
        byId(`session-${part}-none`).hidden = state[part].length > 0;
      }
      const everyone = form.elements.everyone.checked;
      for (const box of form.querySelectorAll("input[name=class]")) box.disabled = everyone;
      recount();
    }
    form.elements.everyone.addEventListener("change", render);
    for (const box of form.querySelectorAll("input[name=class]")) box.addEventListener("change", recount);

    function roster(ticked = (box) => box.checked) {
      const classes = Array.from(form.querySelectorAll("input[name=class]"));
      return {
        everyone: ticked(form.elements.everyone),
        classes: classes.filter(ticked).map((box) => Number(box.value)),
        students: state.students.map((one) => one.id),
        excluded: state.excluded.map((one) => one.id),
      };
    }

    function take(part, one) {
      for (const other of ["students", "excluded"]) state[other] = state[other].filter((known) => known.id !== one.id);
      state[part].push(one);
      render();
    }

    window.assessprepListedStudents(byId("session-list"), setup.listed, setup.words, (people) => {
      const ids = new Set(people.map((one) => one.id));
      state.excluded = state.excluded.filter((known) => !ids.has(known.id));
      const known = new Set(state.students.map((one) => one.id));
      state.students.push(...people.filter((one) => !known.has(one.id)));
      render();
    });

    window.assessprepFindPeople(byId("session-search"), byId("session-found"), byId("session-found-said"), setup.learners, setup.words, [
      [setup.words.add, (one) => take("students", one)],
      [setup.words.leave_out, (one) => take("excluded", one)],
    ]);

    async function save() {
      let settings;
      try { settings = fields.settings(form, setup.words); } catch (problem) { fields.refuse(form, problem); return; }
      const body = { name: form.elements.name.value, settings };
      let answer;
      if (setup.version === undefined) {
        answer = await rest("POST", setup.placements, { assessment: setup.assessment });
        if (!answer.ok) { fields.refuse(form, answer.data); return; }
        body.placement = answer.data.uuid;
        body.request_id = setup.request_id;
        body.roster = roster();
        answer = await rest("POST", setup.save, body);
      } else {
        body.version = setup.version;
        if (JSON.stringify(roster()) !== rosterBefore) body.roster = roster();
        if (body.roster && form.elements.reason) body.reason = form.elements.reason.value;
        answer = await rest("PATCH", setup.save, body);
      }
      if (answer.ok) { window.location.href = there(answer.data.uuid); return; }
      if (answer.data.code === "stale_version") answer.data.message += ` ${setup.words.stale}`;
      fields.refuse(form, answer.data);
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      fields.clear(form);
      fields.busy(form.querySelector("[type=submit]"), save);
    });
    return;
  }

  // -- the page ---------------------------------------------------------------------------------------------------
  const copy = byId("session-copy");
  if (copy) copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(setup.code);
      window.assessprepTell(setup.words.code_copied, "good");
    } catch (problem) {
      const range = document.createRange();
      range.selectNodeContents(byId("session-code"));
      window.getSelection().removeAllRanges();
      window.getSelection().addRange(range);
      window.assessprepTell(setup.words.code_not_copied, "warn");
    }
  });

  // Somebody was faster, or another tab: the page is loaded again as the session is now, and says why.
  const BEHIND = ["already_published", "not_published", "archived", "state_changed", "has_attempts", "students_working"];
  const KEY = `assessprep-told-${setup.sessions}`;
  function again(message) {
    try { window.sessionStorage.setItem(KEY, message); } catch (problem) { window.assessprepTell(message, "warn"); return; }
    window.location.reload();
  }
  try {
    const before = window.sessionStorage.getItem(KEY);
    window.sessionStorage.removeItem(KEY);
    if (before) window.assessprepTell(before, "warn");
  } catch (problem) { /* a browser that keeps nothing told it before */ }

  async function call(name) {
    const ask = () => (name === "delete" ? rest("DELETE", setup.delete) : rest("POST", setup[name], { request_id: window.assessprepUuid() }));
    const answer = name === "add" ? await window.assessprepCopying(setup.placement, setup.words, ask) : await ask();
    if (!answer.ok && BEHIND.includes(answer.data.code)) { again(answer.data.message); return; }
    if (!answer.ok) { window.assessprepTell(answer.data.message, "bad"); return; }
    if (name === "delete") { window.location.href = setup.sessions; return; }
    if (name === "add" && answer.data.state !== "ready") { window.assessprepTell(answer.data.problem, "bad"); return; }
    window.location.reload();
  }
  for (const button of document.querySelectorAll("[data-call]")) {
    button.addEventListener("click", () => fields.busy(button, () => call(button.dataset.call)));
  }
  for (const button of document.querySelectorAll("[data-ask]")) {
    const dialog = byId(`session-${button.dataset.ask}-dialog`);
    button.addEventListener("click", () => dialog.showModal());
    dialog.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
    const yes = dialog.querySelector("[data-yes]");
    if (yes) yes.addEventListener("click", () => fields.busy(yes, async () => { await call(yes.dataset.yes); dialog.close(); }));
  }

  const copying = byId("session-duplicate-form");
  if (copying) copying.addEventListener("submit", (event) => {
    event.preventDefault();
    fields.clear(copying);
    fields.busy(copying.querySelector("[type=submit]"), async () => {
      const wanted = copying.elements;
      const body = { name: wanted.name.value, roster: wanted.roster.value, request_id: setup.request_id };
      for (const part of ["settings", "invigilators"]) body[part] = wanted[part].checked;
      for (const date of ["opens_at", "closes_at"]) {
        if (wanted[date].validity.badInput) { fields.refuse(copying, { field: date, message: setup.words.not_a_date }); return; }
        if (!wanted[date].value) continue;
        body[date] = fields.toIso(wanted[date].value, setup.zone);
        if (body[date] === null) { fields.refuse(copying, { field: date, message: setup.words.no_such_time }); return; }
      }
      const answer = await rest("POST", setup.duplicate, body);
      if (!answer.ok) { fields.refuse(copying, answer.data); return; }
      window.location.href = there(answer.data.uuid);
    });
  });
})();
