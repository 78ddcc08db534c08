/* The outage page: pick an interval, see who lost contact in it, give exactly that back. state -> render(state). */
(function () {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const setup = JSON.parse(byId("outage-setup").textContent);
  const { words, urls, zone } = setup;
  const rest = window.assessprepRest;
  const tell = window.assessprepTell;
  const uuid = window.assessprepUuid;
  const state = { data: null, chosen: new Set(), known: new Set(), asked: 0 };

  const { fill, apart, locale, stopwatch } = window.assessprepWords;
  const clock = new Intl.DateTimeFormat(locale, { timeZone: zone, timeStyle: "medium" });
  const at = (iso) => clock.format(new Date(iso));
  /* A moment as a field of the session's own zone holds it; the server reads it in that zone again. */
  function local(iso) {
    const parts = new Intl.DateTimeFormat("en-CA-u-ca-gregory-nu-latn", { timeZone: zone, hourCycle: "h23", year: "numeric",
      month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" }).formatToParts(new Date(iso));
    const part = Object.fromEntries(parts.map((one) => [one.type, one.value]));
    return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}`;
  }

  /* ---- asking ---- */
  async function look(since, until) {
    const asked = (state.asked += 1);
    const query = since ? "?" + new URLSearchParams({ since, until }) : "";
    const answer = await rest("GET", urls.outages + query);
    if (asked !== state.asked) return;
    byId("outage-when-wrong").textContent = answer.ok ? "" : answer.data.message;
    if (!answer.ok) { byId("outage-found").textContent = ""; return; }
    const before = state.data && state.data.since === answer.data.since && state.data.until === answer.data.until;
    state.data = answer.data;
    const may = answer.data.students.filter((one) => one.may).map((one) => one.attempt);
    // Who was taken out by hand stays out when the same interval is looked at again.
    state.chosen = new Set(may.filter((one) => !before || !state.known.has(one) || state.chosen.has(one)));
    state.known = new Set(may);
    if (answer.data.since) {
      // An end between two seconds is shown as the later one, or the field would leave its rest out.
      byId("outage-since").value = local(answer.data.since);
      byId("outage-until").value = local(new Date(Math.ceil(Date.parse(answer.data.until) / 1000) * 1000).toISOString());
    }
    render();
  }
  const again = () => (byId("outage-since").value ? look(byId("outage-since").value, byId("outage-until").value) : look());

  /* ---- showing ---- */
  function render() {
    const data = state.data;
    const near = data.suggestions.filter((one) => one.students > 1 || data.suggestions.length === 1);
    byId("outage-near").hidden = !near.length;
    byId("outage-suggestions").replaceChildren(...near.map((one) => {
      const button = press(fill(words.suggestion, { since: at(one.since), until: at(one.until), n: one.students }), () => look(one.since, one.until));
      button.setAttribute("aria-pressed", String(one.since === data.since && one.until === data.until));
      return button;
    }));
    const facts = { n: data.students.length, since: data.since ? at(data.since) : "", until: data.until ? at(data.until) : "" };
    byId("outage-found").textContent = data.since ? fill(data.students.length ? words.found : words.nobody, facts) : byId("outage-found").dataset.none;
    byId("outage-give").hidden = !data.students.length;
    byId("outage-rows").replaceChildren(...data.students.map(row));
    byId("outage-before").hidden = !data.given.length;
    byId("outage-given").replaceChildren(...data.given.map(given));
    count();
  }
  function row(one) {
    const line = byId("outage-row").content.firstElementChild.cloneNode(true);
    const box = line.querySelector("input");
    box.setAttribute("aria-label", fill(words.select, { name: one.name }));
    box.disabled = !one.may;
    box.checked = state.chosen.has(one.attempt);
    box.addEventListener("change", () => { state.chosen[box.checked ? "add" : "delete"](one.attempt); count(); });
    line.dataset.attempt = one.attempt;
    line.querySelector("bdi").textContent = one.name;
    line.querySelector("th span").textContent = words.status[one.status];
    line.cells[2].firstElementChild.textContent = one.silences.map((gap, place) => fill(
      one.silent && place === one.silences.length - 1 ? words.going_on : words.silence, { since: at(gap.since), until: at(gap.until) })).join(" · ");
    const [time, why] = line.cells[3].firstElementChild.children;
    time.textContent = one.left_s ? "+" + stopwatch(one.left_s) : "";
    why.textContent = [one.paid_s ? fill(words.paid, { time: stopwatch(one.paid_s) }) : "",
      one.may ? "" : one.left_s ? words.not_running : words.nothing].filter(Boolean).join(" · ");
    return line;
  }
  function given(one) {
    const item = document.createElement("li");
    const text = document.createElement("span");
    text.textContent = fill(words.given, { at: at(one.at), time: "+" + stopwatch(one.seconds), n: one.students, by: apart(one.by), reason: apart(one.reason) }) + " ";
    item.append(text);
    if (one.undone) item.append(words.taken_back);
    else if (Date.parse(one.until) > Date.now()) {
      const button = press(words.undo, () => undo(one.deed));
      button.setAttribute("aria-label", words.undo + ": " + text.textContent);
      item.append(button);
    }
    return item;
  }
  function press(label, deed) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "ap-button ap-button-small";
    button.textContent = label;
    button.addEventListener("click", deed);
    return button;
  }
  function count() {
    const may = state.data.students.filter((one) => one.may);
    const chosen = may.filter((one) => state.chosen.has(one.attempt)).length;
    const all = byId("outage-all");
    all.disabled = !may.length;
    all.checked = chosen > 0 && chosen === may.length;
    all.indeterminate = chosen > 0 && chosen < may.length;
    byId("outage-do").disabled = !chosen;
    byId("outage-do").textContent = chosen ? fill(words.give, { n: chosen }) : words.give_none;
  }

  /* ---- doing ---- */
  let request = uuid(); // one for each thing that is asked for, so that a second press does nothing
  byId("outage-give").addEventListener("submit", async (event) => {
    event.preventDefault();
    const reason = byId("outage-reason");
    reason.setAttribute("aria-invalid", String(!reason.value.trim()));
    if (!reason.value.trim()) { byId("outage-wrong").textContent = words.reason; reason.focus(); return; }
    const most = byId("outage-most").value;
    byId("outage-do").disabled = true;
    const answer = await rest("POST", urls.outages, {
      since: state.data.since, until: state.data.until, attempts: [...state.chosen], reason: reason.value,
      at_most_s: most ? Math.round(Number(most) * 60) : null, request_id: request,
    });
    byId("outage-do").disabled = false;
    byId("outage-wrong").textContent = answer.ok ? "" : answer.data.message;
    if (!answer.ok) return;
    request = uuid();
    report(answer.data.rows);
    reason.value = byId("outage-most").value = "";
    again();
  });
  function report(rows) {
    const done = rows.filter((one) => one.done);
    const refused = rows.filter((one) => !one.done);
    const names = new Map(state.data.students.map((one) => [one.attempt, one.name]));
    const facts = { n: done.length, m: refused.length, time: stopwatch(done.reduce((sum, one) => sum + (one.seconds || 0), 0)) };
    const why = refused.map((one) => apart(names.get(one.attempt) || one.attempt) + ": " + one.message).join(" · ");
    tell(refused.length ? fill(words.partly, facts) + " " + why : fill(words.done, facts), refused.length ? "warn" : "good");
  }
  async function undo(deed) {
    const answer = await rest("POST", urls.undo, { deed, reason: "", request_id: uuid() });
    if (!answer.ok) tell(answer.data.message, "bad");
    else {
      const done = answer.data.rows.filter((one) => one.done).length;
      const why = answer.data.rows.filter((one) => !one.done).map((one) => one.message);
      tell([fill(words.undone, { n: done, of: answer.data.rows.length }), ...new Set(why)].join(" "), why.length ? "warn" : "good");
    }
    again();
  }
  byId("outage-all").addEventListener("change", (event) => {
    state.chosen = new Set(event.target.checked ? state.known : []);
    for (const box of byId("outage-rows").querySelectorAll("input:not(:disabled)")) box.checked = event.target.checked;
    count();
  });
  byId("outage-when").addEventListener("submit", (event) => {
    event.preventDefault();
    const since = byId("outage-since").value;
    const until = byId("outage-until").value;
    if (!since || !until) { byId("outage-when-wrong").textContent = words.dates; return; }
    look(since, until);
  });
  look();
})();
