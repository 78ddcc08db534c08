/* One assessment: for its author the defaults, locks, publishing and withdrawing; for a school, adding it to the course. */
(function () {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const fields = window.assessprepFields;
  const rest = window.assessprepRest;
  const setup = JSON.parse(byId("assessment-setup").textContent);
  fields.localTimes(document);

  const add = byId("assessment-add");
  if (add) add.addEventListener("click", () => fields.busy(add, async () => {
    let address = setup.add;
    let look = setup.placement;
    if (!address) { // the course does not know the assessment yet
      const wanted = await rest("POST", setup.placements, { assessment: setup.assessment });
      if (!wanted.ok) { window.assessprepTell(wanted.data.message, "bad"); return; }
      const of = (template) => template.replace("00000000-0000-0000-0000-000000000000", wanted.data.uuid);
      address = of(setup.added);
      look = of(setup.any_placement);
    }
    const answer = await window.assessprepCopying(look, setup.words, () => rest("POST", address, {}));
    if (!answer.ok) { window.assessprepTell(answer.data.message, "bad"); return; }
    if (answer.data.state !== "ready") { window.assessprepTell(answer.data.problem, "bad"); return; }
    window.location.reload();
  }));

  /* A placement's other buttons: look again, take the newer version. */
  function calls(id, work) {
    const button = byId(id);
    if (button) button.addEventListener("click", () => fields.busy(button, async () => {
      const answer = await work();
      if (!answer.ok) { window.assessprepTell(answer.data.message, "bad"); return; }
      if (answer.data.problem) { window.assessprepTell(answer.data.problem, "bad"); return; }
      window.location.reload();
    }));
  }
  calls("placement-check", () => { window.assessprepTell(setup.words.checking, "info"); return rest("POST", setup.check, {}); });
  calls("placement-take", () => window.assessprepCopying(setup.placement, setup.words, () => rest("PUT", setup.take, { version: setup.newest })));

  /* A copy that somebody else started: the page says when it is done. */
  if (setup.state === "copying" && !setup.is_stuck) window.assessprepWatchCopy(setup.placement, setup.words, () => window.location.reload());

  const form = byId("assessment-form");
  const embargo = byId("assessment-embargo");
  const names = (text) => text.split(/[,;\n،；]/).map((one) => one.trim()).filter(Boolean);
  if (form) {
    fields.fill(form);
    if (embargo.dataset.iso && !embargo.value) embargo.value = fields.toLocal(embargo.dataset.iso);
    for (const select of form.querySelectorAll("[data-rule]")) {
      const range = select.closest("[data-setting]").querySelector("[data-range]");
      const show = () => { if (range) range.hidden = select.value !== "range"; };
      select.addEventListener("change", show);
      show();
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      fields.clear(form);
      fields.busy(form.querySelector("[type=submit]"), save);
    });
  }

  /* Every entry that was touched, whole: default, rule and range belong together. */
  function entries() {
    const found = {};
    for (const field of form.querySelectorAll("[data-setting]")) {
      const input = field.querySelector("[data-value]");
      const rule = field.querySelector("[data-rule]");
      const range = field.querySelector("[data-range]");
      const ends = range ? Array.from(range.querySelectorAll("input")) : [];
      if (![input, rule, ...ends].some(fields.changed)) continue;
      const entry = { default: fields.value(field, input, setup.words), rule: rule.value };
      if (rule.value === "range") {
        entry.least = fields.value(field, ends[0], setup.words);
        entry.most = fields.value(field, ends[1], setup.words);
      }
      found[field.dataset.setting] = entry;
    }
    return found;
  }

  async function save() {
    let settings;
    try { settings = entries(); } catch (problem) { fields.refuse(form, problem); return false; }
    const body = { version: setup.version, settings };
    for (const name of ["title", "subject", "grade", "description"]) body[name] = form.elements[name].value;
    body.standards = names(byId("assessment-standards").value);
    const tagged = form.querySelectorAll("[data-standards]");
    if (tagged.length) {
      body.question_standards = Object.fromEntries(Array.from(tagged, (one) => [one.dataset.standards, names(one.value)]));
    }
    if (embargo.validity.badInput) { fields.refuse(form, { field: "embargo_until", message: setup.words.not_a_date }); return false; }
    body.embargo_until = embargo.value ? new Date(embargo.value).toISOString() : null;
    const answer = await rest("PATCH", setup.assessment, body);
    if (!answer.ok) { fields.refuse(form, answer.data); return false; }
    setup.version = answer.data.version;
    for (const input of form.querySelectorAll("[data-value], [data-rule], [data-range] input")) {
      input.dataset.before = String(input.type === "checkbox" ? input.checked : input.value);
    }
    window.assessprepTell(setup.words.saved, "good");
    return true;
  }

  /* Everything that stands in the way of publishing, each in a line of its own. */
  function wrong(data) {
    const place = byId("assessment-publish-wrong");
    const all = (data.problems || []).map((one) => one.message);
    if (all.length < 2) { place.textContent = data.message; return; }
    const list = document.createElement("ul");
    for (const message of all) {
      const line = document.createElement("li");
      line.textContent = message;
      list.append(line);
    }
    place.replaceChildren(list);
  }

  const publishing = byId("assessment-publish-dialog");
  if (publishing) {
    const note = byId("assessment-publish-form");
    byId("assessment-publish").addEventListener("click", () => { fields.clear(note); publishing.showModal(); });
    byId("assessment-publish-cancel").addEventListener("click", () => publishing.close());
    note.addEventListener("submit", (event) => {
      event.preventDefault();
      fields.clear(note);
      fields.busy(note.querySelector("[type=submit]"), async () => {
        // A version never changes, so it takes along what stands on the page and not what was saved an hour ago.
        fields.clear(form);
        if (!(await save())) { publishing.close(); return; }
        const answer = await rest("POST", setup.publish, { release_note: note.elements.release_note.value, after: setup.after, request_id: window.assessprepUuid() });
        // What stands in the way is told in the dialog, where the reader is.
        if (!answer.ok) { wrong(answer.data); return; }
        window.location.reload();
      });
    });
  }

  for (const button of document.querySelectorAll("[data-withdraw]")) {
    button.addEventListener("click", () => {
      const dialog = byId("assessment-withdraw-dialog");
      dialog.dataset.version = button.dataset.withdraw;
      byId("assessment-withdraw-number").textContent = button.dataset.number;
      dialog.showModal();
    });
  }
  const withdrawing = byId("assessment-withdraw-form");
  if (withdrawing) {
    const dialog = byId("assessment-withdraw-dialog");
    byId("assessment-withdraw-cancel").addEventListener("click", () => dialog.close());
    withdrawing.addEventListener("submit", (event) => {
      event.preventDefault();
      fields.busy(withdrawing.querySelector("[type=submit]"), async () => {
        const url = setup.withdraw.replace("00000000-0000-0000-0000-000000000000", dialog.dataset.version);
        const answer = await rest("POST", url, { reason: withdrawing.elements.reason.value });
        dialog.close();
        if (!answer.ok) { window.assessprepTell(answer.data.message, "bad"); return; }
        window.location.reload();
      });
    });
  }
})();
