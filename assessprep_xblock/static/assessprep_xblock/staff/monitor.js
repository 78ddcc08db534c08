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
  const uuid = window.assessprepUuid;

  const { fill, apart, locale, put, show, stopwatch, withMoments } = window.assessprepWords;

  const FILTERS = ["status", "class", "connection", "hold", "incident", "search", "sort"];
  const state = {
    since: "", session: null, counters: null, announcements: [], tries: [], door: null, classes: new Map(),
    notes: { claims: [], absent: [], incidents: [], undo: [] }, claims: new Map(), absent: new Set(), noted: new Map(),
    rows: new Map(), // learner id -> row as the server told it
    selected: new Set(), // learner ids
    filters: readFilters(),
    ahead: 0, // server's clock minus ours, ms
    told: 0, // when the server last answered, our clock
    lost: false, gone: false, still: false,
  };
  const byName = new Map(); // learner id -> place in the order of names
  const nodes = new Map(); // learner id -> its <tr> and cells
  let timer = 0;
  let settledAt = 0;
  let notesSaid = "";
  let noted = 0; // how often other notes came: a row drawn before is drawn again

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
  function fits(row) {
    const asked = state.filters;
    return (!asked.status || row.status === asked.status)
      && (!asked.class || row.classes.includes(Number(asked.class)))
      && (!asked.connection || connection(row) === asked.connection)
      && (!asked.hold || (asked.hold === "none" ? !row.held : row.held === asked.hold))
      && (!asked.incident || concerns(row, asked.incident))
      && (!asked.search || (row.name + "\n" + row.username).toLowerCase().includes(asked.search.toLowerCase()));
  }

  /* What makes an invigilator look at a row, the gravest first; 0 is nothing. */
  function gravity(row) {
    if (row.voided || row.status === "submitted") return row.grading === "pending" || state.noted.has(row.learner) ? 1 : 0;
    if (row.away) return 6;
    if (connection(row) === "silent") return 5;
    if (row.overdue || row.other_device) return 4;
    if (row.waiting) return 3;
    return state.noted.has(row.learner) || row.focus_lost ? 2 : row.held === "student" ? 1 : 0;
  }
  function concerns(row, what) {
    if (what === "noted") return state.noted.has(row.learner);
    if (what === "device") return Boolean(row.other_device);
    if (what === "focus") return row.focus_lost > 0;
    return gravity(row) > 0;
  }
  const STATUSES = ["in_progress", "joined", "absent", "ended", "submitted"];
  const never = Number.MAX_SAFE_INTEGER;
  const ORDERS = {
    "": (row) => -gravity(row),
    name: () => 0,
    status: (row) => STATUSES.indexOf(row.status),
    left: (row) => (row.status === "in_progress" ? left(row) : never),
    progress: (row) => (row.attempt && row.questions ? row.answered / row.questions : never),
    contact: (row) => (connection(row) ? Date.parse(row.last_seen_at || 0) : never),
  };
  /* The server tells rows by name, and sorting keeps that order among equals. */
  function inOrder(rows) {
    const key = ORDERS[state.filters.sort] || ORDERS[""];
    return rows.map((row) => [key(row), row]).sort((one, other) => one[0] - other[0]).map((pair) => pair[1]);
  }

  /* ---- time ---- */
  const serverNow = () => Date.now() + state.ahead;
  const span = (ms) => window.assessprepWords.span(ms, words);
  const clockText = (ms) => stopwatch(Math.max(0, Math.ceil(ms / 1000)));
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
    if (!document.hidden && !state.gone && !state.still) timer = window.setTimeout(poll, setup.poll_ms * (0.8 + 0.4 * Math.random()) * (state.lost ? 2 : 1));
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
    if (notes !== notesSaid) { notesSaid = notes; noted += 1; }
    state.ahead = Date.parse(data.session.server_time) - Date.now();
    if (data.full) {
      byName.clear();
      data.rows.forEach((row, place) => byName.set(row.learner, place));
      state.rows = new Map();
      state.classes = new Map(data.classes.map((one) => [one.id, one.name]));
    }
    // A whole picture leaves out what its rows say alike, later answers who it is: that was told.
    for (const row of data.rows) state.rows.set(row.learner, { ...(data.full ? data.usual : state.rows.get(row.learner)), ...row });
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
    const node = { line, box: line.querySelector("input"), log: line.querySelector("[data-log]"), why: line.querySelector("[data-why]"),
      help: line.querySelector("[data-help]"), dots: line.querySelector(".ap-dots") };
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
    node.why.setAttribute("aria-label", fill(words.why, { name: row.name }));
    node.why.addEventListener("click", () => openWhy(row.learner));
    node.help.setAttribute("aria-label", node.help.textContent + ": " + row.name);
    node.help.addEventListener("click", async () => {
      const mine = state.claims.get(row.learner);
      const answer = await rest("POST", urls[mine && mine.by_id === setup.me ? "release-claim" : "claim"], { learner_ids: [row.learner] });
      if (!answer.ok) tell(answer.data.message, "bad");
      poll();
    });
    return node;
  }
  function paint(node, row) {
    if (node.row !== row || node.noted !== noted) { // only what the server told anew
      node.row = row;
      node.noted = noted;
      put(node.name, row.name);
      put(node.classes, row.classes.map((id) => state.classes.get(id)).filter(Boolean).join(", "));
      node.line.dataset.status = row.status;
      let [look, shape] = LOOKS[row.status];
      let text = words.status[row.status];
      if (row.waiting) { text = words.waiting; look = "warn"; }
      if (row.denied) { text = words.denied; look = "bad"; }
      if (row.away) { text += " · " + (row.outside ? words.outside : words.away); look = "warn"; shape = "‖"; }
      if (row.status === "absent" && state.absent.has(row.learner)) text = words.marked;
      if (row.held) { text += " · " + words.held[row.held]; look = "warn"; shape = "‖"; }
      dress(node.status.firstElementChild, text, look, shape);
      const over = row.status === "ended" || row.status === "submitted";
      put(node.status.lastElementChild, over && row.end_reason ? words.end_reason[row.end_reason] : "");
      const marks = [];
      if (!row.assigned) marks.push(row.no_account ? badge(words.no_account, "warn", "◆") : badge(row.guest ? words.guest : words.unlisted, "", "◇"));
      if (row.voided) marks.push(badge(words.void, "bad", "✕"));
      if (row.grading && row.grading !== "scored") marks.push(badge(words.grading[row.grading], "warn", "◔"));
      if (row.number > 1) marks.push(badge(fill(words.attempt_no, { n: row.number }), "", "↻"));
      if (state.noted.has(row.learner)) marks.push(badge(words.noted, "bad", "!"));
      if (row.other_device) marks.push(badge(fill(words.second_device, { device: row.other_device }), "bad", "⇄"));
      if (row.focus_lost) marks.push(badge(fill(words.focus, { n: row.focus_lost }), "warn", "↗"));
      const claim = state.claims.get(row.learner);
      const mine = Boolean(claim && claim.by_id === setup.me);
      if (claim) marks.push(badge(mine ? words.me : fill(words.helps, { name: claim.by }), "accent", "☝"));
      if (node.help.getAttribute("aria-pressed") !== String(mine)) node.help.setAttribute("aria-pressed", String(mine));
      const marked = marks.map((mark) => mark.textContent).join("|");
      if (node.marked !== marked) { node.marked = marked; node.marks.replaceChildren(...marks); }
      const minutes = (seconds) => (seconds < 0 ? "−" : "+") + clockText(Math.abs(seconds) * 1000);
      put(node.given, !row.granted_s ? "" : fill(words.given, { time: minutes(row.granted_s) })
        + (row.accommodation_s ? " (" + fill(words.standing, { time: minutes(row.accommodation_s) }) + ")" : ""));
      put(node.device, row.device || "");
      show(node.why, row.status !== "in_progress" || Boolean(row.held) || row.away);
      const started = row.attempt && row.status !== "joined";
      show(node.progress, Boolean(started));
      if (started) {
        const [bar, count] = node.progress.children;
        dots(node.dots, row);
        bar.max = row.questions || 1;
        bar.value = row.answered;
        put(count, fill(words.progress, { n: row.answered, of: row.questions }) + (row.current ? " · " + fill(words.question, { n: row.current }) : ""));
      }
      show(node.log, Boolean(row.attempt));
    }
    tick(node, row);
    const chosen = state.selected.has(row.learner);
    if (node.box.checked !== chosen) node.box.checked = chosen;
    mark(node.line, "selected", String(chosen));
    node.chosen = chosen;
  }
  /* What is right already is left in peace. */
  function mark(line, name, value) { if (line.dataset[name] !== value) line.dataset[name] = value; }
  /* A dot for each question: full where it is answered, a ring where it is not, marked where the student is. */
  function dots(element, row) {
    const signature = row.dots + "/" + row.current;
    if (element.dataset.shown === signature) return;
    element.dataset.shown = signature;
    element.replaceChildren(...[...(row.dots || "")].map((one, place) => {
      const dot = document.createElement("i");
      dot.className = (one === "1" ? "ap-dot-full" : "") + (row.current === place + 1 ? " ap-dot-here" : "");
      return dot;
    }));
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
    mark(node.line, "connection", link);
    put(node.connection, !link ? "" : fill(words.connection[link], { time: row.last_seen_at ? span(serverNow() - Date.parse(row.last_seen_at)) : "" }));
    put(node.saved, row.last_saved_at ? fill(words.saved, { time: span(serverNow() - Date.parse(row.last_saved_at)) })
      : row.status === "in_progress" ? words.never_saved : "");
  }
  const BUILT_AT_ONCE = 50; // rows: more would hold the page up for longer than somebody notices
  let building = 0;
  let drawn = [];
  function renderRows() {
    const table = byId("monitor-rows");
    const place = (row) => (byName.has(row.learner) ? byName.get(row.learner) : never);
    const shown = inOrder([...state.rows.values()].filter(fits).sort((one, other) => place(one) - place(other)));
    const wanted = [];
    let built = 0;
    for (const row of shown) {
      let node = nodes.get(row.learner);
      const fresh = !node || node.row !== row || node.noted !== noted;
      if (fresh && built === BUILT_AT_ONCE) {
        if (!node) break;
      } else if (fresh || node.chosen !== state.selected.has(row.learner) || onScreen.has(node.line)) {
        if (!node) nodes.set(row.learner, node = build(row));
        built += fresh;
        paint(node, row);
      }
      wanted.push(node.line);
    }
    arrange(table, wanted);
    for (const learner of [...nodes.keys()]) if (!state.rows.has(learner)) nodes.delete(learner);
    window.cancelAnimationFrame(building);
    if (built === BUILT_AT_ONCE) building = window.requestAnimationFrame(() => renderRows());
    return shown;
  }
  /* Touch the document only where the order or the choice of rows changed: rows that stay in place are left in peace. */
  function arrange(table, wanted) {
    if (drawn.length <= wanted.length && drawn.every((line, place) => wanted[place] === line)) {
      if (drawn.length < wanted.length) table.append(...wanted.slice(drawn.length));
    } else {
      const focused = document.activeElement;
      table.replaceChildren(...wanted);
      if (table.contains(focused)) focused.focus({ preventScroll: true });
    }
    for (const line of wanted) if (!watched.has(line)) { watched.add(line); watcher.observe(line); }
    drawn = wanted;
  }
  /* Seconds run only where somebody can see them. */
  const onScreen = new Set();
  const watched = new WeakSet();
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) onScreen[entry.isIntersecting ? "add" : "delete"](entry.target);
  }, { rootMargin: "200px" });

  /* ---- the whole page ---- */
  function render() {
    const age = Date.now() - state.told;
    show(byId("monitor-lost"), state.lost || state.gone);
    put(byId("monitor-lost").firstElementChild, state.gone ? words.refused : fill(words.lost, { time: span(age) }));
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
  function renderTools() {
    const chosen = state.selected.size;
    const target = byId("monitor-target");
    put(target, chosen ? fill(target.dataset.some, { n: chosen }) : target.dataset.all);
    show(byId("monitor-unselect"), chosen > 0);
    const live = state.session.lifecycle === "published" && !state.gone;
    // Offered while somebody may be let back: who waits after a silence, or sits at another device.
    const away = [...state.rows.values()].some((row) => row.away || row.other_device);
    for (const button of actions) {
      const action = button.dataset.action;
      if (action === "admit") show(button, state.session.waiting_room);
      if (action === "let-back") show(button, away);
      if (action === "begin") { button.disabled = !live; continue; }
      let may = live && (chosen > 0 || !("some" in button.dataset));
      if (!chosen && action === "pause") may = live && !state.session.held;
      if (!chosen && action === "resume") may = live && state.session.held;
      button.disabled = !may;
    }
  }
  function renderSaid() {
    show(byId("monitor-said-none"), !state.announcements.length);
    list("monitor-said", state.announcements, (one) => [
      one.text, " · " + new Date(one.at).toLocaleTimeString(locale, { timeStyle: "short" }) + " · " + one.by
        + (one.to_all ? "" : " · " + words.to_some) + " · " + fill(words.delivered, { n: one.delivered })
        + " · " + fill(words.seen, { n: one.seen, of: one.of }) + (one.acknowledge ? " · " + words.confirm : ""),
    ]);
  }
  async function clearTries(one) {
    const answer = await rest("POST", urls.clear_tries, { learner_ids: [one.learner] });
    const good = answer.ok && answer.data.cleared > 0;
    tell(answer.ok ? fill(good ? words.cleared : words.not_cleared, { name: apart(one.name) }) : answer.data.message, good ? "good" : "bad");
    poll();
  }
  async function clearDoor() {
    const answer = await rest("POST", urls.clear_tries, { guests: true });
    tell(answer.ok ? words.door_cleared : answer.data.message, answer.ok ? "good" : "bad");
    poll();
  }
  /* People without an account have no name yet: what comes from their door is one line. */
  function renderDoor() {
    const door = state.door && state.door.wrong ? state.door : null;
    show(byId("monitor-door"), door !== null);
    if (!door) return;
    put(byId("monitor-door-words"), fill(words.door, { n: door.wrong, of: door.networks })
      + (door.locked ? " · " + fill(words.door_locked, { n: door.locked }) : ""));
  }
  function renderTries() {
    renderDoor();
    show(byId("monitor-tries-card"), state.tries.length > 0 || Boolean(state.door && state.door.wrong));
    // By whole minutes since the first of them, so that the list is built again once a minute at most.
    const tries = state.tries.map((one) => ({ ...one, rate: one.wrong / Math.max(1, Math.ceil((serverNow() - Date.parse(one.since)) / 60000)) }));
    put(byId("monitor-tries-rate"), fill(words.tries_rate, { m: tries.reduce((sum, one) => sum + one.rate, 0).toFixed(1),
      n: tries.length, k: tries.filter((one) => one.locked).length }));
    list("monitor-tries", tries, (one) => {
      const clear = document.createElement("button");
      clear.type = "button";
      clear.className = "ap-button ap-button-small";
      clear.textContent = words.clear;
      clear.setAttribute("aria-label", words.clear + ": " + one.name);
      clear.addEventListener("click", () => clearTries(one));
      return [fill(words.tries, { name: apart(one.name), n: one.wrong, m: one.rate.toFixed(1) }), one.locked ? " · " + words.locked + " " : " ", clear];
    });
  }
  function press(label, about, deed) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "ap-button ap-button-small";
    button.textContent = label;
    button.setAttribute("aria-label", label + ": " + about);
    button.addEventListener("click", deed);
    return button;
  }
  const atTime = (moment) => new Date(moment).toLocaleTimeString(locale, { timeStyle: "short" });
  function renderNotes() {
    const mine = (one) => setup.level === "chief" || setup.anybody_s.includes(one.action);
    const open = state.notes.undo.filter((one) => mine(one) && Date.parse(one.until) > serverNow());
    list("monitor-undo", open, (one) => {
      const said = fill(words.undo_what[one.action], { by: apart(one.by), n: one.n, time: atTime(one.at) });
      return [said, " ", press(words.undo, said, () => undo(one.deed))];
    });
    show(byId("monitor-undo"), open.length > 0);
    show(byId("monitor-incidents-none"), !state.notes.incidents.length);
    list("monitor-incidents", state.notes.incidents, (one) => {
      const row = one.learner ? state.rows.get(one.learner) : null;
      const said = (one.learner ? apart(row ? row.name : "#" + one.learner) : words.whole_room) + ": " + setup.kinds[one.category + "/" + one.subcategory];
      return [said, (one.comment ? " · " + one.comment : "") + " · " + atTime(one.at) + " · " + one.by + " ", press(words.withdraw, said, async () => {
        const answer = await rest("POST", urls["withdraw-irregularity"], { irregularity: one.uuid });
        if (!answer.ok) tell(answer.data.message, "bad");
        poll();
      })];
    });
  }
  async function undo(deed) {
    const answer = await rest("POST", urls.undo, { deed, request_id: uuid() });
    if (!answer.ok) tell(answer.data.message, "bad");
    else told(answer.data.rows, words.undone);
    poll();
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
  const actions = document.querySelectorAll("button[data-action]");
  const dialog = byId("monitor-dialog");
  let doing = null;
  const REASONED = new Set(["pause", "resume", "extend", "end", "submit", "reopen", "void", "renew", "move", "deny", "mark-absent"]);
  const OF_LEARNERS = new Set(["mark-absent", "unmark-absent", "irregularities"]);
  const MINUTES = new Set(["extend", "reopen"]);
  /* To whom an action on everybody would apply now, for the sentence that asks. */
  function meant(action) {
    const rows = [...state.rows.values()].filter((row) => row.attempt && !row.voided);
    if (action === "admit") return rows.filter((row) => row.waiting).length;
    if (action === "begin") return rows.filter((row) => row.status === "joined").length;
    if (action === "let-back") return rows.filter((row) => row.away || row.other_device).length;
    if (action === "submit") return rows.filter((row) => row.status === "in_progress" || row.status === "ended").length;
    if (action === "end" || action === "extend") return rows.filter((row) => row.status === "in_progress").length;
    return rows.filter((row) => row.status === "joined" || row.status === "in_progress").length;
  }
  function ask(action, label, danger) {
    const learners = action === "begin" ? [] : [...state.selected];
    const chosen = learners.map((learner) => state.rows.get(learner));
    const attempts = learners.length ? chosen.map((row) => row.attempt).filter(Boolean) : "all";
    const without = OF_LEARNERS.has(action) ? [] : chosen.filter((row) => !row.attempt);
    const sentence = words.actions[action][learners.length > 1 ? "some" : learners.length ? "one" : "all"];
    const name = learners.length ? apart(state.rows.get(learners[0]).name) : "";
    doing = { action, attempts, learners, without, request_id: uuid() };
    put(byId("monitor-dialog-title"), label);
    put(byId("monitor-dialog-question"), fill(sentence, { n: learners.length || meant(action), name, session: apart(setup.session) }));
    show(byId("monitor-minutes-field"), MINUTES.has(action));
    byId("monitor-minutes").min = action === "extend" ? -1440 : 0;
    put(byId("monitor-minutes-help"), words.minutes_help[action] || "");
    show(byId("monitor-target-field"), action === "move");
    show(byId("monitor-kind-field"), action === "irregularities");
    show(byId("monitor-comment-field"), action === "irregularities");
    byId("monitor-comment").value = "";
    byId("monitor-acknowledge").checked = false;
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
    (action === "announce" ? byId("monitor-text") : MINUTES.has(action) ? byId("monitor-minutes")
      : action === "move" ? byId("monitor-target-session") : action === "irregularities" ? byId("monitor-kind") : button).focus();
  }
  byId("monitor-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!OF_LEARNERS.has(doing.action) && doing.attempts !== "all" && !doing.attempts.length) {
      dialog.close();
      report(doing, { rows: [] });
      return;
    }
    const body = { request_id: doing.request_id };
    if (!OF_LEARNERS.has(doing.action)) body.attempts = doing.attempts;
    else body.learner_ids = doing.learners.length ? doing.learners : "session";
    if (REASONED.has(doing.action)) body.reason = byId("monitor-reason").value;
    if (doing.action === "announce") Object.assign(body, { text: byId("monitor-text").value, acknowledge: byId("monitor-acknowledge").checked });
    if (MINUTES.has(doing.action)) body.seconds = Math.round(Number(byId("monitor-minutes").value) * 60);
    if (doing.action === "move") body.target = byId("monitor-target-session").value;
    if (doing.action === "irregularities") {
      [body.category, body.subcategory] = byId("monitor-kind").value.split("/");
      body.comment = byId("monitor-comment").value;
    }
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
    const without = done.without.map((row) => ({ learner: row.learner, done: false, message: words.not_joined }));
    const rows = [...(data.rows || []), ...without];
    const whole = (done.attempts === "all" && ["pause", "resume", "begin"].includes(done.action)) || done.action === "irregularities";
    if (rows.some((row) => !row.done)) { told(rows, words.done); return; }
    if (done.action === "announce" || whole) { tell(whole ? words.done_all : words.announced, "good"); return; }
    const note = tell(rows.length ? fill(words.done, { n: rows.length, of: rows.length }) : words.nobody, rows.length ? "good" : "info");
    if (!data.undo) return;
    const about = byId("monitor-dialog-title").textContent;
    note.insertBefore(press(words.undo, about, () => { note.remove(); undo(data.undo); }), note.lastElementChild);
  }
  /* What was done to whom, and to whom not and why. */
  function told(rows, sentence) {
    const refused = rows.filter((row) => !row.done);
    const title = fill(sentence, { n: rows.length - refused.length, of: rows.length });
    if (!refused.length) { tell(title, "good"); return; }
    const names = new Map([...state.rows.values()].map((row) => [row.attempt, row.name]));
    const named = (row) => (row.learner ? (state.rows.get(row.learner) || {}).name : names.get(row.attempt)) || row.attempt || "#" + row.learner;
    put(byId("monitor-result-title"), title);
    byId("monitor-result-rows").dataset.said = "";
    list("monitor-result-rows", refused, (row) => [named(row), ": " + row.message]);
    byId("monitor-result").showModal();
  }
  const inLocalTime = (text) => withMoments(text, (moment) => new Date(moment).toLocaleTimeString(locale));
  async function openLog(learner) {
    const row = state.rows.get(learner);
    const answer = await rest("GET", urls.log.replace("ATTEMPT", row.attempt));
    if (!answer.ok) { tell(answer.data.message, "bad"); return; }
    put(byId("monitor-log-title"), row.name);
    put(byId("monitor-log-wrong"), "");
    byId("monitor-log-events").dataset.said = byId("monitor-log-ledger").dataset.said = "";
    list("monitor-log-events", answer.data.events, (event) => [
      new Date(event.at).toLocaleTimeString(locale), " " + inLocalTime(event.words),
    ]);
    list("monitor-log-ledger", answer.data.ledger, (entry) => {
      const open = entry.kind !== "duration" && !entry.reversed && !entry.reverses;
      const said = new Date(entry.at).toLocaleTimeString(locale) + " " + inLocalTime(entry.words) + (entry.by ? " · " + entry.by : "");
      return open ? [said, " ", press(words.reverse, inLocalTime(entry.words), () => reverse(entry, learner))] : [said];
    });
    if (!byId("monitor-log").open) byId("monitor-log").showModal();
  }
  async function reverse(entry, learner) {
    const answer = await rest("POST", urls.reverse, { entry: entry.id, request_id: uuid() });
    const refused = answer.ok ? (answer.data.rows || []).find((row) => !row.done) : answer.data;
    await openLog(learner);
    if (refused) put(byId("monitor-log-wrong"), refused.message);
    poll();
  }
  /* Why can't she start? Every gate, and what opens it. */
  async function openWhy(learner) {
    const row = state.rows.get(learner);
    const answer = await rest("GET", urls.why + learner);
    if (!answer.ok) { tell(answer.data.message, "bad"); return; }
    put(byId("monitor-why-title"), fill(words.why, { name: apart(row.name) }));
    byId("monitor-why-gates").dataset.said = "";
    list("monitor-why-gates", answer.data.gates, (gate) => {
      const parts = [(gate.open ? "✓ " : "✕ ") + gate.words, " "];
      const may = words.fix[gate.fix] && (setup.level === "chief" || !setup.chief_only.includes(gate.fix));
      if (may) parts.push(press(words.fix[gate.fix], row.name, () => fix(gate.fix, row)));
      return parts;
    });
    byId("monitor-why").showModal();
  }
  async function fix(deed, row) {
    byId("monitor-why").close();
    if (deed === "clear-tries") return clearTries(row);
    state.selected.clear();
    if (deed !== "resume" || row.held === "student") state.selected.add(row.learner);
    render();
    ask(deed, words.fix[deed], false);
  }

  /* ---- wiring ---- */
  for (const chip of document.querySelectorAll("#monitor-counters [data-status]")) {
    chip.addEventListener("click", () => filter("status", state.filters.status === chip.dataset.status ? "" : chip.dataset.status));
  }
  for (const button of actions) {
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
