/* The Library's lists: make a run a bank, share a bank, make a block an assessment. */
(function () {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const fields = window.assessprepFields;
  const setup = JSON.parse(byId("library-setup").textContent);
  const rest = window.assessprepRest;

  const shares = (form) => Array.from(form.querySelectorAll("input[name=shared_with]:checked"), (box) => box.value);
  const told = (form) => ({ shared_with_all: form.elements.shared_with_all.checked, shared_with: shares(form) });

  function submits(id, work) {
    const form = byId(id);
    if (!form) return;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      fields.clear(form);
      fields.busy(form.querySelector("[type=submit]"), () => work(form));
    });
  }

  submits("library-new", async (form) => {
    const body = { course_id: form.elements.course_id.value, title: form.elements.title.value, ...told(form) };
    const answer = await rest("POST", setup.banks, body);
    if (!answer.ok) { fields.refuse(form, answer.data); return; }
    window.location.reload();
  });

  /* The bank is called like its run until somebody calls it otherwise. */
  const run = byId("library-run");
  if (run) run.addEventListener("change", () => {
    const title = byId("library-title");
    const names = Array.from(run.options, (one) => one.dataset.name);
    if (!title.value.trim() || names.includes(title.value)) title.value = run.selectedOptions[0].dataset.name;
  });

  submits("library-bank", async (form) => {
    const body = { title: form.elements.title.value, sessions_enabled: form.elements.sessions_enabled.checked, tags_required: form.elements.tags_required.checked, ...told(form) };
    const answer = await rest("PATCH", setup.bank, body);
    if (!answer.ok) { fields.refuse(form, answer.data); return; }
    byId("library-unshared").hidden = body.sessions_enabled && (body.shared_with_all || body.shared_with.length > 0);
    window.assessprepTell(setup.words.saved, "good");
  });

  const iso = (input) => (input.value ? new Date(input.value).toISOString() : null);
  async function available(form, body) {
    const answer = await rest("PUT", setup.availability, body);
    if (!answer.ok) { fields.refuse(form, answer.data); return; }
    window.location.reload();
  }
  const availability = byId("library-availability");
  submits("library-availability", async (form) => {
    for (const name of ["opens_at", "closes_at"]) {
      if (form.elements[name].validity.badInput) { fields.refuse(form, { field: name, message: setup.words.not_a_date }); return; }
    }
    await available(form, {
      organization: form.elements.organization.value, opens_at: iso(form.elements.opens_at), closes_at: iso(form.elements.closes_at),
      stopped: form.elements.stopped.checked,
    });
  });
  for (const button of document.querySelectorAll("[data-availability]")) {
    button.addEventListener("click", () => {
      availability.elements.organization.value = button.dataset.availability;
      availability.elements.opens_at.value = button.dataset.opens ? fields.toLocal(button.dataset.opens) : "";
      availability.elements.closes_at.value = button.dataset.closes ? fields.toLocal(button.dataset.closes) : "";
      availability.elements.stopped.checked = button.dataset.stopped === "true";
      availability.elements.opens_at.focus();
    });
  }
  for (const button of document.querySelectorAll("[data-always]")) {
    button.addEventListener("click", () => fields.busy(button, () => available(availability, { organization: button.dataset.always })));
  }

  submits("library-add", async (form) => {
    const answer = await rest("POST", setup.add, { usage_key: setup.usage_key });
    if (!answer.ok) { fields.refuse(form, answer.data); return; }
    window.location.href = setup.assessment.replace("00000000-0000-0000-0000-000000000000", answer.data.uuid);
  });
  fields.localTimes(document);
})();
