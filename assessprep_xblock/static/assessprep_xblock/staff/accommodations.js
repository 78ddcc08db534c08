/* Extra time: choose a student, say how much, save; change and remove. */
(function () {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const setup = JSON.parse(byId("extra-setup").textContent);
  const fields = window.assessprepFields;
  const rest = window.assessprepRest;
  const form = byId("extra-form");
  const address = (learner) => setup.accommodation.replace(/0$/, learner);
  const state = { learner: null };

  function render() {
    byId("extra-chosen").hidden = !state.learner;
    byId("extra-chosen").textContent = state.learner ? state.learner.name : "";
  }
  function choose(person) {
    state.learner = person;
    byId("extra-found").replaceChildren();
    byId("extra-search").value = "";
    fields.clear(form);
    render();
    form.elements.percent.focus();
  }
  window.assessprepFindPeople(byId("extra-search"), byId("extra-found"), byId("extra-said"), setup.learners, setup.words, [
    [setup.words.choose, choose],
  ]);

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    fields.clear(form);
    if (!state.learner) { fields.refuse(form, { field: "learner", message: setup.words.choose_first }); return; }
    const minutes = Number(form.elements.minutes.value || 0);
    if (!Number.isFinite(minutes)) { fields.refuse(form, { field: "extra_s", message: setup.words.not_a_number }); return; }
    fields.busy(form.querySelector("[type=submit]"), async () => {
      const body = { percent: Number(form.elements.percent.value), extra_s: Math.round(minutes * 60) };
      const answer = await rest("PUT", address(state.learner.id), body);
      if (answer.ok) window.location.reload();
      else fields.refuse(form, answer.data);
    });
  });
  for (const button of document.querySelectorAll("[data-change]")) {
    button.addEventListener("click", () => {
      choose({ id: button.dataset.change, name: button.dataset.name });
      form.elements.percent.value = button.dataset.percent;
      form.elements.minutes.value = Number(button.dataset.extra) / 60;
    });
  }
  for (const button of document.querySelectorAll("[data-remove]")) {
    button.addEventListener("click", () => fields.busy(button, async () => {
      const answer = await rest("DELETE", address(button.dataset.remove));
      if (answer.ok) window.location.reload();
      else window.assessprepTell(answer.data.message, "bad");
    }));
  }
})();
