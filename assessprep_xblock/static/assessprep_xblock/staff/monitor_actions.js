/* Part of the Monitor (monitor.js): what is done to students and to the room, what came of it, the log of one student, and why she cannot start. */
window.AssessPrepMonitorParts = window.AssessPrepMonitorParts || {};
window.AssessPrepMonitorParts.actions = function (room) {
  "use strict";
  const { byId, setup, words, urls, rest, tell, uuid, state } = room;
  const { fill, apart, locale, put, show, withMoments } = window.assessprepWords;

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
    if (OF_LEARNERS.has(doing.action)) body.learner_ids = doing.learners.length ? doing.learners : "session";
    else if (doing.action !== "begin") body.attempts = doing.attempts;
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
    room.poll();
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
    note.insertBefore(room.press(words.undo, about, () => { note.remove(); room.undo(data.undo); }), note.lastElementChild);
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
    room.list("monitor-result-rows", refused, (row) => [named(row), ": " + row.message]);
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
    room.list("monitor-log-events", answer.data.events, (event) => [
      new Date(event.at).toLocaleTimeString(locale), " " + inLocalTime(event.words),
    ]);
    room.list("monitor-log-ledger", answer.data.ledger, (entry) => {
      const open = entry.kind !== "duration" && !entry.reversed && !entry.reverses;
      const said = new Date(entry.at).toLocaleTimeString(locale) + " " + inLocalTime(entry.words) + (entry.by ? " · " + entry.by : "");
      return open ? [said, " ", room.press(words.reverse, inLocalTime(entry.words), () => reverse(entry, learner))] : [said];
    });
    if (!byId("monitor-log").open) byId("monitor-log").showModal();
  }
  async function reverse(entry, learner) {
    const answer = await rest("POST", urls.reverse, { entry: entry.id, request_id: uuid() });
    const refused = answer.ok ? (answer.data.rows || []).find((row) => !row.done) : answer.data;
    await openLog(learner);
    if (refused) put(byId("monitor-log-wrong"), refused.message);
    room.poll();
  }
  /* Why can't she start? Every gate, and what opens it. */
  async function openWhy(learner) {
    const row = state.rows.get(learner);
    const answer = await rest("GET", urls.why + learner);
    if (!answer.ok) { tell(answer.data.message, "bad"); return; }
    put(byId("monitor-why-title"), fill(words.why, { name: apart(row.name) }));
    byId("monitor-why-gates").dataset.said = "";
    room.list("monitor-why-gates", answer.data.gates, (gate) => {
      const parts = [(gate.open ? "✓ " : "✕ ") + gate.words, " "];
      const may = words.fix[gate.fix] && (setup.level === "chief" || !setup.chief_only.includes(gate.fix));
      if (may) parts.push(room.press(words.fix[gate.fix], row.name, () => fix(gate.fix, row)));
      return parts;
    });
    byId("monitor-why").showModal();
  }
  async function fix(deed, row) {
    byId("monitor-why").close();
    if (deed === "clear-tries") return room.clearTries(row);
    state.selected.clear();
    if (deed !== "resume" || row.held === "student") state.selected.add(row.learner);
    room.render();
    ask(deed, words.fix[deed], false);
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

  return { ask, told, openLog, openWhy, renderTools };
};
