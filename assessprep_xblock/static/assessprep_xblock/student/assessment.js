/* The student's screens: code, card, waiting room, test, pause, end, receipt.
   One object `model`; whatever changes it calls render(). The server's state is fetched on load and never read from the page. */
function AssessPrepXBlock(runtime, element, args) {
  "use strict";
  const PARTS = ["connection", "answers", "screens", "working"];
  // The LMS loads the scripts of a block in no promised order.
  const here = window.AssessPrepParts || {};
  if (!PARTS.every((name) => here[name])) { window.setTimeout(() => AssessPrepXBlock(runtime, element, args), 50); return; }
  const host = element.jquery ? element[0] : element;
  const root = host.classList.contains("ap-student") ? host : host.querySelector(".ap-student");
  if (!root || root.dataset.ready || !args) return;
  root.dataset.ready = "true";

  const part = (name) => root.querySelector(".ap-" + name);
  const screenEl = part("screen"), barEl = part("bar"), notesEl = part("notes"), saidEl = part("said");
  const questionsEl = part("questions");
  const LEAD = "assessprep:lead:" + args.placement;
  const strings = {};
  root.querySelectorAll("[data-string]").forEach((one) => { strings[one.dataset.string] = one.textContent; });
  root.querySelector(".ap-strings").remove(); // or searching the page would find every sentence there is
  const t = (name, facts) => (strings[name] || name).replace(/\{(\w+)\}/g, (_, key) => (facts && key in facts ? facts[key] : ""));
  const count = (name, n) => (n === 1 ? t(name + "_one") : t(name + "_many", { n }));

  const model = {
    state: null, // the server's last word on the attempt, or null: none
    loaded: false,
    busy: "", // what is under way: verify, start, submit
    refusal: "", // the sentence of the last no
    net: "ok", // ok, lost, failed, signed_out
    failures: 0,
    given: new Map(), // place in the ledger -> words: time given or taken back, not put away yet
    announcements: new Map(), // number -> {number, text, at}: not acknowledged yet
    seen: 0,
    heard: 0, // the newest announcement that reached this page
    entry: null, // what stands between the student and the test: {code_needed, gates}
    another: false, // whether the code of another session is to be typed
    agreed: false, // to the honesty statement
    place: 0, // which question is shown, where they are shown one at a time
    flagged: new Set(), // items to look at again
    away: 0, // how often the page was left
    overview: false,
    over: false, // whether the time is over by this page's clock: nothing more is typed
    hurried: Infinity, // the smallest warning, in seconds, that was said
  };

  // -- small helpers ------------------------------------------------------------------------------------------------
  function el(tag, properties, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties || {})) {
      if (value === undefined || value === null || value === false) continue;
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (name === "text") made.textContent = value;
      else made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
    return made;
  }
  const button = (text, onclick, properties) => el("button", { type: "button", class: "ap-button", text, onclick, ...properties });
  // A change of an unchanged text would be read out again.
  const put = (node, text) => { if (node && node.textContent !== text) node.textContent = text; };
  const say = (text) => { saidEl.textContent = ""; window.setTimeout(() => { saidEl.textContent = text; }, 50); };
  const sleep = (ms) => new Promise((done) => window.setTimeout(done, ms));
  const language = document.documentElement.lang || undefined;
  function moment(iso) {
    const format = { dateStyle: "medium", timeStyle: "short" };
    const zone = model.state && model.state.time_zone;
    if (zone) format.timeZone = zone;
    // Told in a zone that is not this device's, it names the zone.
    const named = zone && zone !== Intl.DateTimeFormat().resolvedOptions().timeZone ? " (" + zone + ")" : "";
    try { return new Intl.DateTimeFormat(language, format).format(new Date(iso)) + named; }
    catch (problem) { return new Intl.DateTimeFormat(undefined, format).format(new Date(iso)) + named; }
  }
  function length(ms) {
    const seconds = Math.max(0, Math.ceil(ms / 1000));
    const hours = Math.floor(seconds / 3600), minutes = Math.floor((seconds % 3600) / 60);
    if (hours >= 48) return t("days_hours", { d: Math.floor(hours / 24), h: hours % 24 });
    const two = (n) => String(n).padStart(2, "0");
    return hours ? hours + ":" + two(minutes) + ":" + two(seconds % 60) : minutes + ":" + two(seconds % 60);
  }
  const heading = (text, level) => el("h" + (level || 2), { class: "ap-heading", text });
  const inProgress = () => Boolean(model.state) && model.state.status === "in_progress";
  const number = (n) => { try { return new Intl.NumberFormat(language, { maximumFractionDigits: 2 }).format(n); } catch (problem) { return String(n); } };

  /* The student looked at another window: counted once for each time, and told with the next heartbeat. */
  const watch = {
    away: false,
    leave() {
      if (watch.away || face() !== "test" || model.state.focus !== "record") return;
      watch.away = true;
      model.away += 1;
      plan(1000);
    },
    back() { watch.away = false; },
  };

  // -- the parts ------------------------------------------------------------------------------------------------------
  /* What one part needs of another it asks the page for when it needs it: their order means nothing. */
  const page = {
    args, screenEl, barEl, notesEl, questionsEl, model,
    t, count, el, button, put, say, sleep, moment, number, heading, openDialog, inProgress, take, inWords, reload, verify, handIn, face, render,
  };
  PARTS.forEach((name) => Object.assign(page, window.AssessPrepParts[name](page)));
  const {
    urls, call, heard, pause, clock, setClock, left, serverNow, refresh, plan, beatAtZero,
    nodes, drafted, timed, store, isOpen, faces, renderNotes, bar, renderBar, dress, renderPlace, renderQuestion, shut,
  } = page;

  // -- taking in a state ----------------------------------------------------------------------------------------------
  function take(fresh) {
    const before = model.state, known = before && before.session_id === fresh.session_id ? before.notice_no : 0;
    // An answer that was overtaken on its way, may be that of Start or Submit; and one that knows of news and does not tell them.
    if (before && before.attempt === fresh.attempt && fresh.notice_no < known) { window.setTimeout(refresh, 1000); return; }
    if (before && !fresh.announcements && fresh.notice_no > known) window.setTimeout(refresh);
    if (before && before.attempt !== fresh.attempt) { model.another = false; model.agreed = false; }
    // Short answers leave out what does not change: questions, drafts, ledger.
    model.state = Object.assign({}, before && before.attempt === fresh.attempt ? before : {}, fresh);
    model.loaded = true;
    setClock(fresh);
    if (before && fresh.session_id && before.session_id !== fresh.session_id) {
      // Somewhere else announcements are numbered anew.
      model.seen = model.heard = 0;
      model.announcements.clear();
    }
    if (typeof fresh.seen_announcement === "number") model.seen = Math.max(model.seen, fresh.seen_announcement);
    if (!before || before.attempt !== fresh.attempt) adoptMarks(fresh);
    (fresh.announcements || []).forEach((one) => {
      model.heard = Math.max(model.heard, one.number);
      if (one.number > model.seen && !model.announcements.has(one.number)) model.announcements.set(one.number, one);
    });
    notice(before, model.state);
    tellTime(before, fresh);
    follow(before, model.state);
    if (fresh.drafts && inProgress()) store.reconcile(fresh.drafts);
    render();
  }
  /* What the server remembers of how this student works: marks, the place, how often the page was left. */
  function adoptMarks(fresh) {
    timed.start(fresh.spent);
    model.flagged = new Set(fresh.flagged || []);
    model.away = Math.max(model.away, fresh.focus_lost || 0);
    if (fresh.navigation === "forward") model.place = Math.max(model.place, fresh.passed || 0);
    else if (!model.place) model.place = remembered();
  }
  const placeName = () => "assessprep:place:" + (model.state ? model.state.attempt : "");
  function remembered() {
    try { return Math.max(0, parseInt(sessionStorage.getItem(placeName()) || "0", 10) || 0); } catch (problem) { return 0; }
  }
  function notice(before, after) {
    if (!before || before.attempt !== after.attempt) return;
    if (!before.held && after.held) say(t("paused_heading") + ". " + t("clock_stands"));
    if (before.held && !after.held && after.status === "in_progress") say(t("resumed"));
    if (!before.admitted && after.admitted) say(t("admitted"));
    if (!before.begun && after.begun) say(t("begun_now"));
    if (before.waits && !after.waits && after.status === "in_progress") say(t("let_back"));
    if (before.ends_at && after.ends_at && !before.held && !after.held && before.granted_s === after.granted_s && Date.parse(after.ends_at) - Date.parse(before.ends_at) > 5000) say(t("more_time"));
  }
  /* Time given or taken back, in the words of the ledger: it is asked for only where it changed. */
  function tellTime(before, fresh) {
    if (!before || before.attempt !== fresh.attempt) return;
    if (!fresh.ledger) { if (fresh.granted_s !== before.granted_s) refresh(); return; }
    if (!before.ledger) return;
    fresh.ledger.forEach((one, place) => {
      const told = !one.whole_session && (one.kind === "grant" || one.kind === "outage" || one.reverses);
      if (place >= before.ledger.length && told) model.given.set(place, inWords(one.words));
    });
  }
  // Moments in the words of the ledger are ISO 8601 UTC.
  function inWords(text) {
    const format = { timeStyle: "short" };
    if (model.state.time_zone) format.timeZone = model.state.time_zone;
    return text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (iso) => {
      try { return new Intl.DateTimeFormat(language, format).format(new Date(iso)); }
      catch (problem) { return moment(iso); }
    });
  }
  function follow(before, after) {
    // Also when staff reopened a test whose questions this page has put away, or shows to be read only.
    const gone = !args.questions || args.read_only || !questionsEl || !questionsEl.isConnected;
    const barred = after.held || after.waits || barredHere(after);
    if (after.status === "in_progress" && !barred && gone) return reload();
    if (after.status === "in_progress" && !(before && before.status === "in_progress")) {
      if (drafted.length && !store.entries.size) store.restore(after.drafts || {});
    }
    // Who has to submit does it by hand; what was typed in time is sent all the same.
    if (after.status === "ended" && after.must_submit) { if (store.open().length) store.flush(); }
    else if (after.status === "ended" && !handing && Date.now() - triedAt > 5000) handIn("ended");
    return undefined;
  }
  const barredHere = (state) => Boolean(state.elsewhere) && state.elsewhere.policy !== "allow";
  // The questions come with the page. A page that comes back without them three times is not asked for a fourth time.
  function reload() {
    const name = "assessprep:reload:" + args.placement;
    let tries = [];
    try { tries = JSON.parse(sessionStorage.getItem(name) || "[]").filter((at) => Date.now() - at < 20000); } catch (problem) { tries = []; }
    if (tries.length >= 3) { model.stuck = true; return; }
    try { sessionStorage.setItem(name, JSON.stringify([...tries, Date.now()])); sessionStorage.setItem(LEAD, "1"); } catch (problem) { /* then nothing counts */ }
    location.reload();
  }
  // The clock runs: whoever pressed Start with the keyboard does not go through the platform's menu again to get to a question.
  function lead() {
    let asked = null;
    try { asked = sessionStorage.getItem(LEAD); sessionStorage.removeItem(LEAD); } catch (problem) { return; }
    const first = asked && questionsEl.querySelector(".ap-question:not([hidden])");
    if (first) { first.tabIndex = -1; first.focus(); }
  }

  // The server knows no student's time zone: where its sentence names a moment, the page says it in its own.
  function inLocalTime(data) {
    if (!data.opens_at || !data.message) return data.message;
    return data.message.replace(data.opens, moment(data.opens_at));
  }

  // -- what the student does ------------------------------------------------------------------------------------------
  async function act(name, work) {
    if (model.busy) return;
    model.busy = name;
    model.refusal = "";
    render();
    const result = await work();
    model.busy = "";
    if (result.kind === "ok" && result.data) take(result.data);
    else if (result.kind === "refused") { model.refusal = inLocalTime(result.data) || t("not_now"); await look(result.data.code); }
    else model.refusal = result.kind === "signed_out" ? t("signed_out") : t("not_now");
    render();
    plan();
  }
  // A no of the attempt's state means that this page is behind.
  async function look(code) {
    if (model.state && !["code_wrong", "too_many_tries"].includes(code)) await refresh();
  }
  function verify(code) {
    if (!code) { model.refusal = t("code_empty", { n: args.code_length }); render(); return; }
    act("verify", () => call("POST", urls.verify(), { code })).then(() => { if (model.state) screenEl.focus(); });
  }
  const enter = () => act("verify", () => call("POST", urls.enter(), {})).then(() => { if (model.state) screenEl.focus(); });
  const start = () => act("start", () => call("POST", urls.start(), { agreed: model.agreed }));
  const moveHere = () => act("move", () => call("POST", urls.moveHere(), {}));

  let handing = false, triedAt = 0;
  async function handIn(reason) {
    if (handing) return;
    handing = true;
    triedAt = Date.now();
    model.busy = "submit";
    render();
    for (let failures = 0; ; failures += 1) {
      const saved = await store.flush();
      // When answering has ended nothing more is taken after the grace: what is saved is what there is.
      if (!saved && reason === "learner" && failures < 20) { model.waits = true; render(); await sleep(Math.min(pause(failures), 8000)); continue; }
      model.waits = false;
      const result = await call("POST", urls.submit(), { spent: timed.all() });
      if (result.kind === "ok" && result.data) { finish(result.data); return; }
      if (result.kind === "refused" && result.status !== 429) { unhand(); model.refusal = result.data.message; await refresh(); return; }
      render();
      await sleep(pause(failures));
    }
  }
  function unhand() { handing = false; model.busy = ""; model.waits = false; }
  function finish(state) {
    unhand();
    if (questionsEl) questionsEl.remove();
    take(state);
    screenEl.focus();
    plan();
  }

  // -- drawing ------------------------------------------------------------------------------------------------------------
  let drawn = "";
  function face() {
    if (!model.loaded) return "loading";
    const state = model.state;
    if (!state || model.another) return "code";
    if (state.voided) return "voided";
    if (state.status === "joined") return "card";
    if (state.status === "in_progress" && barredHere(state)) return "elsewhere";
    if (state.status === "in_progress" && state.waits && !state.held) return "waits";
    if (state.status === "in_progress") return state.held ? "paused" : args.questions ? "test" : model.stuck ? "stuck" : "loading";
    return state.status; // ended, submitted
  }
  // What the way in looks like without an attempt; with one, "why" is asked anew and drawn in its own place.
  const entryMark = () => (model.state || !model.entry ? "" : [model.entry.code_needed, !model.entry.code_needed && model.entry.gates.map((one) => one.words)].join("|"));
  function render() {
    const now = face();
    const signature = [now, model.busy, model.waits, entryMark(), model.agreed, model.state && [model.state.admitted, model.state.denied, model.state.held, model.state.begun, model.state.outside, model.state.elsewhere && model.state.elsewhere.policy, model.state.hold_reason, JSON.stringify([model.state.receipt, model.state.results || [], store.left()]), isOpen()]].join("|");
    root.classList.toggle("ap-at-hand-in", Boolean(model.state) && model.state.checking !== "as_you_go");
    root.classList.toggle("ap-read-only", now === "submitted");
    root.classList.toggle("ap-reviewing", now === "submitted" && !args.reveals);
    const showing = now === "test" || (now === "submitted" && args.read_only);
    if (questionsEl && questionsEl.isConnected) {
      const appears = questionsEl.hidden && showing;
      questionsEl.hidden = !showing;
      // A question that measured itself while it could not be seen (drag and drop does) found no width: let it measure again.
      if (appears) window.dispatchEvent(new Event("resize"));
      questionsEl.inert = model.over || !["test", "submitted"].includes(now);
      if (appears && now === "test") lead();
    }
    if (signature !== drawn) {
      drawn = signature;
      // Drawing anew would lose the focus: give it back to the same control.
      const had = screenEl.contains(document.activeElement) ? document.activeElement.id : "";
      screenEl.replaceChildren(...(faces[now] || faces.loading)());
      screenEl.hidden = now === "test" && !model.waits && model.busy !== "submit";
      const again = had && document.getElementById(had);
      if (again && !again.disabled) again.focus();
    }
    put(screenEl.querySelector(".ap-refusal"), model.refusal);
    const code = screenEl.querySelector(".ap-code");
    if (code) code.setAttribute("aria-invalid", model.refusal ? "true" : "false");
    nodes.forEach((node) => renderQuestion(node.dataset.item));
    renderPlace();
    renderBar();
    renderNotes();
    tick();
  }

  function tick() {
    timed.count();
    const opens = screenEl.querySelector(".ap-opens-in");
    if (opens && model.state) {
      put(opens, t("opens_in", { time: length(Date.parse(model.state.opens_at) - serverNow()) }));
      if (isOpen()) { say(t("open_now")); render(); return; }
    }
    const submitIn = screenEl.querySelector(".ap-submit-in");
    if (submitIn && model.state) {
      const wait = Date.parse(model.state.submit_until) - serverNow();
      put(submitIn, t("submit_in", { time: length(wait) }));
      if (wait <= 0) { drawn = ""; render(); return; }
    }
    const remaining = left();
    shut(inProgress() && !model.state.held && remaining !== null && remaining <= 0);
    if (!inProgress() || remaining === null || !bar.clock) return;
    put(bar.clock, length(remaining));
    barEl.dataset.hurry = String(remaining < 60000);
    if (model.state.held) return;
    const mark = (model.state.warn_at_s || []).filter((seconds) => remaining <= seconds * 1000).pop();
    if (mark !== undefined && mark < model.hurried) {
      // On a page that was opened late the mark is passed already; it is said once all the same.
      model.hurried = mark;
      if (remaining > 0) say(t("time_left_said", { time: length(remaining) }));
    }
    if (remaining <= 0 && !handing) beatAtZero();
    // A laptop that slept, or a clock that was set: ask instead of guessing.
    if (Math.abs(Date.now() - clock.wall - (performance.now() - clock.at)) > 3000) { clock.wall = Date.now() - (performance.now() - clock.at); refresh(); }
  }

  /* A question to the student; `buttons(close)` makes its buttons, and the focus goes back to where it came from. The last
     button, which changes nothing, has the focus first. */
  function openDialog(words, content, buttons, from) {
    const id = "ap-ask-" + args.id;
    const dialog = el("dialog", { class: "ap-dialog", "aria-labelledby": id });
    const title = heading(words);
    title.id = id;
    const away = () => { dialog.remove(); if (from && from.isConnected) from.focus(); };
    const close = () => { dialog.close(); away(); };
    dialog.append(title, ...content.filter(Boolean), el("div", { class: "ap-buttons" }, ...buttons(close)));
    dialog.addEventListener("cancel", () => window.setTimeout(away));
    root.append(dialog);
    dialog.showModal();
    dialog.querySelector(".ap-buttons .ap-button:last-child").focus();
  }

  // -- listening ------------------------------------------------------------------------------------------------------------------
  if (questionsEl) {
    const itemOf = (event) => (event.target.closest ? event.target.closest(".ap-question") : null);
    ["input", "change", "focusout"].forEach((name) => questionsEl.addEventListener(name, (event) => {
      const node = itemOf(event);
      if (node) store.lookAt(node.dataset.item);
    }));
    // Enter in a text field would press the question's own, hidden, Submit.
    questionsEl.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.tagName === "INPUT" && event.target.type === "text" && root.classList.contains("ap-at-hand-in")) event.preventDefault();
    }, true);
    // A question that keeps its own state: the server counts it when the platform has scored it.
    let later = 0;
    ["pointerup", "keyup"].forEach((name) => questionsEl.addEventListener(name, (event) => {
      const node = itemOf(event);
      if (!node || node.dataset.drafts === "true" || !inProgress()) return;
      window.clearTimeout(later);
      later = window.setTimeout(refresh, 3000);
    }));
    // Some inputs (images, embedded tools) change without any event.
    window.setInterval(store.scan, 1500);
  }
  window.setInterval(tick, 500);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") { watch.leave(); if (inProgress()) store.flush(true); }
    else { watch.back(); if (model.state) plan(Math.random() * 1000); }
  });
  // Another window in front: counted once a second has passed, for frames of this page take the focus as well.
  window.addEventListener("blur", () => window.setTimeout(() => { if (!document.hasFocus()) watch.leave(); }, 1000));
  window.addEventListener("focus", watch.back);
  window.addEventListener("pagehide", () => { if (inProgress()) store.flush(true); });
  window.addEventListener("online", () => { store.retryAll(); plan(Math.random() * 1000); });
  window.addEventListener("offline", () => heard("lost"));
  window.addEventListener("beforeunload", (event) => {
    if (inProgress() && model.net !== "ok" && store.open().length) { event.preventDefault(); event.returnValue = ""; }
  });

  Object.assign(page, { placeName, enter, start, moveHere });
  dress();
  render();
  (async function load() {
    for (;;) {
      const kind = await refresh();
      if (kind === "ok" || kind === "refused") break;
      await sleep(pause(model.failures));
    }
    plan();
  })();
}
