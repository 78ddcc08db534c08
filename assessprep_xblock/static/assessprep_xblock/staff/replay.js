/* The replay: a slider over the minutes of a session. state -> render(state); the server says how the room was. */
(function () {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const setup = JSON.parse(byId("replay-setup").textContent);
  const { words, urls } = setup;
  const rest = window.assessprepRest;
  const LOOKS = { absent: ["", "○"], joined: ["accent", "◐"], in_progress: ["accent", "▶"], ended: ["warn", "■"], submitted: ["good", "✓"] };
  const MINUTE = 60000;
  const state = { data: null, at: new URLSearchParams(window.location.search).get("at") || "", asked: 0 };
  const slider = byId("replay-minute");
  let timer = 0;

  const { fill, apart, put, locale, stopwatch, withMoments } = window.assessprepWords;
  const said = (iso, style) => new Intl.DateTimeFormat(locale, { timeZone: state.data.zone, ...style }).format(new Date(iso));
  const clock = (iso) => said(iso, { timeStyle: "medium" });
  const left = (ms) => stopwatch(Math.ceil(ms / 1000));

  /* ---- asking ---- */
  async function look(at) {
    const asked = (state.asked += 1);
    const answer = await rest("GET", urls.replay + (at ? "?" + new URLSearchParams({ at }) : ""));
    if (asked !== state.asked) return; // the slider went on meanwhile
    put(byId("replay-wrong"), answer.ok ? "" : answer.data.message);
    if (!answer.ok) return;
    state.data = answer.data;
    state.at = answer.data.at;
    window.history.replaceState(null, "", "?" + new URLSearchParams({ at: state.at }));
    render();
  }
  /* Minute 0 is the first thing that happened; the last step is the end, wherever in its minute it lies. */
  const steps = () => Math.ceil((Date.parse(state.data.until) - Date.parse(state.data.from)) / MINUTE);
  const atStep = (step) => new Date(Math.min(Date.parse(state.data.until), Date.parse(state.data.from) + step * MINUTE)).toISOString();
  const stepOf = (iso) => Math.round((Date.parse(iso) - Date.parse(state.data.from)) / MINUTE);

  /* ---- showing ---- */
  function render() {
    const data = state.data;
    slider.disabled = steps() < 1;
    slider.max = String(steps());
    if (document.activeElement !== slider || Number(slider.value) !== stepOf(data.at)) slider.value = String(stepOf(data.at));
    name(data.at);
    put(byId("replay-zone"), fill(words.zone, { zone: data.zone }));
    const places = data.moments.map((one) => Date.parse(one));
    byId("replay-before").disabled = !places.some((one) => one < Date.parse(data.at));
    byId("replay-next").disabled = !places.some((one) => one > Date.parse(data.at));
    byId("replay-held").hidden = !data.held;
    put(byId("replay-held"), data.held ? words.paused : "");
    for (const count of byId("replay-counters").querySelectorAll("[data-count]")) put(count, String(data.counters[count.dataset.count]));
    put(byId("replay-guests"), data.counters.guests ? fill(words.guests, { n: data.counters.guests }) : "");
    byId("replay-nobody").hidden = data.rows.length > 0;
    put(byId("replay-nobody"), words.nobody);
    byId("replay-table").hidden = !data.rows.length;
    byId("replay-rows").replaceChildren(...data.rows.map(row));
    put(byId("replay-around"), data.events.length ? fill(words.around, { at: clock(data.at) }) : words.nothing);
    byId("replay-events").replaceChildren(...data.events.map(event));
  }
  function name(iso) {
    const text = said(iso, { dateStyle: "medium", timeStyle: "medium" });
    put(byId("replay-at"), text);
    slider.setAttribute("aria-valuetext", text);
  }
  function row(one) {
    const line = byId("replay-row").content.firstElementChild.cloneNode(true);
    line.dataset.learner = one.learner;
    line.dataset.status = one.status;
    line.querySelector("bdi").textContent = one.name;
    const marks = [one.no_account ? words.no_account : one.guest ? words.guest : "", one.voided ? words.void : "", one.number > 1 ? fill(words.attempt_no, { n: one.number }) : ""];
    line.querySelector("th span").textContent = marks.filter(Boolean).join(" · ");
    let [look_, shape] = LOOKS[one.status];
    let text = words.status[one.status];
    if (one.waiting) { text = words.waiting; look_ = "warn"; }
    if (one.denied) { text = words.denied; look_ = "bad"; }
    if (one.away) { text += " · " + words.away; look_ = "warn"; shape = "‖"; }
    if (one.held) { text += " · " + words.held[one.held]; look_ = "warn"; shape = "‖"; }
    const badge = line.querySelector(".ap-badge");
    if (look_) badge.classList.add("ap-badge-" + look_);
    badge.dataset.shape = shape;
    badge.textContent = text;
    line.cells[2].textContent = one.left_ms === null ? "" : (one.held ? "‖ " : "") + left(one.left_ms);
    return line;
  }
  function event(one) {
    const item = document.createElement("li");
    item.dataset.happened = String(one.happened);
    const at = document.createElement("time");
    at.dateTime = one.at;
    at.textContent = clock(one.at);
    const text = document.createElement("span");
    const told = withMoments(one.words, clock);
    text.textContent = " " + (one.student && one.by && one.student !== one.by ? fill(words.of, { student: apart(one.student), words: told }) : told);
    item.append(at, text);
    return item;
  }

  /* ---- wiring ---- */
  slider.addEventListener("input", () => {
    const at = atStep(Number(slider.value));
    name(at);
    state.asked += 1; // an answer still on its way is about a minute that was left: it would push the slider back
    // The minute is named at once; the room is asked for when the slider rests.
    window.clearTimeout(timer);
    timer = window.setTimeout(() => look(at), 150);
  });
  function jump(choose) {
    const now = Date.parse(state.at);
    const found = choose(state.data.moments.filter((one) => Date.parse(one) !== now), now);
    // Remembered before the answer comes, so that pressing quickly goes on instead of staying.
    if (found) { state.at = found; look(found); }
  }
  byId("replay-before").addEventListener("click", () => jump((moments, now) => moments.filter((one) => Date.parse(one) < now).pop()));
  byId("replay-next").addEventListener("click", () => jump((moments, now) => moments.find((one) => Date.parse(one) > now)));
  look(state.at);
})();
