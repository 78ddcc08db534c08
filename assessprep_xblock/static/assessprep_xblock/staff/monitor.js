/* The Monitor: state -> render(state). The picture is fetched in full once and then only what changed. Time left runs by the
   server's clock, between the polls too. Its parts stand in monitor_*.js; each is given the room and answers what it adds to it. */
(function () {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const setup = JSON.parse(byId("monitor-setup").textContent);
  const words = setup.words;
  const urls = setup.urls;
  const rest = window.assessprepRest;
  const tell = window.assessprepTell;
  const uuid = window.assessprepUuid;

  const { fill, put, show } = window.assessprepWords;

  const FILTERS = ["status", "class", "connection", "hold", "incident", "search", "sort"];
  const state = {
    since: "", session: null, counters: null, announcements: [], tries: [], door: null, classes: new Map(),
    notes: { claims: [], absent: [], incidents: [], undo: [] }, claims: new Map(), absent: new Set(), noted: new Map(),
    rows: new Map(), // learner id -> row as the server told it
    byName: new Map(), // learner id -> place in the order of names
    selected: new Set(), // learner ids
    filters: readFilters(),
    ahead: 0, // server's clock minus ours, ms
    notesCame: 0, // how often other notes came: a row drawn before is drawn again
    told: 0, // when the server last answered, our clock
    lost: "", gone: false, still: false,
  };
  let timer = 0;
  let settledAt = 0;
  let notesSaid = "";

  /* ---- filters live in the address ---- */
  function readFilters() {
    const query = new URLSearchParams(window.location.search);
    return Object.fromEntries(FILTERS.map((name) => [name, query.get(name) || ""]));
  }
  function filter(name, value) {
    state.filters[name] = value;
    const query = new URLSearchParams(Object.entries(state.filters).filter((pair) => pair[1]));
    window.history.replaceState(null, "", query.toString() ? "?" + query : window.location.pathname);
    // Nothing may be done to somebody who is selected but no longer seen.
    for (const learner of [...state.selected]) if (!fits(state.rows.get(learner))) state.selected.delete(learner);
    render();
  }
  /* ---- time ---- */
  const serverNow = () => Date.now() + state.ahead;
  const span = (ms) => window.assessprepWords.span(ms, words);
  const never = Number.MAX_SAFE_INTEGER;

  /* What one part needs of another it asks the room for when it needs it: their order means nothing. */
  const room = { byId, setup, words, urls, rest, tell, uuid, state, never, serverNow, span, poll, render };
  for (const name of ["choice", "rows", "beside", "actions"]) Object.assign(room, window.AssessPrepMonitorParts[name](room));
  const { fits, left, renderRows, renderSaid, renderTries, renderNotes, clearDoor, renderTools, ask } = room;

  /* ---- asking the server ---- */
  async function poll() {
    window.clearTimeout(timer);
    const answer = await rest("GET", urls.monitor + "?since=" + encodeURIComponent(state.since));
    if (answer.ok) {
      state.told = Date.now();
      state.lost = "";
      if (answer.data) take(answer.data);
    } else if (answer.status === 404 || answer.status === 403 || answer.status === 401) {
      state.gone = true;
    } else {
      state.lost = window.assessprepRest.lost(answer);
    }
    render();
    settle();
    // A hidden tab asks again when it is looked at; the spread keeps many monitors from calling at once.
    if (!document.hidden && !state.gone && !state.still) timer = window.setTimeout(poll, setup.poll_ms * (0.8 + 0.4 * Math.random()) * (state.lost ? 2 : 1));
  }
  /* Rows out of a table that tells each name once: what all say, what says one of few things, what each row says. */
  function rowsOf(table) {
    const kinds = Object.entries(table.kinds);
    const columns = Object.entries(table.columns);
    return table.columns.learner.map((learner, place) => {
      const row = { ...table.usual };
      for (const [name, kind] of kinds) row[name] = kind.of[parseInt(kind.at[place], 36)];
      for (const [name, column] of columns) row[name] = column[place];
      return row;
    });
  }
  function take(data) {
    state.since = data.since;
    state.session = data.session;
    state.counters = data.counters;
    state.announcements = data.announcements;
    state.tries = data.tries;
    state.door = data.door;
    state.notes = data.notes;
    state.claims = new Map(data.notes.claims.map((one) => [one.learner, one]));
    state.absent = new Set(data.notes.absent);
    state.noted = new Map(data.notes.incidents.filter((one) => one.learner).map((one) => [one.learner, one]));
    const notes = JSON.stringify(data.notes);
    if (notes !== notesSaid) { notesSaid = notes; state.notesCame += 1; }
    state.ahead = Date.parse(data.session.server_time) - Date.now();
    const told = rowsOf(data.rows);
    if (data.full) {
      state.byName.clear();
      told.forEach((row, place) => state.byName.set(row.learner, place));
      state.rows = new Map();
      state.classes = new Map(data.classes.map((one) => [one.id, one.name]));
    }
    // Answers after the whole picture leave out who it is: that was told.
    for (const row of told) state.rows.set(row.learner, { ...state.rows.get(row.learner), ...row });
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

  /* ---- the whole page ---- */
  function render() {
    const age = Date.now() - state.told;
    show(byId("monitor-lost"), Boolean(state.lost || state.gone));
    put(byId("monitor-lost").firstElementChild, state.gone ? words.refused : fill(words[state.lost] || "", { time: span(age) }));
    if (!state.session) return;
    const session = state.session;
    put(byId("monitor-phase"), words.phase[session.phase]);
    put(byId("monitor-updated"), (state.still ? words.held_live + " " : "") + fill(words.updated, { time: span(age) }));
    show(byId("monitor-held"), session.held);
    show(byId("monitor-unbegun"), session.begin);
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
    const choosable = shown;
    const all = byId("monitor-all");
    const marked = choosable.filter((row) => state.selected.has(row.learner)).length;
    all.disabled = !choosable.length;
    all.checked = marked > 0 && marked === choosable.length;
    all.indeterminate = marked > 0 && marked < choosable.length;
    renderTools();
    renderSaid();
    renderTries();
    renderNotes();
  }
  function renderClasses() {
    const select = byId("monitor-class");
    const ids = [...state.classes.keys()].join();
    if (select.dataset.ids === ids) return;
    select.dataset.ids = ids;
    select.replaceChildren(select.firstElementChild, ...[...state.classes].map(([id, name]) => new Option(name, id)));
    select.value = state.filters.class;
  }
  /* ---- wiring ---- */
  for (const chip of document.querySelectorAll("#monitor-counters [data-status]")) {
    chip.addEventListener("click", () => filter("status", state.filters.status === chip.dataset.status ? "" : chip.dataset.status));
  }
  for (const button of document.querySelectorAll("button[data-action]")) {
    button.addEventListener("click", () => ask(button.dataset.action, button.textContent, button.classList.contains("ap-button-danger")));
  }
  // On a telephone the students come first; filters that are in use stay in sight.
  const wide = window.matchMedia("(min-width: 48.01rem)");
  const fold = () => { byId("monitor-fold").open = wide.matches || FILTERS.some((name) => name !== "search" && name !== "status" && state.filters[name]); };
  wide.addEventListener("change", fold);
  fold();
  for (const name of FILTERS.slice(1)) {
    const input = byId("monitor-" + name);
    input.value = state.filters[name];
    input.addEventListener("input", () => filter(name, input.value));
  }
  byId("monitor-clear").addEventListener("click", () => {
    for (const name of FILTERS.slice(1, -1)) { byId("monitor-" + name).value = ""; state.filters[name] = ""; }
    filter("status", "");
  });
  byId("monitor-all").addEventListener("change", (event) => {
    for (const row of state.rows.values()) {
      if (fits(row)) state.selected[event.target.checked ? "add" : "delete"](row.learner);
    }
    render();
  });
  byId("monitor-unselect").addEventListener("click", () => { state.selected.clear(); render(); });
  const sessions = byId("monitor-session");
  if (sessions) sessions.addEventListener("change", () => { window.location.href = sessions.value; });
  const live = byId("monitor-live");
  live.addEventListener("click", () => {
    state.still = !state.still;
    live.setAttribute("aria-pressed", String(state.still));
    if (state.still) { window.clearTimeout(timer); render(); } else poll();
  });
  byId("monitor-door-clear").addEventListener("click", clearDoor);
  const rotate = byId("monitor-rotate");
  if (rotate) rotate.addEventListener("click", async () => {
    if (!window.confirm(words.sure_code)) return;
    const answer = await rest("POST", urls.rotate, { request_id: uuid() });
    tell(answer.ok ? words.new_code : answer.data.message, answer.ok ? "good" : "bad");
    poll();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) window.clearTimeout(timer);
    else if (!state.still) poll();
  });
  window.setInterval(() => { if (!document.hidden && !state.still) render(); }, 1000);
  poll();
})();
