/* Forms of the staff pages: delivery settings in and out of their fields, times in the reader's own zone, refusals at the
   field they are about. Values are kept as typed when the server refuses them. */
(function () {
  "use strict";
  const two = (number) => String(number).padStart(2, "0");
  const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

  /* ISO 8601 -> what a datetime-local input holds, in this browser's zone. */
  function toLocal(iso) {
    const at = new Date(iso);
    return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
  }

  /* The control of a field: raw text or boolean. */
  const raw = (input) => (input.type === "checkbox" ? input.checked : input.value);

  function fill(form) {
    for (const field of form.querySelectorAll("[data-setting]")) {
      const input = field.querySelector("[data-value]");
      if (!input) continue;
      if (field.dataset.kind === "datetime" && input.dataset.value) input.value = toLocal(input.dataset.value);
      input.dataset.before = String(raw(input));
    }
    for (const text of document.querySelectorAll("[data-zone]")) text.textContent = text.dataset.zone.replace("{zone}", zone());
  }

  const changed = (input) => String(raw(input)) !== input.dataset.before;

  /* -> the value as REST takes it; throws {field, message} for what cannot be one. */
  function value(field, input, words) {
    const name = field.dataset.setting;
    if (field.dataset.kind === "flag") return input.checked;
    if (field.dataset.kind === "datetime") {
      if (input.validity && input.validity.badInput) throw { field: name, message: words.not_a_date };
      return input.value ? new Date(input.value).toISOString() : null;
    }
    if (field.dataset.kind === "seconds") {
      const typed = Number(input.value);
      if (input.value.trim() === "" || !Number.isFinite(typed)) throw { field: name, message: words.not_a_number };
      return Math.round(typed * Number(field.dataset.unit));
    }
    return input.value;
  }

  /* Only what was changed: what nobody touched is not the form's to send. */
  function settings(form, words) {
    const found = {};
    for (const field of form.querySelectorAll("[data-setting]")) {
      const input = field.querySelector("[data-value]");
      if (input && !input.disabled && changed(input)) found[field.dataset.setting] = value(field, input, words);
    }
    return found;
  }

  function clear(form) {
    for (const wrong of form.querySelectorAll(".ap-wrong")) wrong.textContent = "";
    for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  }

  /* Puts a refusal at its field and moves the focus there; without a field of this form, at the top of the page. */
  function refuse(form, data) {
    const field = data.field && form.querySelector(`[data-setting="${CSS.escape(data.field)}"], [data-field="${CSS.escape(data.field)}"]`);
    if (!field) { window.assessprepTell(data.message, "bad").scrollIntoView({ block: "nearest" }); return; }
    const label = field.querySelector("label, legend");
    let words = label ? data.message.replace(`“${data.field}”`, `“${label.textContent.trim()}”`) : data.message;
    // Limits are told in the unit that is typed: minutes where the server counts seconds.
    const unit = Number(field.dataset.unit || 1);
    if (unit !== 1) for (const limit of [data.most, data.least]) if (limit !== undefined) words = words.replace(String(limit), String(limit / unit));
    field.querySelector(".ap-wrong").textContent = words;
    const input = field.querySelector("input:not([type=hidden]), select, textarea, button");
    if (input) { input.setAttribute("aria-invalid", "true"); input.focus(); }
  }

  function localTimes(root) {
    for (const time of root.querySelectorAll("time[data-local]")) {
      const at = new Date(time.getAttribute("datetime"));
      if (!Number.isNaN(at.getTime())) time.textContent = at.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    }
  }

  /* A button works once until its call is answered. */
  async function busy(button, work) {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    try { await work(); } finally { button.removeAttribute("aria-disabled"); }
  }

  window.assessprepFields = { fill, changed, value, settings, clear, refuse, localTimes, busy, zone };
})();
