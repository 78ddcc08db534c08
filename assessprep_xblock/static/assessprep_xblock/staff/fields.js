/* Forms of the staff pages: delivery settings in and out of their fields, times in the reader's own zone, refusals at the
   field they are about. Values are kept as typed when the server refuses them. */
(function () {
  "use strict";
  const { locale, called } = window.assessprepWords;
  const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

  /* A moment as wall-clock parts of a zone ("Europe/Berlin"); without one, of this browser's. */
  function wall(at, inZone) {
    const parts = new Intl.DateTimeFormat("en-CA-u-ca-gregory-nu-latn", {
      timeZone: inZone || undefined, hourCycle: "h23",
      year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
    }).formatToParts(at);
    const part = Object.fromEntries(parts.map((one) => [one.type, Number(one.value)]));
    return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
  }

  /* ISO 8601 -> what a datetime-local input holds, in the given zone. */
  function toLocal(iso, inZone) {
    return new Date(wall(new Date(iso), inZone)).toISOString().slice(0, 16);
  }

  /* What a datetime-local input holds -> ISO 8601 UTC. Where clocks are turned back, the first of the two moments; a time
     that clocks leave out is null. */
  function toIso(local, inZone) {
    const wanted = new Date(`${local}Z`).getTime();
    if (Number.isNaN(wanted)) return null;
    const found = [];
    // No zone is further from UTC than this, and none changes twice within it.
    for (const guess of [wanted - 15 * 3600e3, wanted + 15 * 3600e3]) {
      const at = wanted - (wall(new Date(guess), inZone) - guess);
      if (wall(new Date(at), inZone) === wanted) found.push(at);
    }
    return found.length ? new Date(Math.min(...found)).toISOString() : null;
  }

  /* The zone that a form's times are meant in: its own setting, where it has one. */
  function zoneOf(form) {
    const input = form.querySelector('[data-setting="time_zone"] [data-value]');
    const named = input ? input.value.trim() : "";
    try { Intl.DateTimeFormat([], { timeZone: named || undefined }); return named || zone(); } catch (problem) { return zone(); }
  }

  /* The control of a field: raw text or boolean. */
  const raw = (input) => (input.type === "checkbox" ? input.checked : input.value);

  /* What the page came with, as raw() reads it. Not what stands in the field when a script runs: somebody may have typed by
     then, and browsers keep what was typed before a reload. */
  function came(input) {
    if (input.type === "checkbox") return input.defaultChecked;
    if (!input.options) return input.defaultValue;
    const one = Array.from(input.options).find((option) => option.defaultSelected) || input.options[0];
    return one ? one.value : "";
  }

  function fill(form) {
    for (const field of form.querySelectorAll('[data-setting][data-kind="datetime"]')) {
      const input = field.querySelector("[data-value]");
      if (!input || !input.dataset.value) continue;
      const untouched = input.value === came(input);
      input.dataset.before = toLocal(input.dataset.value, zoneOf(form));
      if (untouched) input.value = input.dataset.before;
    }
    const hint = () => {
      for (const text of document.querySelectorAll("[data-zone]")) text.textContent = text.dataset.zone.replace("{zone}", zoneOf(form));
    };
    hint();
    const named = form.querySelector('[data-setting="time_zone"] [data-value]');
    if (named) named.addEventListener("change", () => {
      hint();
      // The same moment, told in the new zone; what somebody typed is meant as it stands.
      for (const input of form.querySelectorAll('[data-setting][data-kind="datetime"] [data-value]')) {
        if (!input.dataset.value || changed(input)) continue;
        input.value = toLocal(input.dataset.value, zoneOf(form));
        input.dataset.before = input.value;
      }
    });
  }

  const changed = (input) => String(raw(input)) !== (input.dataset.before ?? String(came(input)));

  /* -> the value as REST takes it; throws {field, message} for what cannot be one. */
  function value(field, input, words) {
    const name = field.dataset.setting;
    if (field.dataset.kind === "flag") return input.checked;
    if (field.dataset.kind === "datetime") {
      if (input.validity && input.validity.badInput) throw { field: name, message: words.not_a_date };
      if (!input.value) return null;
      const iso = toIso(input.value, zoneOf(field.closest("form")));
      if (iso === null) throw { field: name, message: words.no_such_time };
      return iso;
    }
    if (["seconds", "number", "points"].includes(field.dataset.kind)) {
      if ("nullable" in field.dataset && input.value.trim() === "" && !(input.validity && input.validity.badInput)) return null;
      const typed = Number(input.value);
      if (input.value.trim() === "" || !Number.isFinite(typed)) throw { field: name, message: words.not_a_number };
      return field.dataset.kind === "points" ? typed : Math.round(typed * Number(field.dataset.unit));
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
    // "Saved." of the time before would stand above what is refused now.
    for (const note of document.querySelectorAll("#assessprep-messages .ap-notice-good")) note.remove();
  }

  /* Puts a refusal at its field and moves the focus there; without a field of this form, at the top of the page. */
  function refuse(form, data) {
    const field = data.field && form.querySelector(`[data-setting="${CSS.escape(data.field)}"], [data-field="${CSS.escape(data.field)}"]`);
    if (!field) { window.assessprepTell(data.message, "bad").scrollIntoView({ block: "nearest" }); return; }
    const label = field.querySelector("label, legend");
    let words = label ? called(data.message, data.field, label.textContent.trim()) : data.message;
    // Limits are told in the unit that is typed: minutes where the server counts seconds.
    const unit = Number(field.dataset.unit || 1);
    if (unit !== 1) for (const limit of [data.most, data.least]) if (limit !== undefined) words = words.replace(String(limit), String(limit / unit));
    field.querySelector(".ap-wrong").textContent = words;
    const input = field.querySelector("input:not([type=hidden]), select, textarea, button");
    const folded = field.closest("details");
    if (folded) folded.open = true;
    if (input) { input.setAttribute("aria-invalid", "true"); input.focus(); }
  }

  /* A moment in words. Told in a zone that is not the reader's, it names the zone. */
  function inWords(at, inZone) {
    const how = { dateStyle: "medium", timeStyle: "short", timeZone: inZone || undefined };
    const words = at.toLocaleString(locale, how);
    return inZone && inZone !== zone() ? `${words} (${inZone})` : words;
  }

  function localTimes(root) {
    for (const time of root.querySelectorAll("time[data-local]")) {
      const at = new Date(time.getAttribute("datetime"));
      if (!Number.isNaN(at.getTime())) time.textContent = inWords(at, time.dataset.zoneName);
    }
  }

  /* A button works once until its call is answered. */
  async function busy(button, work) {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    try { await work(); } finally { button.removeAttribute("aria-disabled"); }
  }

  window.assessprepFields = { fill, toLocal, came, changed, value, settings, clear, refuse, localTimes, busy, zone, zoneOf, toIso };
})();
