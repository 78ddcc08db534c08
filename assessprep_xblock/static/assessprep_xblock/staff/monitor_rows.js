/* Part of the Monitor (monitor.js): the rows of the table. Each is built once and updated cell by cell, so that a thousand of them stay smooth. */
window.AssessPrepMonitorParts = window.AssessPrepMonitorParts || {};
window.AssessPrepMonitorParts.rows = function (room) {
  "use strict";
  const { byId, setup, words, urls, rest, tell, state, never, serverNow, span } = room;
  const { fill, put, show, stopwatch } = window.assessprepWords;

  const clockText = (ms) => stopwatch(Math.max(0, Math.ceil(ms / 1000)));

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
      room.render();
    });
    node.log.setAttribute("aria-label", node.log.textContent + ": " + row.name);
    node.log.addEventListener("click", () => room.openLog(row.learner));
    node.why.setAttribute("aria-label", fill(words.why, { name: row.name }));
    node.why.addEventListener("click", () => room.openWhy(row.learner));
    node.help.setAttribute("aria-label", node.help.textContent + ": " + row.name);
    node.help.addEventListener("click", async () => {
      const mine = state.claims.get(row.learner);
      const answer = await rest("POST", urls[mine && mine.by_id === setup.me ? "release-claim" : "claim"], { learner_ids: [row.learner] });
      if (!answer.ok) tell(answer.data.message, "bad");
      room.poll();
    });
    return node;
  }
  function paint(node, row) {
    if (node.row !== row || node.noted !== state.notesCame) { // only what the server told anew
      node.row = row;
      node.noted = state.notesCame;
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
      const ms = room.left(row);
      time = ms > 0 ? (row.held ? "‖ " : "") + clockText(ms) : words.over;
      node.line.classList.toggle("ap-soon", ms > 0 && ms < 120000);
    }
    put(node.left, time);
    const link = room.connection(row);
    mark(node.line, "connection", link);
    put(node.connection, !link ? "" : fill(words.connection[link], { time: row.last_seen_at ? span(serverNow() - Date.parse(row.last_seen_at)) : "" }));
    put(node.saved, row.last_saved_at ? fill(words.saved, { time: span(serverNow() - Date.parse(row.last_saved_at)) })
      : row.status === "in_progress" ? words.never_saved : "");
  }
  const nodes = new Map(); // learner id -> its <tr> and cells
  const BUILT_AT_ONCE = 50; // rows: more would hold the page up for longer than somebody notices
  let building = 0;
  let drawn = [];
  function renderRows() {
    const table = byId("monitor-rows");
    const place = (row) => (state.byName.has(row.learner) ? state.byName.get(row.learner) : never);
    const shown = room.inOrder([...state.rows.values()].filter(room.fits).sort((one, other) => place(one) - place(other)));
    const wanted = [];
    let built = 0;
    for (const row of shown) {
      let node = nodes.get(row.learner);
      const fresh = !node || node.row !== row || node.noted !== state.notesCame;
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

  return { renderRows };
};
