/* The student's screens: code, card, waiting room, test, pause, end, receipt.
   One object `model`; whatever changes it calls render(). The server's state is fetched on load and never read from the page. */
function AssessPrepXBlock(runtime, element, args) {
  "use strict";
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

  const urls = {
    mine: () => args.api + "me/attempt?placement=" + encodeURIComponent(args.placement),
    verify: () => args.api + "placements/" + encodeURIComponent(args.placement) + "/verify",
    attempt: () => args.api + "attempts/" + model.state.attempt,
    start: () => urls.attempt() + "/start",
    submit: () => urls.attempt() + "/submit",
    beat: () => urls.attempt() + "/beat",
    answer: (item) => urls.attempt() + "/answers/" + encodeURIComponent(item),
    enter: () => args.api + "placements/" + encodeURIComponent(args.placement) + "/enter",
    entry: () => args.api + "placements/" + encodeURIComponent(args.placement) + "/entry",
    forward: () => urls.attempt() + "/forward",
    flags: () => urls.attempt() + "/flags",
    moveHere: () => urls.attempt() + "/move-here",
  };

  const model = {
    state: null, // the server's last word on the attempt, or null: none
    loaded: false,
    busy: "", // what is under way: verify, start, submit
    refusal: "", // the sentence of the last no
    net: "ok", // ok, lost, signed_out
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
    hurried: Infinity, // the smallest warning, in seconds, that was said
    current: "",
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
  const number = (n) => { try { return new Intl.NumberFormat(language, { maximumFractionDigits: 2 }).format(n); } catch (problem) { return String(n); } };

  // -- the server ---------------------------------------------------------------------------------------------------
  // The cookie first: signing in again in another tab changes the token.
  function csrf() {
    const found = document.cookie.split("; ").find((one) => one.startsWith("csrftoken="));
    return found ? decodeURIComponent(found.slice("csrftoken=".length)) : args.csrf;
  }
  /* -> {kind: "ok" | "refused" | "signed_out" | "lost", status, data}. Only JSON of the expected shape counts as the server's
     word: an error page, a proxy or a sign-in page says nothing about the test. */
  async function call(method, url, body, keepalive) {
    const headers = { Accept: "application/json", "X-CSRFToken": csrf() };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const controller = new AbortController();
    const timer = window.setTimeout(() => controller.abort(), 20000);
    let result;
    try {
      const answer = await fetch(url, {
        method, headers, credentials: "same-origin", cache: "no-store", keepalive: Boolean(keepalive), signal: controller.signal,
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      result = await read(answer);
    } catch (problem) {
      result = { kind: "lost", status: 0, data: null };
    } finally {
      window.clearTimeout(timer);
    }
    heard(result.kind);
    return result;
  }
  async function read(answer) {
    const status = answer.status;
    if (status === 204) return { kind: "ok", status, data: null };
    const isJson = (answer.headers.get("Content-Type") || "").includes("application/json");
    const data = isJson ? await answer.json().catch(() => null) : null;
    if (status === 401 || (data && data.code === "signed_out")) return { kind: "signed_out", status, data };
    // A page instead of data: the sign-in page, or the refusal of a stale token.
    if (!data && (status === 403 || answer.redirected)) return { kind: "signed_out", status, data };
    if (!data || typeof data !== "object" || status >= 500) return { kind: "lost", status, data };
    if (answer.ok) return { kind: "ok", status, data };
    return data.code ? { kind: "refused", status, data } : { kind: "lost", status, data };
  }
  function heard(kind) {
    const before = model.net;
    model.net = kind === "lost" || kind === "signed_out" ? kind : "ok";
    model.failures = model.net === "ok" ? 0 : model.failures + 1;
    if (before === model.net) return;
    if (model.net === "ok") { say(t("back")); store.retryAll(); }
    renderNotes();
  }
  // Full jitter: after an outage a whole room does not come back in the same second.
  const pause = (failures) => 1000 + Math.random() * Math.min(60000, 2000 * 2 ** Math.min(failures, 5));

  // -- the clock ----------------------------------------------------------------------------------------------------
  const clock = { left: null, at: 0, wall: 0, offset: 0 };
  function setClock(state) {
    clock.left = state.left_ms;
    clock.at = performance.now();
    clock.wall = Date.now();
    clock.offset = Date.parse(state.server_time) - Date.now();
  }
  function left() {
    if (clock.left === null || clock.left === undefined) return null;
    return model.state && model.state.held ? clock.left : clock.left - (performance.now() - clock.at);
  }
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
  const serverNow = () => Date.now() + clock.offset;

  // -- the answers --------------------------------------------------------------------------------------------------
  const inProgress = () => Boolean(model.state) && model.state.status === "in_progress";
  const nodes = questionsEl ? Array.from(questionsEl.querySelectorAll(".ap-question")) : [];
  const drafted = nodes.filter((node) => node.dataset.drafts === "true");
  const INPUTS = 'input[name^="input_"], select[name^="input_"], textarea[name^="input_"]';
  /* What the question's own form would post. */
  function collect(node) {
    const values = {};
    node.querySelectorAll(INPUTS).forEach((input) => {
      const name = input.name;
      if (input.type === "checkbox" || input.type === "radio") {
        if (!input.checked) return;
        if (name.endsWith("[]")) (values[name] = values[name] || []).push(input.value);
        else values[name] = input.value;
      } else if (input.tagName === "SELECT") {
        // The first entry of a dropdown says "choose one": it is no answer.
        if (input.value && !input.value.endsWith("_dummy_default")) values[name] = input.value;
      } else values[name] = input.value;
    });
    return values;
  }
  const has = (values) => Object.entries(values || {}).some(([name, value]) => !name.includes("_dynamath") && (Array.isArray(value) ? value.length : value.trim()));
  function fill(node, values) {
    let filled = 0;
    node.querySelectorAll(INPUTS).forEach((input) => {
      const value = values[input.name];
      if (value === undefined && input.type !== "checkbox" && input.type !== "radio") return;
      const before = input.type === "checkbox" || input.type === "radio" ? input.checked : input.value;
      if (input.type === "checkbox") input.checked = [].concat(value === undefined ? [] : value).includes(input.value);
      else if (input.type === "radio") input.checked = input.value === value;
      else input.value = value;
      filled += 1;
      const after = input.type === "checkbox" || input.type === "radio" ? input.checked : input.value;
      // Previews of formulas, and the platform's own scripts, hear of it.
      if (before !== after) ["input", "change"].forEach((name) => input.dispatchEvent(new Event(name, { bubbles: true })));
    });
    return filled;
  }

  /* For how long each question was before the student while the clock ran, in seconds. Told with what is sent anyway:
     saved answers and Submit; each time in all, so that what is lost on the way comes with the next. */
  const timed = (function () {
    const ms = new Map(), told = new Map();
    let last = 0;
    /* One by one: the one shown. In a list: the one that is worked in, while it is to be seen; else the one in the middle. */
    function before() {
      if (oneByOne()) return nodes[model.place];
      const height = window.innerHeight, seen = (node) => { const box = node.getBoundingClientRect(); return box.bottom > 0 && box.top < height; };
      const worked = nodes.find((node) => node.contains(document.activeElement));
      if (worked && seen(worked)) return worked;
      return nodes.find((node) => { const box = node.getBoundingClientRect(); return box.top <= height / 2 && box.bottom > height / 2; });
    }
    return {
      start(known) {
        for (const [item, seconds] of Object.entries(known || {})) {
          ms.set(item, Math.max(ms.get(item) || 0, 1000 * seconds));
          told.set(item, Math.max(told.get(item) || 0, seconds));
        }
      },
      count() {
        const now = performance.now(), passed = now - last;
        last = now;
        // A tick that comes late was throttled or asleep: at most two seconds of it are this one's.
        if (document.visibilityState !== "visible" || face() !== "test" || !inProgress()) return;
        const node = before();
        if (node) ms.set(node.dataset.item, (ms.get(node.dataset.item) || 0) + Math.min(passed, 2000));
      },
      /* What grew since it was told, of all questions: {item: seconds}. */
      tell() {
        const grown = {};
        for (const [item, time] of ms) {
          const seconds = Math.round(time / 1000);
          if (seconds > (told.get(item) || 0)) { grown[item] = seconds; told.set(item, seconds); }
        }
        return grown;
      },
      all() { return Object.fromEntries([...ms].map(([item, time]) => [item, Math.round(time / 1000)])); },
    };
  })();

  const store = (function () {
    const entries = new Map(); // item -> entry
    const keyOf = (item) => "assessprep:" + (model.state ? model.state.attempt : "") + ":" + item;
    function keep(item, value) {
      try { if (value) localStorage.setItem(keyOf(item), JSON.stringify(value)); else localStorage.removeItem(keyOf(item)); }
      catch (problem) { /* private browsing, or full: what is on the page is still sent */ }
    }
    function kept(item) {
      try {
        const found = JSON.parse(localStorage.getItem(keyOf(item)) || "null");
        return found && typeof found.revision === "number" && found.values && typeof found.values === "object" ? found : null;
      } catch (problem) { return null; }
    }

    /* Takes the server's drafts, or what this device holds and the server never acknowledged, and fills the questions in. */
    function restore(drafts) {
      drafted.forEach((node) => {
        const item = node.dataset.item, theirs = drafts[item] || null, ours = kept(item);
        const unsent = Boolean(ours) && (!theirs || ours.revision > theirs.revision);
        const values = unsent ? ours.values : theirs ? theirs.values : null;
        const entry = {
          node, item, values, text: null, revision: Math.max(ours ? ours.revision : 0, theirs ? theirs.revision : 0), kind: "idle",
          written: unsent ? ours.written_at : null, waiting: 0, since: 0, sending: null, tries: 0, ready: false,
        };
        entries.set(item, entry);
        if (ours && !unsent) keep(item, null);
        whenDrawn(entry, unsent);
      });
    }
    // The platform draws a question after the page is loaded: wait for its inputs.
    function whenDrawn(entry, unsent) {
      const draw = () => {
        if (!entry.node.querySelector(INPUTS)) return false;
        if (entry.values) fill(entry.node, entry.values);
        entry.text = JSON.stringify(collect(entry.node));
        if (!entry.values) entry.values = JSON.parse(entry.text);
        entry.ready = true;
        entry.kind = unsent ? "dirty" : has(entry.values) && entry.revision ? "saved" : "idle";
        if (unsent) { entry.values = JSON.parse(entry.text); schedule(entry, 0); }
        renderQuestion(entry.item);
        renderBar();
        return true;
      };
      if (draw()) return;
      const watch = new MutationObserver(() => { if (draw()) watch.disconnect(); });
      watch.observe(entry.node, { childList: true, subtree: true });
    }
    function look(entry) {
      if (!entry.ready || !inProgress() || !entry.node.querySelector(INPUTS)) return;
      const values = collect(entry.node), text = JSON.stringify(values);
      if (text === entry.text) return;
      entry.text = text;
      entry.values = values;
      entry.revision += 1;
      entry.written = new Date(serverNow()).toISOString();
      entry.kind = "dirty";
      keep(entry.item, { values, revision: entry.revision, written_at: entry.written });
      model.current = entry.item;
      schedule(entry, 900);
      renderQuestion(entry.item);
      renderBar();
    }
    function schedule(entry, wait) {
      const now = performance.now();
      if (!entry.since) entry.since = now;
      // However long somebody types without a stop, it is sent within three seconds.
      const due = Math.max(0, Math.min(wait, entry.since + 2400 - now));
      window.clearTimeout(entry.waiting);
      entry.waiting = window.setTimeout(() => send(entry), due);
    }
    function send(entry, keepalive) {
      if (entry.sending && !keepalive) return entry.sending;
      window.clearTimeout(entry.waiting);
      entry.since = 0;
      const revision = entry.revision, body = { values: entry.values, revision, spent: timed.tell() };
      if (entry.written) body.written_at = entry.written;
      entry.kind = "saving";
      renderQuestion(entry.item);
      const under = call("PUT", urls.answer(entry.item), body, keepalive).then((result) => {
        if (entry.sending === under) entry.sending = null;
        settle(entry, revision, result);
      });
      entry.sending = under;
      return under;
    }
    function settle(entry, revision, result) {
      if (result.kind === "ok" && result.data) {
        entry.tries = 0;
        if (model.state) model.state.answered = result.data.answered;
        if (entry.revision === revision) { entry.kind = "saved"; keep(entry.item, null); }
        else schedule(entry, 300);
      } else if (result.kind === "refused") refused(entry, revision, result);
      else again(entry);
      renderQuestion(entry.item);
      renderBar();
    }
    function refused(entry, revision, result) {
      const code = result.data.code;
      if (code === "stale_draft") {
        // Another tab or device saved in the meantime. What was typed last counts, by the clocks of those who typed.
        entry.revision = Math.max(entry.revision, result.data.revision || 0);
        if (later(result.data, entry)) { adopt(entry, result.data.values); return; }
        entry.revision += 1;
        keep(entry.item, { values: entry.values, revision: entry.revision, written_at: entry.written });
        schedule(entry, 100);
      } else if (result.status === 429 || code === "state_changed" || code === "malformed") again(entry);
      else {
        entry.kind = code === "too_large" ? "too_long" : "refused";
        if (code === "question_left") keep(entry.item, null);
        // Kept on the device: staff may reopen the test.
        if (code !== "too_large" && entry.revision === revision) refresh();
      }
    }
    const later = (theirs, ours) => Boolean(theirs.values && theirs.written_at && ours.written) && Date.parse(theirs.written_at) > Date.parse(ours.written);
    /* Takes what another device saved later, and says so. */
    function adopt(entry, values) {
      keep(entry.item, null);
      fill(entry.node, values);
      entry.text = JSON.stringify(collect(entry.node));
      entry.values = JSON.parse(entry.text);
      entry.kind = "elsewhere";
    }
    function again(entry) {
      entry.kind = "failed";
      entry.tries += 1;
      window.clearTimeout(entry.waiting);
      entry.waiting = window.setTimeout(() => send(entry), pause(entry.tries));
    }
    const open = () => Array.from(entries.values()).filter((entry) => ["dirty", "saving", "failed"].includes(entry.kind));

    return {
      entries,
      restore,
      scan: () => entries.forEach(look),
      lookAt: (item) => { const entry = entries.get(item); if (entry) look(entry); },
      open,
      retryAll: () => open().forEach((entry) => { if (entry.kind === "failed") { entry.tries = 0; schedule(entry, Math.random() * 1500); } }),
      /* Sends everything that is not acknowledged; resolves to whether all of it is now. */
      async flush(keepalive) {
        entries.forEach(look);
        await Promise.all(open().map((entry) => send(entry, keepalive)));
        // What was typed while a save was under way goes out once more.
        await Promise.all(open().filter((entry) => entry.kind === "dirty").map((entry) => send(entry, keepalive)));
        return open().length === 0;
      },
    };
  })();
  function answeredNow(item) {
    const entry = store.entries.get(item);
    if (entry && entry.ready) return has(entry.values);
    const known = (model.state.questions || []).find((one) => one.item === item);
    return Boolean(known && known.answered);
  }

  // -- taking in a state ----------------------------------------------------------------------------------------------
  function take(fresh) {
    const before = model.state;
    if (before && before.attempt !== fresh.attempt) { model.another = false; model.agreed = false; }
    // Short answers leave out what does not change: questions, drafts, ledger.
    model.state = Object.assign({}, before && before.attempt === fresh.attempt ? before : {}, fresh);
    model.loaded = true;
    setClock(fresh);
    if (typeof fresh.seen_announcement === "number") model.seen = Math.max(model.seen, fresh.seen_announcement);
    if (!before || before.attempt !== fresh.attempt) adoptMarks(fresh);
    (fresh.announcements || []).forEach((one) => {
      model.heard = Math.max(model.heard, one.number);
      if (one.number > model.seen && !model.announcements.has(one.number)) model.announcements.set(one.number, one);
    });
    notice(before, model.state);
    tellTime(before, fresh);
    follow(before, model.state);
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

  /* Whether a code has to be typed, and why the test cannot be started. Without an answer the code is asked for. */
  async function askEntry() {
    const result = await call("GET", urls.entry());
    if (result.kind === "ok" && result.data && Array.isArray(result.data.gates)) model.entry = result.data;
    return result.kind;
  }
  async function refresh() {
    const result = await call("GET", model.state ? urls.attempt() : urls.mine());
    if (result.kind === "ok" && result.data) take(result.data);
    else if (result.kind === "refused" && result.status === 404) {
      // Somebody else has signed in in this browser: this attempt is not theirs to see.
      if (model.state) reload();
      else { model.loaded = true; await askEntry(); render(); }
    }
    return result.kind;
  }

  // -- the heartbeat ----------------------------------------------------------------------------------------------------
  let beatTimer = 0, beating = false;
  function plan(ms) {
    window.clearTimeout(beatTimer);
    // No attempt: nothing to ask about, but when a session opens that asks for no code.
    if (model.loaded && !model.state && model.net === "ok" && (!model.entry || model.entry.code_needed)) return;
    if (model.state && model.state.voided) return;
    const receipt = model.state && model.state.receipt;
    if (model.state && model.state.status === "submitted" && !(receipt && receipt.released && receipt.shows_score !== false && !receipt.score)) return;
    const wait = ms !== undefined ? ms : model.net !== "ok" ? pause(model.failures) : (model.state && model.state.next_poll_ms) || 20000;
    beatTimer = window.setTimeout(beat, wait);
  }
  async function beat() {
    if (beating) return;
    beating = true;
    const zero = inProgress() && !model.state.held && left() !== null && left() <= 0;
    if (!model.state || ["ended", "submitted"].includes(model.state.status)) await refresh();
    else {
      const result = await call("POST", urls.beat(), {
        notice_no: model.state.notice_no, seen_announcement: model.seen, heard_announcement: model.heard, focus_lost: model.away,
        at_zero: zero, token: model.state.token,
      });
      if (result.kind === "ok" && result.data) take(result.data);
      else if (result.kind === "refused") await refresh();
    }
    beating = false;
    plan(zero && model.net === "ok" && inProgress() ? 1500 : undefined);
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
    const signature = [now, model.busy, model.waits, entryMark(), model.agreed, model.state && [model.state.admitted, model.state.held, model.state.begun, model.state.elsewhere && model.state.elsewhere.policy, model.state.hold_reason, JSON.stringify([model.state.receipt, model.state.results]), isOpen()]].join("|");
    root.classList.toggle("ap-at-hand-in", Boolean(model.state) && model.state.checking !== "as_you_go");
    root.classList.toggle("ap-read-only", now === "submitted");
    root.classList.toggle("ap-reviewing", now === "submitted" && !args.reveals);
    const showing = now === "test" || (now === "submitted" && args.read_only);
    if (questionsEl && questionsEl.isConnected) {
      const appears = questionsEl.hidden && showing;
      questionsEl.hidden = !showing;
      // A question that measured itself while it could not be seen (drag and drop does) found no width: let it measure again.
      if (appears) window.dispatchEvent(new Event("resize"));
      questionsEl.inert = now !== "test" && now !== "submitted";
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
  const heading = (text, level) => el("h" + (level || 2), { class: "ap-heading", text });
  const refusalBox = () => el("p", { class: "ap-refusal", role: "alert" });
  const fact = (name, value) => (value ? [el("dt", { text: t(name) }), el("dd", { text: value })] : []);
  const isOpen = () => !model.state || !model.state.opens_at || Date.parse(model.state.opens_at) <= serverNow();

  const faces = {
    loading: () => [el("p", { text: t("loading") })],
    stuck: () => [button(t("open_questions"), () => location.reload(), { class: "ap-button ap-button-main" })],
    voided: () => [heading(t("voided_heading")), el("p", { text: t("voided_lead") })],
    code: () => (model.entry && !model.entry.code_needed ? drawEnter() : drawCode()),
    card: drawCard,
    test: () => [el("p", { role: "status", text: model.waits ? t("submit_waits") : model.busy === "submit" ? t("submitting") : "" })],
    paused: () => [el("div", { class: "ap-card" },
      heading(t("paused_heading")),
      el("p", { class: "ap-wait", text: t(model.state.hold_reason === "student" ? "paused_student" : "paused_session") }),
      el("p", { text: t("paused_kept") }))],
    waits: () => [el("div", { class: "ap-card" },
      heading(t("waits_heading")),
      el("p", { class: "ap-wait", role: "status", text: t("waits_lead") }),
      el("p", { text: t("waits_kept") }))],
    elsewhere: drawElsewhere,
    ended: () => (model.state.must_submit ? drawMustSubmit() : [el("div", { class: "ap-card" },
      heading(t("ended_heading")),
      el("p", { text: t("ended_lead") }),
      el("p", { role: "status", text: model.net === "ok" ? t("submitting") : t("submit_failed") }))]),
    submitted: drawReceipt,
  };
  function drawCode() {
    const id = "ap-code-" + args.id;
    const input = el("input", {
      id, class: "ap-code", name: "code", type: "text", inputmode: "numeric", autocomplete: "one-time-code", maxlength: args.code_length,
      "aria-describedby": id + "-help " + id + "-no", spellcheck: "false", readonly: model.busy === "verify",
    });
    const before = screenEl.querySelector(".ap-code");
    input.value = before ? before.value : "";
    // Digits of any script: keyboards have their own, and the server reads them all.
    const digits = (text) => text.replace(/\P{Nd}/gu, "").slice(0, args.code_length);
    input.addEventListener("input", () => { const clean = digits(input.value); if (clean !== input.value) input.value = clean; });
    input.addEventListener("paste", (event) => {
      // "12 34" is a code of four digits, and the field's limit would cut it.
      event.preventDefault();
      input.value = digits((event.clipboardData || window.clipboardData).getData("text"));
    });
    const no = refusalBox();
    no.id = id + "-no";
    const form = el("form", { class: "ap-card", novalidate: true },
      heading(args.title || t("code_heading")),
      el("p", { class: "ap-lead", text: t("code_lead") }),
      el("div", { class: "ap-field" },
        el("label", { for: id, text: t("code_label") }),
        input,
        el("p", { id: id + "-help", class: "ap-help", text: t("code_help", { n: args.code_length }) })),
      no,
      el("div", { class: "ap-buttons" }, el("button", {
        id: id + "-go", type: "submit", class: "ap-button ap-button-main", "aria-disabled": model.busy === "verify" ? "true" : null,
        text: t(model.busy === "verify" ? "verifying" : "verify"),
      })));
    form.addEventListener("submit", (event) => { event.preventDefault(); if (!model.busy) verify(input.value); });
    return [form, drawWhy()];
  }
  /* A session that asks for no code. */
  function drawEnter() {
    const closed = model.entry.gates.find((one) => !one.ok);
    const may = !closed && !model.busy;
    return [el("div", { class: "ap-card" },
      heading(args.title || t("card_heading")),
      closed ? el("p", { class: "ap-wait", text: closed.words }) : el("p", { class: "ap-lead", text: t("enter_lead") }),
      refusalBox(),
      el("div", { class: "ap-buttons" }, button(t(model.busy === "verify" ? "entering" : "enter"), () => { if (may) enter(); }, {
        id: "ap-enter-" + args.id, class: "ap-button ap-button-main", "aria-disabled": may ? null : "true",
      }))), drawWhy()];
  }
  /* "Why can't I start?": every gate up to the first closed one, in polite words; asked anew each time it is opened. */
  function drawWhy() {
    const list = el("ul", { class: "ap-gates" });
    const why = el("details", { class: "ap-why" }, el("summary", { text: t("why") }), list);
    const show = () => list.replaceChildren(...((model.entry && model.entry.gates) || []).map((gate) => el("li", { "data-ok": String(gate.ok) },
      el("span", { class: "ap-gate-mark", text: t(gate.ok ? "gate_open" : "gate_closed") }), " ", gate.words)));
    why.addEventListener("toggle", async () => {
      if (!why.open) return;
      list.replaceChildren(el("li", { text: t("loading") }));
      if (await askEntry() === "ok") show();
      else list.replaceChildren(el("li", { text: t("not_now") }));
    });
    return why;
  }
  function drawCard() {
    const state = model.state, open = isOpen();
    const ready = state.admitted && !state.held && open && state.begun && !model.busy;
    const may = ready && (!state.honesty || model.agreed);
    const minutes = Math.round(state.duration_s / 60);
    const over = state.must_submit ? "rule_must_submit" : "rule_over";
    const one = { one: "rule_one", forward: "rule_forward" }[state.navigation];
    const rules = ["rule_clock", "rule_saved", one, state.checking === "as_you_go" ? "rule_as_you_go" : null, "rule_submit", over,
      state.focus === "record" ? "rule_focus" : null];
    const wait = state.held ? t("paused_before") : !open ? "" : !state.admitted ? t("waiting_room") : !state.begun ? t("not_begun") : "";
    const texts = [["instructions", state.instructions], ["tools", state.tools]].filter(([, text]) => text);
    return [el("div", { class: "ap-card" },
      el("p", { class: "ap-help", text: t("code_right") }),
      heading(state.assessment),
      el("dl", { class: "ap-facts" },
        ...fact("school", state.organization), ...fact("session", state.session), ...fact("learner", args.learner),
        ...fact("time", state.extra_s
          ? t("minutes_extended", { n: Math.round((state.duration_s + state.extra_s) / 60), from: minutes }) : count("minutes", minutes)),
        ...fact("questions", args.n_questions ? number(args.n_questions) : ""),
        ...fact("opens", open ? "" : moment(state.opens_at)), ...fact("closes", state.closes_at ? moment(state.closes_at) : "")),
      heading(t("rules"), 3),
      el("ul", { class: "ap-rules" }, ...rules.filter(Boolean).map((name) => el("li", { text: t(name) }))),
      ...texts.flatMap(([name, text]) => [heading(t(name), 3), el("p", { class: "ap-instructions", text })]),
      state.honesty ? drawHonesty(state.honesty) : null,
      wait ? el("p", { class: "ap-wait", role: "status", text: wait }) : null,
      open ? null : el("p", { class: "ap-wait" }, el("span", { class: "ap-opens-in" })),
      refusalBox(),
      el("div", { class: "ap-buttons" }, button(t(model.busy === "start" ? "starting" : "start"), () => {
        if (may) start();
        else if (ready) { model.refusal = t("agree_first"); render(); document.getElementById("ap-agree-" + args.id).focus(); }
      }, { id: "ap-start-" + args.id, class: "ap-button ap-button-main", "aria-disabled": may ? null : "true" }))), drawWhy()];
  }
  function drawHonesty(text) {
    const id = "ap-agree-" + args.id;
    const box = el("input", { id, type: "checkbox", checked: model.agreed, onchange: () => { model.agreed = box.checked; model.refusal = ""; render(); } });
    return el("div", { class: "ap-honesty" }, heading(t("honesty"), 3), el("p", { class: "ap-instructions", text }),
      el("label", { class: "ap-check", for: id }, box, el("span", { text: t("agree") })));
  }
  /* The test runs on another device, and the session's settings mind. */
  function drawElsewhere() {
    const { device, policy } = model.state.elsewhere;
    const may = policy === "move" && !model.busy;
    return [el("div", { class: "ap-card" },
      heading(t("elsewhere_heading")),
      el("p", { class: "ap-wait", role: "status", text: device ? t("elsewhere_on", { device }) : t("elsewhere_somewhere") }),
      el("p", { text: t(policy === "move" ? "elsewhere_move" : "elsewhere_refuse") }),
      refusalBox(),
      policy === "move" ? el("div", { class: "ap-buttons" }, button(t("move_here"), () => { if (may) moveHere(); }, {
        id: "ap-move-" + args.id, class: "ap-button ap-button-main", "aria-disabled": may ? null : "true",
      })) : null)];
  }
  /* The time is over and the student has to press Submit in the grace. */
  function drawMustSubmit() {
    const until = model.state.submit_until, late = !until || Date.parse(until) <= serverNow();
    return [el("div", { class: "ap-card" },
      heading(t("ended_heading")),
      el("p", { class: "ap-wait", role: "status" }, late ? t("grace_over") : t("must_submit_lead"), late ? null : " ", late ? null : el("strong", { class: "ap-submit-in" })),
      refusalBox(),
      late ? null : el("div", { class: "ap-buttons" }, button(t(model.busy === "submit" ? "submitting" : "submit"), () => handIn("ended"), {
        id: "ap-late-" + args.id, class: "ap-button ap-button-main", "aria-disabled": model.busy === "submit" ? "true" : null,
      })))];
  }
  function drawReceipt() {
    const state = model.state, receipt = state.receipt || {};
    const questions = receipt.questions || (state.questions || []).length;
    let score = t("score_hidden");
    if (receipt.release === "never") score = t("score_never");
    else if (!receipt.released && receipt.released_on) score = t("score_on_date", { date: moment(receipt.released_on) });
    else if (receipt.released && receipt.shows_score === false) score = t("score_without");
    else if (receipt.score) score = t("score_of", { n: number(receipt.score.earned || 0), of: number(receipt.score.possible) });
    else if (receipt.released) score = t("score_pending");
    const later = state.review && receipt.released && !args.read_only;
    return [el("div", { class: "ap-card" },
      heading(t("submitted_heading")),
      // Who did not press Submit is told why the test is over.
      el("p", { class: "ap-go", text: t("submitted_lead" + (["staff", "clock", "close"].includes(receipt.reason) ? "_" + receipt.reason : "")) }),
      el("dl", { class: "ap-facts" },
        ...fact("assessment", state.assessment), ...fact("session", state.session),
        ...fact("submitted_at", receipt.submitted_at ? moment(receipt.submitted_at) : ""),
        ...fact("submitted_how", receipt.reason ? t("how_" + (["staff", "clock", "close"].includes(receipt.reason) ? receipt.reason : "learner")) : ""),
        ...fact("receipt_no", (state.attempt || "").slice(0, 8)),
        ...fact("answers_in", questions ? t("answered_of", { n: receipt.answered || 0, of: questions }) : ""),
        ...fact("score", score)),
      refusalBox(),
      ...drawResults(state.results || []),
      button(t("another_code"), () => { model.another = true; render(); screenEl.focus(); }, { class: "ap-button ap-bar-small" }),
      later ? el("div", { class: "ap-buttons" }, button(t("see_answers"), () => location.reload())) : null)];
  }

  // Points of each question, with the grader's words. One's own text is read as it was written.
  function drawResults(results) {
    if (!results.length) return [];
    return [heading(t("results_heading"), 3), el("ol", { class: "ap-results" }, ...results.map((one) => el("li", {},
      el("p", {}, el("bdi", { class: "ap-result-title", text: one.title }), ": ",
        el("strong", { text: one.earned === null ? t("result_waiting") : t("score_of", { n: number(one.earned), of: number(one.possible) }) })),
      one.dropped || one.corrected ? el("p", { class: "ap-result-comment", text: t(one.dropped ? "result_" + one.dropped : "result_corrected") }) : null,
      (one.rubric || []).some((line) => line.points !== null && line.points !== undefined) ? el("ul", {}, ...one.rubric.map((line) =>
        el("li", {}, el("bdi", { text: line.title }), ": " + t("score_of", { n: number(line.points || 0), of: number(line.possible) })))) : null,
      one.comment ? el("p", { class: "ap-result-comment" }, el("strong", { text: t("result_comment") + ": " }), el("span", { dir: "auto", text: one.comment })) : null,
      one.text ? el("details", {}, el("summary", { text: t("result_text") }), el("p", { class: "ap-result-text", dir: "auto", text: one.text })) : null)))];
  }

  // the bar ---------------------------------------------------------------------------------------------------------------
  const bar = {};
  let timeHidden = false;
  try { timeHidden = sessionStorage.getItem("assessprep:time-hidden") === "yes"; } catch (problem) { timeHidden = false; }
  function buildBar() {
    bar.words = el("span", { class: "ap-time-words", text: t("time_left") });
    bar.clock = el("span", { class: "ap-clock", role: "timer", "aria-live": "off" });
    bar.hide = button("", () => {
      timeHidden = !timeHidden;
      try { sessionStorage.setItem("assessprep:time-hidden", timeHidden ? "yes" : "no"); } catch (problem) { /* then not remembered */ }
      renderBar();
    }, { class: "ap-button ap-bar-small" });
    bar.answered = el("span", { class: "ap-answered" });
    bar.saved = el("span", { class: "ap-saved" });
    bar.toggle = button(t("overview"), () => { model.overview = !model.overview; renderBar(); }, { class: "ap-button", "aria-expanded": "false" });
    bar.read = button(t("read_again"), readAgain, { class: "ap-button ap-extra" });
    bar.tool = el("a", { class: "ap-button ap-extra", target: "_blank", rel: "noopener noreferrer", text: t("tool_link") });
    bar.submit = button(t("submit"), ask, { class: "ap-button ap-button-main ap-submit" });
    bar.overview = el("div", { class: "ap-overview", hidden: true });
    barEl.append(
      el("div", { class: "ap-time" }, bar.words, bar.clock, bar.hide), bar.answered, bar.saved,
      el("div", { class: "ap-push" }, bar.tool, bar.read, bar.toggle, bar.submit), bar.overview);
  }
  function renderBar() {
    const now = face();
    barEl.hidden = !(now === "test" || now === "paused");
    if (barEl.hidden) return;
    if (!bar.clock) buildBar();
    const all = nodes.length || (model.state.questions || []).length;
    const done = nodes.length ? nodes.filter((node) => answeredNow(node.dataset.item)).length : model.state.answered;
    put(bar.answered, t("answered_of", { n: done, of: all }));
    put(bar.hide, t(timeHidden ? "show_time" : "hide_time"));
    bar.clock.hidden = timeHidden;
    bar.words.hidden = timeHidden;
    const open = store.open();
    const failed = open.some((entry) => entry.kind === "failed");
    put(bar.saved, failed ? t("not_saved") : open.length ? t("saving") : store.entries.size && done ? t("all_saved") : "");
    bar.saved.dataset.kind = failed ? "failed" : "";
    const held = now === "paused";
    bar.submit.disabled = held || model.busy === "submit";
    bar.toggle.hidden = held;
    bar.read.hidden = held || !(model.state.instructions || model.state.tools);
    bar.tool.hidden = held || !/^https:\/\//.test(model.state.tool_link || "");
    if (!bar.tool.hidden) bar.tool.href = model.state.tool_link;
    bar.toggle.setAttribute("aria-expanded", String(model.overview && !held));
    bar.overview.hidden = !model.overview || held;
    if (!bar.overview.hidden) drawOverview();
  }
  /* The instructions and the tools, once more. */
  function readAgain() {
    const parts = [["instructions", model.state.instructions], ["tools", model.state.tools]].filter(([, text]) => text);
    openDialog(t("read_again"), parts.flatMap(([name, text]) => [heading(t(name), 3), el("p", { class: "ap-instructions", text })]),
      (close) => [button(t("close"), close, { class: "ap-button ap-button-main" })], bar.read);
  }
  function goTo(place) {
    model.overview = false;
    const node = nodes[place];
    if (oneByOne()) show(place);
    renderBar();
    node.setAttribute("tabindex", "-1");
    node.scrollIntoView({ block: "start" });
    node.focus({ preventScroll: true });
  }
  function drawOverview() {
    const entries = nodes.map((node, place) => {
      const known = answeredNow(node.dataset.item), flagged = model.flagged.has(node.dataset.item), left = place < passed();
      const ahead = model.state.navigation === "forward" && place > model.place;
      const marks = [t(known ? "answered" : "not_answered"), flagged ? t("flagged") : "", left ? t("question_is_left") : ""].filter(Boolean);
      return { signature: [known, flagged, left, ahead], make: () => el("li", {}, el("button", {
        type: "button", class: "ap-button", "data-answered": String(known), "data-flagged": String(flagged), disabled: left || ahead,
        onclick: () => goTo(place) }, el("span", { text: t("question_n", { n: place + 1 }) }), el("span", { class: "ap-mark", text: marks.join(" · ") }))) };
    });
    const ledger = (model.state.ledger || []).filter((one) => one.seconds);
    const signature = JSON.stringify([entries.map((one) => one.signature), ledger]);
    if (bar.overviewDrawn === signature) return;
    bar.overviewDrawn = signature;
    bar.overview.replaceChildren(el("div", {},
      // Where the bar has no room for them, they stand here.
      el("div", { class: "ap-extras" }, bar.read.hidden ? null : button(t("read_again"), readAgain),
        bar.tool.hidden ? null : el("a", { class: "ap-button", href: bar.tool.href, target: "_blank", rel: "noopener noreferrer", text: t("tool_link") })),
      el("ol", { "aria-label": t("overview_heading") }, ...entries.map((one) => one.make())),
      ledger.length > 1 ? el("details", {}, el("summary", { text: t("extra_time") }),
        el("ul", {}, ...ledger.map((one) => el("li", { text: inWords(one.words) })))) : null));
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
    if (remaining <= 0 && !beating && !handing) { window.clearTimeout(beatTimer); if (!tick.asked || Date.now() - tick.asked > 1500) { tick.asked = Date.now(); beat(); } }
    // A laptop that slept, or a clock that was set: ask instead of guessing.
    if (Math.abs(Date.now() - clock.wall - (performance.now() - clock.at)) > 3000) { clock.wall = Date.now() - (performance.now() - clock.at); refresh(); }
  }

  // a question's own line ---------------------------------------------------------------------------------------------------
  function dress() {
    nodes.forEach((node, place) => {
      node.setAttribute("role", "group");
      node.setAttribute("aria-label", t("question_n_of", { n: place + 1, of: nodes.length }));
      node.prepend(el("p", { class: "ap-question-head" },
        el("strong", { text: t("question_n_of", { n: place + 1, of: nodes.length }) }), el("span", { class: "ap-points" }),
        button(t("flag"), () => flag(node.dataset.item), { class: "ap-button ap-bar-small ap-flag", "aria-pressed": "false" })));
      node.append(el("p", { class: "ap-question-state", "data-kind": "idle" }));
    });
  }
  /* "I want to look at this again": on the page at once, and with the server as soon as it listens. */
  function flag(item) {
    if (!model.flagged.delete(item)) model.flagged.add(item);
    renderQuestion(item);
    renderBar();
    sendFlags();
  }
  let flagsWait = 0;
  function sendFlags(failures) {
    window.clearTimeout(flagsWait);
    flagsWait = window.setTimeout(async () => {
      const result = await call("PUT", urls.flags(), { items: Array.from(model.flagged) });
      if (result.kind !== "ok" && result.kind !== "refused") sendFlags((failures || 0) + 1);
    }, failures ? pause(failures) : 600);
  }
  // one question at a time ------------------------------------------------------------------------------------------------------
  const oneByOne = () => Boolean(model.state) && ["one", "forward"].includes(model.state.navigation) && nodes.length > 1;
  const passed = () => (model.state && model.state.navigation === "forward" ? Math.max(model.state.passed || 0, model.place) : 0);
  const stepEl = el("nav", { class: "ap-step", hidden: true });
  const step = {};
  function buildStep() {
    step.back = button(t("previous"), () => goTo(model.place - 1), { class: "ap-button ap-previous" });
    step.where = el("span", { class: "ap-where" });
    step.next = button(t("next"), next, { class: "ap-button ap-button-main ap-next" });
    stepEl.setAttribute("aria-label", t("overview_heading"));
    stepEl.append(step.back, step.where, step.next);
    questionsEl.append(stepEl);
  }
  function next() {
    if (model.state.navigation !== "forward") { goTo(model.place + 1); return; }
    const ask = answeredNow(nodes[model.place].dataset.item) ? "forward_answered" : "forward_unanswered";
    openDialog(t("forward_heading"), [el("p", { text: t(ask) }), el("p", { text: t("forward_final") })], (close) => [
      button(t("forward_yes"), () => { close(); leave(); }, { class: "ap-button ap-button-main ap-forward-yes" }),
      button(t("forward_no"), close, { class: "ap-button" })], step.next);
  }
  /* On to the next question for good. The server hears of it once what was typed has reached it, so that nothing is cut off. */
  function leave() {
    store.scan();
    goTo(model.place + 1);
    tellPassed(0);
  }
  let telling = 0;
  async function tellPassed(failures) {
    const mine = (telling += 1);
    const saved = await store.flush();
    if (mine !== telling) return;
    const result = saved ? await call("POST", urls.forward(), { passed: model.place }) : { kind: "lost" };
    if (result.kind === "ok" && result.data) { model.state.passed = result.data.passed; renderPlace(); }
    else if (result.kind !== "refused" && inProgress()) { await sleep(pause(failures)); if (mine === telling) tellPassed(failures + 1); }
  }
  function show(place) {
    model.place = Math.max(0, Math.min(place, nodes.length - 1));
    model.current = nodes[model.place].dataset.item;
    try { sessionStorage.setItem(placeName(), String(model.place)); } catch (problem) { /* then the first one comes back */ }
    renderPlace();
  }
  /* Shows the one question that is to be seen, with the texts that stand before it. */
  function renderPlace() {
    if (!questionsEl || !nodes.length) return;
    const single = oneByOne() && face() === "test";
    if (!step.next) buildStep();
    model.place = Math.min(model.place, nodes.length - 1);
    let place = 0;
    Array.from(questionsEl.children).forEach((child) => {
      if (child === stepEl) return;
      const mine = nodes.indexOf(child);
      child.classList.toggle("ap-not-now", single && (mine === -1 ? place : mine) !== model.place);
      if (mine !== -1) place = mine + 1;
    });
    stepEl.hidden = !single;
    if (!single) return;
    step.back.hidden = model.state.navigation === "forward";
    step.back.disabled = model.place === 0;
    step.next.disabled = model.place === nodes.length - 1;
    put(step.where, t("question_n_of", { n: model.place + 1, of: nodes.length }));
    window.dispatchEvent(new Event("resize"));
  }

  const STATE_WORDS = { elsewhere: "saved_elsewhere", dirty: "saving", saving: "saving", saved: "saved", failed: "not_saved", refused: "not_taken", too_long: "too_long" };
  function renderQuestion(item) {
    const node = nodes.find((one) => one.dataset.item === item);
    const line = node && node.querySelector(":scope > .ap-question-state");
    if (!line) return;
    const entry = store.entries.get(item);
    const kind = entry ? entry.kind : "idle";
    const known = model.state && (model.state.questions || []).find((one) => one.item === item);
    if (known) put(node.querySelector(":scope > .ap-question-head > .ap-points"), known.points === 1 ? t("points_one") : t("points_many", { n: number(known.points) }));
    put(line, node.dataset.drafts !== "true" ? (inProgress() ? t("keeps_itself") : "") : STATE_WORDS[kind] ? t(STATE_WORDS[kind]) : "");
    const mark = node.querySelector(":scope > .ap-question-head > .ap-flag");
    mark.hidden = !inProgress();
    mark.setAttribute("aria-pressed", String(model.flagged.has(item)));
    put(mark, t(model.flagged.has(item) ? "unflag" : "flag"));
    line.dataset.kind = kind === "too_long" ? "refused" : kind;
    if (model.state && model.state.checking !== "as_you_go" && node.dataset.drafts === "true") node.querySelectorAll(".problem .action").forEach((one) => { one.inert = true; });
    if (face() === "submitted") node.querySelectorAll(INPUTS).forEach((one) => { one.disabled = true; });
  }

  // notes: the connection, and what the teacher announced ---------------------------------------------------------------------
  function renderNotes() {
    const wanted = [];
    if (model.net !== "ok" && (model.state || !model.loaded)) wanted.push(["net-" + model.net, drawNet]);
    const too = inProgress() && model.state.elsewhere && model.state.elsewhere.policy === "allow" ? model.state.elsewhere.device : null;
    if (too !== null) wanted.push(["too-" + too, () => el("div", { class: "ap-note", role: "status" }, el("p", { text: t("elsewhere_too", { device: too }) }))]);
    // Time that was given is of no use to somebody who has handed in.
    if (inProgress()) model.given.forEach((words, place) => wanted.push(["given-" + place, () => el("div", { class: "ap-note", role: "status" },
      el("p", {}, el("bdi", { text: words })), button(t("close"), () => { model.given.delete(place); renderNotes(); }))]));
    model.announcements.forEach((one) => wanted.push(["said-" + one.number, () => drawAnnouncement(one)]));
    const keys = wanted.map(([key]) => key);
    Array.from(notesEl.children).forEach((node) => { if (!keys.includes(node.dataset.key)) node.remove(); });
    wanted.forEach(([key, draw]) => {
      if (notesEl.querySelector('[data-key="' + key + '"]')) return;
      const node = draw();
      node.dataset.key = key;
      notesEl.append(node);
    });
  }
  function drawNet() {
    const out = model.net === "signed_out";
    return el("div", { class: "ap-note ap-note-bad", role: "alert" }, el("p", { text: t(out ? "signed_out" : "lost") }),
      out ? el("a", { class: "ap-button", href: args.sign_in, target: "_blank", rel: "noopener", text: t("sign_in") }) : null);
  }
  function drawAnnouncement(one) {
    return el("div", { class: "ap-note", role: "status" },
      el("p", {}, el("strong", { text: t("announcement") }), el("bdi", { text: one.text })),
      button(t(one.acknowledge ? "acknowledge" : "close"), () => {
        model.announcements.delete(one.number);
        if (!model.announcements.size || Math.min(...model.announcements.keys()) > one.number) model.seen = Math.max(model.seen, one.number);
        renderNotes();
        plan(500);
      }));
  }

  // the one Submit --------------------------------------------------------------------------------------------------------------
  function ask() {
    store.scan();
    const open = nodes.filter((node) => !answeredNow(node.dataset.item)).length;
    const marked = nodes.filter((node) => model.flagged.has(node.dataset.item)).length;
    openDialog(t("submit_heading"), [
      el("p", { text: open ? count("unanswered", open) : t("submit_all_answered") }),
      marked ? el("p", { text: count("still_flagged", marked) }) : null,
      el("p", { text: t("submit_final") })], (close) => [
      button(t("submit_yes"), () => { close(); handIn("learner"); }, { class: "ap-button ap-button-main ap-submit-yes" }),
      button(t("submit_no"), close, { class: "ap-button ap-submit-no" })], bar.submit);
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
    const itemOf = (event) => { const node = event.target.closest && event.target.closest(".ap-question"); return node ? node : null; };
    ["input", "change", "focusout"].forEach((name) => questionsEl.addEventListener(name, (event) => {
      const node = itemOf(event);
      if (node) store.lookAt(node.dataset.item);
    }));
    questionsEl.addEventListener("focusin", (event) => { const node = itemOf(event); if (node) model.current = node.dataset.item; });
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
    else { watch.back(); if (model.state && model.state.status !== "submitted") plan(Math.random() * 1000); }
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
