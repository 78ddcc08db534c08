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

  submits("library-bank", async (form) => {
    const body = { title: form.elements.title.value, sessions_enabled: form.elements.sessions_enabled.checked, ...told(form) };
    const answer = await rest("PATCH", setup.bank, body);
    if (!answer.ok) { fields.refuse(form, answer.data); return; }
    window.assessprepTell(setup.words.saved, "good");
  });

  submits("library-add", async (form) => {
    const answer = await rest("POST", setup.add, { usage_key: setup.usage_key });
    if (!answer.ok) { fields.refuse(form, answer.data); return; }
    window.location.href = setup.assessment.replace("00000000-0000-0000-0000-000000000000", answer.data.uuid);
  });
  fields.localTimes(document);
})();
