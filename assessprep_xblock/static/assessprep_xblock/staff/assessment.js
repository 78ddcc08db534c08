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
    window.assessprepTell(setup.words.working, "info");
    let address = setup.add;
    if (!address) { // the course does not know the assessment yet
      const wanted = await rest("POST", setup.placements, { assessment: setup.assessment });
      if (!wanted.ok) { window.assessprepTell(wanted.data.message, "bad"); return; }
      address = setup.added.replace("00000000-0000-0000-0000-000000000000", wanted.data.uuid);
    }
    const answer = await rest("POST", address, {});
    if (!answer.ok) { window.assessprepTell(answer.data.message, "bad"); return; }
    if (answer.data.state !== "ready") { window.assessprepTell(answer.data.problem, "bad"); return; }
    window.location.reload();
  }));

  const form = byId("assessment-form");
  if (form) {
    fields.fill(form);
    for (const select of form.querySelectorAll("[data-rule]")) {
      const range = select.closest("[data-setting]").querySelector("[data-range]");
      select.dataset.before = select.value;
      const show = () => { if (range) range.hidden = select.value !== "range"; };
      select.addEventListener("change", show);
      show();
    }
    for (const input of form.querySelectorAll("[data-range] input")) input.dataset.before = input.value;
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
    const answer = await rest("PATCH", setup.assessment, body);
    if (!answer.ok) { fields.refuse(form, answer.data); return false; }
    setup.version = answer.data.version;
    for (const input of form.querySelectorAll("[data-value], [data-rule], [data-range] input")) {
      input.dataset.before = String(input.type === "checkbox" ? input.checked : input.value);
    }
    window.assessprepTell(setup.words.saved, "good");
    return true;
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
        const answer = await rest("POST", setup.publish, { release_note: note.elements.release_note.value });
        // What stands in the way is told in the dialog, where the reader is.
        if (!answer.ok) { byId("assessment-publish-wrong").textContent = answer.data.message; return; }
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
