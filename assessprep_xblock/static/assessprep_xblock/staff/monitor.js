/* The Monitor: state -> render(state). The picture is fetched in full once and then only what changed; rows are built once and
   updated cell by cell, so that a thousand of them stay smooth. Time left runs by the server's clock, between the polls too. */
(function () {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const setup = JSON.parse(byId("monitor-setup").textContent);
  const words = setup.words;
  const urls = setup.urls;
  const rest = window.assessprepRest;
  const tell = window.assessprepTell;

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
  // A name in a sentence may run the other way: isolated, it does not turn its neighbours round.
  const apart = (name) => "\u2068" + name + "\u2069";
  const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const show = (element, yes) => { if (element.hidden === yes) element.hidden = !yes; };

  const state = {
    since: "", session: null, counters: null, announcements: [], tries: [], classes: new Map(),
    rows: new Map(), // learner id -> row as the server told it
    selected: new Set(), // learner ids
    filters: readFilters(),
    ahead: 0, // server's clock minus ours, ms
    told: 0, // when the server last answered, our clock
    lost: false, gone: false,
  };
  const nodes = new Map(); // learner id -> its <tr> and cells
  let timer = 0;
  let settledAt = 0;

  /* ---- filters live in the address ---- */
  function readFilters() {
    const query = new URLSearchParams(window.location.search);
    return Object.fromEntries(["status", "class", "connection", "search"].map((name) => [name, query.get(name) || ""]));
  }
  function filter(name, value) {
    state.filters[name] = value;
    const query = new URLSearchParams(Object.entries(state.filters).filter((pair) => pair[1]));
    window.history.replaceState(null, "", query.toString() ? "?" + query : window.location.pathname);
    // Nothing may be done to somebody who is selected but no longer seen.
    for (const learner of [...state.selected]) if (!fits(state.rows.get(learner))) state.selected.delete(learner);
    render();
  }
  function fits(row) {
    const asked = state.filters;
    return (!asked.status || row.status === asked.status)
      && (!asked.class || row.classes.includes(Number(asked.class)))
      && (!asked.connection || connection(row) === asked.connection)
      && (!asked.search || (row.name + "\n" + row.username).toLowerCase().includes(asked.search.toLowerCase()));
  }

  /* ---- time ---- */
  const serverNow = () => Date.now() + state.ahead;
  function span(ms) {
    const seconds = Math.max(0, Math.floor(ms / 1000));
    if (seconds < 60) return fill(words.seconds, { n: seconds });
    if (seconds < 3600) return fill(words.minutes, { n: Math.floor(seconds / 60) });
    return fill(words.hours, { n: Math.floor(seconds / 3600), m: Math.floor((seconds % 3600) / 60) });
  }
  function clockText(ms) {
    const seconds = Math.max(0, Math.ceil(ms / 1000));
    const two = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(seconds / 3600);
    return (hours ? hours + ":" : "") + (hours ? two(Math.floor(seconds / 60) % 60) : Math.floor(seconds / 60)) + ":" + two(seconds % 60);
  }
  /* What is left now: ends_at where the clock runs, left_ms where it stands still. */
  const left = (row) => (row.ends_at ? Date.parse(row.ends_at) - serverNow() : row.left_ms);
  function connection(row) {
    if (row.status !== "joined" && row.status !== "in_progress") return "";
    if (!row.last_seen_at) return "never";
    return serverNow() - Date.parse(row.last_seen_at) > state.session.silent_after_s * 1000 ? "silent" : "connected";
  }

  /* ---- asking the server ---- */
  async function poll() {
    window.clearTimeout(timer);
    const answer = await rest("GET", urls.monitor + "?since=" + encodeURIComponent(state.since));
    if (answer.ok) {
      state.told = Date.now();
      state.lost = false;
      if (answer.data) take(answer.data);
    } else if (answer.status === 404 || answer.status === 403 || answer.status === 401) {
      state.gone = true;
    } else {
      state.lost = true;
    }
    render();
    settle();
    // A hidden tab asks again when it is looked at; the spread keeps many monitors from calling at once.
    if (!document.hidden && !state.gone) timer = window.setTimeout(poll, setup.poll_ms * (0.8 + 0.4 * Math.random()) * (state.lost ? 2 : 1));
  }
  function take(data) {
    state.since = data.since;
    state.session = data.session;
    state.counters = data.counters;
    state.announcements = data.announcements;
    state.tries = data.tries;
    state.ahead = Date.parse(data.session.server_time) - Date.now();
    if (data.full) {
      state.rows = new Map();
      state.classes = new Map(data.classes.map((one) => [one.id, one.name]));
    }
    for (const row of data.rows) state.rows.set(row.learner, row);
    for (const learner of state.selected) if (!state.rows.has(learner)) state.selected.delete(learner);
  }
  /* Whose time is over is settled by a call of its own: watching changes nothing. */
  async function settle() {
    if (state.gone || state.lost || Date.now() - settledAt < 15000) return;
    const overdue = [...state.rows.values()].some((row) => row.overdue || row.grading === "pending"
      || (row.status === "ended" && !row.voided) || (row.status === "in_progress" && row.ends_at && left(row) < 0));
    if (!overdue) return;
    settledAt = Date.now();
    const answer = await rest("POST", urls.settle, {});
    if (answer.ok && answer.data.submitted) poll();
  }

  /* ---- rows ---- */
  const LOOKS = { absent: ["", "○"], joined: ["accent", "◐"], in_progress: ["accent", "▶"], ended: ["warn", "■"], submitted: ["good", "✓"] };
  function badge(text, look, shape) {
    const element = document.createElement("span");
    dress(element, text, look, shape);
    return element;
  }
  function dress(element, text, look, shape) {
    const name = "ap-badge" + (look ? " ap-badge-" + look : "");
    if (element.className !== name) element.className = name;
    if (element.dataset.shape !== shape) element.dataset.shape = shape;
    put(element, text);
  }
  function build(row) {
    const line = byId("monitor-row").content.firstElementChild.cloneNode(true);
    const node = { line, box: line.querySelector("input"), log: line.querySelector("[data-log]") };
    for (const cell of line.querySelectorAll("[data-cell]")) node[cell.dataset.cell] = cell;
    line.dataset.learner = row.learner;
    line.dataset.username = row.username;
    node.box.setAttribute("aria-label", fill(words.select, { name: row.name }));
    node.box.addEventListener("change", () => {
      state.selected[node.box.checked ? "add" : "delete"](row.learner);
      render();
    });
    node.log.setAttribute("aria-label", node.log.textContent + ": " + row.name);
    node.log.addEventListener("click", () => openLog(row.learner));
    return node;
  }
  function paint(node, row) {
    if (node.row !== row) { // only what the server told anew
      node.row = row;
      put(node.name, row.name);
      put(node.classes, row.classes.map((id) => state.classes.get(id)).filter(Boolean).join(", "));
      node.line.dataset.status = row.status;
      let [look, shape] = LOOKS[row.status];
      let text = words.status[row.status];
      if (row.waiting) { text = words.waiting; look = "warn"; }
      if (row.held) { text += " · " + words.held[row.held]; look = "warn"; shape = "‖"; }
      dress(node.status.firstElementChild, text, look, shape);
      const over = row.status === "ended" || row.status === "submitted";
      put(node.status.lastElementChild, over && row.end_reason ? words.end_reason[row.end_reason] : "");
      const marks = [];
      if (!row.assigned) marks.push(badge(row.guest ? words.guest : words.unlisted, "", "◇"));
      if (row.voided) marks.push(badge(words.void, "bad", "✕"));
      if (row.grading && row.grading !== "scored") marks.push(badge(words.grading[row.grading], "warn", "◔"));
      node.marks.replaceChildren(...marks);
      const started = row.attempt && row.status !== "joined";
      show(node.progress, Boolean(started));
      if (started) {
        const [bar, said] = node.progress.children;
        bar.max = row.questions || 1;
        bar.value = row.answered;
        put(said, fill(words.progress, { n: row.answered, of: row.questions }) + (row.current ? " · " + fill(words.question, { n: row.current }) : ""));
      }
      show(node.log, Boolean(row.attempt));
      node.box.disabled = !row.attempt;
    }
    tick(node, row);
    const chosen = state.selected.has(row.learner);
    if (node.box.checked !== chosen) node.box.checked = chosen;
    node.line.dataset.selected = chosen;
  }
  /* What changes by itself, every second. */
  function tick(node, row) {
    let time = "";
    if (row.status === "in_progress") {
      const ms = left(row);
      time = ms > 0 ? (row.held ? "‖ " : "") + clockText(ms) : words.over;
      node.line.classList.toggle("ap-soon", ms > 0 && ms < 120000);
    }
    put(node.left, time);
    const link = connection(row);
    node.line.dataset.connection = link;
    put(node.connection, !link ? "" : fill(words.connection[link], { time: row.last_seen_at ? span(serverNow() - Date.parse(row.last_seen_at)) : "" }));
    put(node.saved, row.last_saved_at ? fill(words.saved, { time: span(serverNow() - Date.parse(row.last_saved_at)) })
      : row.status === "in_progress" ? words.never_saved : "");
  }
  function renderRows() {
    const table = byId("monitor-rows");
    const shown = [...state.rows.values()].filter(fits);
    const wanted = [];
    for (const row of shown) {
      let node = nodes.get(row.learner);
      if (!node) nodes.set(row.learner, node = build(row));
      paint(node, row);
      wanted.push(node.line);
    }
    // Touch the document only where the order or the choice of rows changed.
    if (table.childElementCount !== wanted.length || wanted.some((line, place) => table.children[place] !== line)) {
      const all = document.createDocumentFragment();
      all.append(...wanted);
      table.replaceChildren(all);
    }
    for (const learner of [...nodes.keys()]) if (!state.rows.has(learner)) nodes.delete(learner);
    return shown;
  }

  /* ---- the whole page ---- */
  function render() {
    const age = Date.now() - state.told;
    show(byId("monitor-lost"), state.lost || state.gone);
    put(byId("monitor-lost").firstElementChild, state.gone ? words.refused : fill(words.lost, { time: span(age) }));
    if (!state.session) return;
    const session = state.session;
    put(byId("monitor-phase"), words.phase[session.phase]);
    put(byId("monitor-updated"), fill(words.updated, { time: span(age) }));
    show(byId("monitor-held"), session.held);
    if (session.held) put(byId("monitor-held").firstElementChild, fill(words.paused_since, { time: span(serverNow() - Date.parse(session.held_since)) }));

    for (const chip of document.querySelectorAll("#monitor-counters [data-status]")) {
      put(chip.querySelector("b"), String(state.counters[chip.dataset.status || "assigned"]));
      chip.setAttribute("aria-pressed", String(chip.dataset.status === state.filters.status));
    }
    const guests = byId("monitor-guests");
    put(guests, state.counters.guests ? fill(guests.dataset.words, { n: state.counters.guests }) : "");

    renderClasses();
    const shown = renderRows();
    const everybody = state.rows.size;
    const joined = everybody - state.counters.absent;
    show(byId("monitor-nobody"), !everybody);
    show(byId("monitor-code"), Boolean(everybody && !joined && session.code));
    put(byId("monitor-code-digits"), session.code || "");
    // Who comes late asks for it, too.
    show(byId("monitor-code-now"), Boolean(session.code && joined));
    put(byId("monitor-code-now").querySelector("b"), session.code || "");
    show(byId("monitor-none"), Boolean(everybody && !shown.length));
    show(byId("monitor-table"), shown.length > 0);
    put(byId("monitor-shown"), fill(words.shown, { n: shown.length, of: everybody }));
    const choosable = shown.filter((row) => row.attempt);
    const all = byId("monitor-all");
    const marked = choosable.filter((row) => state.selected.has(row.learner)).length;
    all.disabled = !choosable.length;
    all.checked = marked > 0 && marked === choosable.length;
    all.indeterminate = marked > 0 && marked < choosable.length;
    renderTools();
    renderSaid();
    renderTries();
  }
  function renderClasses() {
    const select = byId("monitor-class");
    const ids = [...state.classes.keys()].join();
    if (select.dataset.ids === ids) return;
    select.dataset.ids = ids;
    select.replaceChildren(select.firstElementChild, ...[...state.classes].map(([id, name]) => new Option(name, id)));
    select.value = state.filters.class;
  }
  function renderTools() {
    const chosen = state.selected.size;
    const target = byId("monitor-target");
    put(target, chosen ? fill(target.dataset.some, { n: chosen }) : target.dataset.all);
    show(byId("monitor-unselect"), chosen > 0);
    const live = state.session.lifecycle === "published" && !state.gone;
    for (const button of document.querySelectorAll("#monitor-tools [data-action]")) {
      const action = button.dataset.action;
      if (action === "admit") show(button, state.session.waiting_room);
      let may = live;
      if (!chosen && action === "pause") may = live && !state.session.held;
      if (!chosen && action === "resume") may = live && state.session.held;
      button.disabled = !may;
    }
  }
  function renderSaid() {
    show(byId("monitor-said-none"), !state.announcements.length);
    list("monitor-said", state.announcements, (one) => [
      one.text, " · " + new Date(one.at).toLocaleTimeString([], { timeStyle: "short" }) + " · " + one.by
        + (one.to_all ? "" : " · " + words.to_some) + " · " + fill(words.seen, { n: one.seen, of: one.of }),
    ]);
  }
  function renderTries() {
    show(byId("monitor-tries-card"), state.tries.length > 0);
    list("monitor-tries", state.tries, (one) => {
      const clear = document.createElement("button");
      clear.type = "button";
      clear.className = "ap-button ap-button-small";
      clear.textContent = words.clear;
      clear.setAttribute("aria-label", words.clear + ": " + one.name);
      clear.addEventListener("click", async () => {
        const answer = await rest("POST", urls.clear_tries, { learner_ids: [one.learner] });
        tell(answer.ok ? fill(words.cleared, { name: apart(one.name) }) : answer.data.message, answer.ok ? "good" : "bad");
        poll();
      });
      return [fill(words.tries, { name: apart(one.name), n: one.wrong }), one.locked ? " · " + words.locked + " " : " ", clear];
    });
  }
  /* Items of a list, built again only when what they say changed (a button that has the focus keeps it). */
  function list(id, items, parts) {
    const element = byId(id);
    const said = JSON.stringify(items);
    if (element.dataset.said === said) return;
    element.dataset.said = said;
    element.replaceChildren(...items.map((one) => {
      const item = document.createElement("li");
      const [first, ...others] = parts(one);
      const text = document.createElement("span");
      text.textContent = first;
      item.append(text, ...others);
      return item;
    }));
  }

  /* ---- actions ---- */
  const dialog = byId("monitor-dialog");
  let doing = null;
  const REASONED = new Set(["pause", "resume", "extend", "end", "submit"]);
  /* To whom an action on everybody would apply now, for the sentence that asks. */
  function meant(action) {
    const rows = [...state.rows.values()].filter((row) => row.attempt && !row.voided);
    if (action === "admit") return rows.filter((row) => row.waiting).length;
    if (action === "submit") return rows.filter((row) => row.status === "in_progress" || row.status === "ended").length;
    if (action === "end" || action === "extend") return rows.filter((row) => row.status === "in_progress").length;
    return rows.filter((row) => row.status === "joined" || row.status === "in_progress").length;
  }
  function ask(action, label, danger) {
    const learners = [...state.selected];
    const attempts = learners.length ? learners.map((learner) => state.rows.get(learner).attempt) : "all";
    const sentence = words.actions[action][learners.length > 1 ? "some" : learners.length ? "one" : "all"];
    const name = learners.length ? apart(state.rows.get(learners[0]).name) : "";
    doing = { action, attempts, request_id: uuid() };
    put(byId("monitor-dialog-title"), label);
    put(byId("monitor-dialog-question"), fill(sentence, { n: learners.length || meant(action), name, session: apart(setup.session) }));
    show(byId("monitor-minutes-field"), action === "extend");
    show(byId("monitor-text-field"), action === "announce");
    show(byId("monitor-reason-field"), REASONED.has(action));
    byId("monitor-reason").value = "";
    byId("monitor-text").value = "";
    put(byId("monitor-wrong"), "");
    const button = byId("monitor-do");
    put(button, label);
    button.disabled = false;
    button.classList.toggle("ap-button-danger", danger);
    dialog.showModal();
    (action === "announce" ? byId("monitor-text") : action === "extend" ? byId("monitor-minutes") : button).focus();
  }
  /* crypto.randomUUID needs https; a school's test server may not have it. */
  function uuid() {
    const bytes = window.crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }
  byId("monitor-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = { attempts: doing.attempts };
    if (REASONED.has(doing.action)) body.reason = byId("monitor-reason").value;
    if (doing.action === "announce") Object.assign(body, { text: byId("monitor-text").value, request_id: doing.request_id });
    if (doing.action === "extend") Object.assign(body, { seconds: Math.round(Number(byId("monitor-minutes").value) * 60), request_id: doing.request_id });
    byId("monitor-do").disabled = true;
    const answer = await rest("POST", urls[doing.action], body);
    byId("monitor-do").disabled = false;
    if (!answer.ok) { put(byId("monitor-wrong"), answer.data.message); return; }
    dialog.close();
    report(doing, answer.data);
    state.selected.clear();
    poll();
  });
  byId("monitor-cancel").addEventListener("click", () => dialog.close());
  function report(done, data) {
    const rows = data.rows || [];
    const refused = rows.filter((row) => !row.done);
    const whole = done.attempts === "all" && ["pause", "resume", "announce"].includes(done.action);
    if (!refused.length) {
      tell(done.action === "announce" ? words.announced : whole ? words.done_all
        : rows.length ? fill(words.done, { n: rows.length, of: rows.length }) : words.nobody, rows.length || whole || done.action === "announce" ? "good" : "info");
      return;
    }
    const names = new Map([...state.rows.values()].map((row) => [row.attempt, row.name]));
    put(byId("monitor-result-title"), fill(words.done, { n: rows.length - refused.length, of: rows.length }));
    byId("monitor-result-rows").dataset.said = "";
    list("monitor-result-rows", refused, (row) => [names.get(row.attempt) || row.attempt, ": " + row.message]);
    byId("monitor-result").showModal();
  }
  async function openLog(learner) {
    const row = state.rows.get(learner);
    const answer = await rest("GET", urls.log.replace("ATTEMPT", row.attempt));
    if (!answer.ok) { tell(answer.data.message, "bad"); return; }
    put(byId("monitor-log-title"), row.name);
    byId("monitor-log-events").dataset.said = "";
    list("monitor-log-events", answer.data.events, (event) => [new Date(event.at).toLocaleTimeString(), " " + event.words]);
    byId("monitor-log").showModal();
  }

  /* ---- wiring ---- */
  for (const chip of document.querySelectorAll("#monitor-counters [data-status]")) {
    chip.addEventListener("click", () => filter("status", state.filters.status === chip.dataset.status ? "" : chip.dataset.status));
  }
  for (const button of document.querySelectorAll("#monitor-tools [data-action]")) {
    button.addEventListener("click", () => ask(button.dataset.action, button.textContent, button.classList.contains("ap-button-danger")));
  }
  byId("monitor-filters").addEventListener("submit", (event) => event.preventDefault());
  for (const name of ["class", "connection", "search"]) {
    const input = byId("monitor-" + name);
    input.value = state.filters[name];
    input.addEventListener("input", () => filter(name, input.value));
  }
  byId("monitor-clear").addEventListener("click", () => {
    for (const name of ["class", "connection", "search"]) { byId("monitor-" + name).value = ""; state.filters[name] = ""; }
    filter("status", "");
  });
  byId("monitor-all").addEventListener("change", (event) => {
    for (const row of state.rows.values()) {
      if (row.attempt && fits(row)) state.selected[event.target.checked ? "add" : "delete"](row.learner);
    }
    render();
  });
  byId("monitor-unselect").addEventListener("click", () => { state.selected.clear(); render(); });
  const sessions = byId("monitor-session");
  if (sessions) sessions.addEventListener("change", () => { window.location.href = sessions.value; });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) window.clearTimeout(timer);
    else poll();
  });
  window.setInterval(() => { if (!document.hidden) render(); }, 1000);
  poll();
})();
