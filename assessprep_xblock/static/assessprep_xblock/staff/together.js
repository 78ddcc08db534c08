/* Many sessions at once: rows of the page or a file are checked by the server, shown, and made together. */
(function () {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const fields = window.assessprepFields;
  const rest = window.assessprepRest;
  const setup = JSON.parse(byId("together-setup").textContent);
  const words = setup.words;
  const form = byId("together-form");
  const heads = Array.from(document.querySelectorAll("#together-plan thead th"), (one) => one.textContent);
  const LARGEST = 1700000;
  /* checked: what was sent to be checked, so that just this is made. */
  const state = { plan: null, checked: null };
  fields.fill(form);

  const fromFile = () => form.elements.from.value === "file";

  function cell(tag, label, text) {
    const made = document.createElement(tag);
    made.dataset.label = label;
    made.textContent = text;
    return made;
  }

  function time(iso) {
    if (!iso) return document.createTextNode("–");
    const made = document.createElement("time");
    made.setAttribute("datetime", iso);
    made.dataset.local = "";
    made.dataset.zoneName = fields.zoneOf(form);
    return made;
  }

  /* What is wrong with a time, in the words of this page; a file's columns are called like the settings. */
  function called(text) {
    if (fromFile()) return text;
    for (const field of form.querySelectorAll("[data-setting]")) {
      text = window.assessprepWords.called(text, field.dataset.setting, field.querySelector("label").textContent.trim());
    }
    return text;
  }

  function row(one) {
    const made = document.createElement("tr");
    const name = cell("th", heads[1], one.name || "–");
    name.scope = "row";
    const opens = cell("td", heads[2], ""), closes = cell("td", heads[3], "");
    opens.append(time(one.opens_at));
    closes.append(time(one.closes_at));
    const number = cell("td", heads[4], one.assigned);
    number.className = "ap-number";
    const said = cell("td", heads[5], "");
    const badge = document.createElement("span");
    badge.className = "ap-badge";
    badge.dataset.shape = one.problems.length ? "■" : one.notes.length ? "◇" : "●";
    badge.textContent = one.problems.length ? words.wrong : one.notes.length ? words.note : words.ok;
    said.append(badge, ...[...one.problems, ...one.notes].map((text) => {
      const line = document.createElement("p");
      line.textContent = called(text);
      return line;
    }));
    made.append(cell("td", heads[0], one.line), name, opens, closes, number, said);
    return made;
  }

  function render() {
    const file = fromFile();
    byId("together-classes").hidden = file;
    byId("together-file").hidden = !file;
    const { plan } = state;
    byId("together-plan").hidden = plan === null;
    if (plan === null) return;
    byId("together-summary").textContent = [plan.summary, plan.encoding ? words.read_as.replace("{encoding}", plan.encoding) : ""].join(" ");
    byId("together-more").textContent = plan.count > plan.rows.length
      ? words.first.replace("{n}", plan.rows.length).replace("{count}", plan.count) : "";
    byId("together-rows").replaceChildren(...plan.rows.map(row));
    fields.localTimes(byId("together-rows"));
    const make = byId("together-make");
    make.hidden = plan.wrong > 0;
    make.textContent = words.make.replace("{n}", plan.count);
  }

  async function base64(file) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return btoa(text);
  }

  function dated(line, name, settings) {
    const input = line.querySelector(`[name=${name}]`);
    if (input.validity.badInput) { input.focus(); throw { field: "rows", message: words.not_a_date }; }
    if (!input.value) return;
    const iso = fields.toIso(input.value, fields.zoneOf(form));
    if (iso === null) { input.focus(); throw { field: "rows", message: words.no_such_time }; }
    settings[name] = iso;
  }

  async function wanted() {
    const body = { settings: fields.settings(form, words) };
    if (fromFile()) {
      const file = byId("together-input").files[0];
      if (!file) throw { field: "file", message: words.no_file };
      if (file.size > LARGEST) throw { field: "file", message: words.large };
      body.file = await base64(file);
      body.zone = fields.zoneOf(form);
      return body;
    }
    const chosen = Array.from(form.querySelectorAll("tr[data-class]")).filter((line) => line.querySelector("[name=class]").checked);
    if (!chosen.length) throw { field: "rows", message: words.none };
    body.rows = chosen.map((line) => {
      const settings = {};
      dated(line, "opens_at", settings);
      dated(line, "closes_at", settings);
      return { name: line.querySelector("[name=name]").value, classes: [Number(line.dataset.class)], settings };
    });
    return body;
  }

  function refuse(data) {
    const field = data.field && form.querySelector(`[data-setting="${CSS.escape(data.field)}"]`);
    if (field) byId("together-settings").open = true;
    fields.refuse(form, data);
  }

  async function check() {
    let body;
    try { body = await wanted(); } catch (problem) { if (!problem.message) throw problem; refuse(problem); return; }
    const answer = await rest("POST", setup.check, { ...body, assessment: setup.assessment });
    if (!answer.ok) { state.plan = null; render(); refuse(answer.data); return; }
    byId("assessprep-messages").replaceChildren();
    state.plan = answer.data;
    state.checked = body;
    render();
    byId("together-plan-title").focus();
  }

  async function make() {
    const placed = await rest("POST", setup.placements, { assessment: setup.assessment });
    if (!placed.ok) { window.assessprepTell(placed.data.message, "bad"); return; }
    const answer = await rest("POST", setup.save, { ...state.checked, placement: placed.data.uuid, request_id: setup.request_id });
    if (!answer.ok) { window.assessprepTell(answer.data.message, "bad").scrollIntoView({ block: "nearest" }); return; }
    window.location.href = setup.sessions;
  }

  // What was checked is what is made: whoever changes something checks again.
  form.addEventListener("input", () => {
    if (state.plan !== null) { state.plan = null; window.assessprepTell(words.changed, "info"); }
    render();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    fields.clear(form);
    fields.busy(byId("together-check"), check);
  });
  byId("together-make").addEventListener("click", () => fields.busy(byId("together-make"), make));
  render();
})();
