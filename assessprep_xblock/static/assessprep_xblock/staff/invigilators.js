/* Who may watch a session: invite by name, remove. */
(function () {
  "use strict";
  const form = document.getElementById("session-invite");
  if (!form) return;
  const setup = JSON.parse(document.getElementById("session-setup").textContent);
  const fields = window.assessprepFields;
  const rest = window.assessprepRest;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    fields.clear(form);
    fields.busy(form.querySelector("[type=submit]"), async () => {
      const body = { who: form.elements.who.value, level: form.elements.level.value };
      const answer = await rest("POST", setup.invigilators, body);
      if (answer.ok) window.location.reload();
      else fields.refuse(form, answer.data);
    });
  });
  for (const button of document.querySelectorAll("[data-dismiss]")) {
    button.addEventListener("click", () => fields.busy(button, async () => {
      const answer = await rest("DELETE", setup.invigilator.replace(/0$/, button.dataset.dismiss));
      if (answer.ok) window.location.reload();
      else window.assessprepTell(answer.data.message, "bad");
    }));
  }
})();
