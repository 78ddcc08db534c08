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
  };

  const model = {
    state: null, // the server's last word on the attempt, or null: none
    loaded: false,
    busy: "", // what is under way: verify, start, submit
    refusal: "", // the sentence of the last no
    net: "ok", // ok, lost, signed_out
    failures: 0,
    announcements: new Map(), // number -> {number, text, at}: not acknowledged yet
    seen: 0,
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
    try { return new Intl.DateTimeFormat(language, format).format(new Date(iso)); }
    catch (problem) { return new Intl.DateTimeFormat(undefined, format).format(new Date(iso)); }
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
      const revision = entry.revision, body = { values: entry.values, revision };
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
        // Another tab or device saved in the meantime. What was typed last, here, is what counts.
        entry.revision = Math.max(entry.revision, result.data.revision || 0) + 1;
        keep(entry.item, { values: entry.values, revision: entry.revision, written_at: entry.written });
        schedule(entry, 100);
      } else if (result.status === 429 || code === "state_changed" || code === "malformed") again(entry);
      else {
        entry.kind = code === "too_large" ? "too_long" : "refused";
        // Kept on the device: staff may reopen the test.
        if (code !== "too_large" && entry.revision === revision) refresh();
      }
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
    // Short answers leave out what does not change: questions, drafts, ledger.
    model.state = Object.assign({}, before && before.attempt === fresh.attempt ? before : {}, fresh);
    model.loaded = true;
    setClock(fresh);
    if (typeof fresh.seen_announcement === "number") model.seen = Math.max(model.seen, fresh.seen_announcement);
    (fresh.announcements || []).forEach((one) => {
      if (one.number > model.seen && !model.announcements.has(one.number)) model.announcements.set(one.number, one);
    });
    notice(before, model.state);
    follow(before, model.state);
    render();
  }
  function notice(before, after) {
    if (!before || before.attempt !== after.attempt) return;
    if (!before.held && after.held) say(t("paused_heading") + ". " + t("clock_stands"));
    if (before.held && !after.held && after.status === "in_progress") say(t("resumed"));
    if (!before.admitted && after.admitted) say(t("admitted"));
    if (before.ends_at && after.ends_at && !before.held && !after.held && Date.parse(after.ends_at) - Date.parse(before.ends_at) > 5000) say(t("more_time"));
  }
  function follow(before, after) {
    // Also when staff reopened a test whose questions this page has put away, or shows to be read only.
    const gone = !args.questions || args.read_only || !questionsEl || !questionsEl.isConnected;
    if (after.status === "in_progress" && !after.held && gone) return reload();
    if (after.status === "in_progress" && !(before && before.status === "in_progress")) {
      if (drafted.length && !store.entries.size) store.restore(after.drafts || {});
    }
    if (after.status === "ended" && !handing && Date.now() - triedAt > 5000) handIn("ended");
    return undefined;
  }
  // The questions come with the page. A page that comes back without them three times is not asked for a fourth time.
  function reload() {
    const name = "assessprep:reload:" + args.placement;
    let tries = [];
    try { tries = JSON.parse(sessionStorage.getItem(name) || "[]").filter((at) => Date.now() - at < 20000); } catch (problem) { tries = []; }
    if (tries.length >= 3) { model.stuck = true; return; }
    try { sessionStorage.setItem(name, JSON.stringify([...tries, Date.now()])); } catch (problem) { /* then nothing counts */ }
    location.reload();
  }

  // The server knows no student's time zone: where its sentence names a moment, the page says it in its own.
  function inLocalTime(data) {
    if (!data.opens_at || !data.message) return data.message;
    const at = new Date(data.opens_at).toLocaleString(document.documentElement.lang || [], { dateStyle: "full", timeStyle: "short" });
    return data.message.replace(data.opens, at);
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
  const start = () => act("start", () => call("POST", urls.start(), {}));

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
      const result = await call("POST", urls.submit(), {});
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

  async function refresh() {
    const result = await call("GET", model.state ? urls.attempt() : urls.mine());
    if (result.kind === "ok" && result.data) take(result.data);
    else if (result.kind === "refused" && result.status === 404) {
      // Somebody else has signed in in this browser: this attempt is not theirs to see.
      if (model.state) reload();
      else { model.loaded = true; render(); }
    }
    return result.kind;
  }

  // -- the heartbeat ----------------------------------------------------------------------------------------------------
  let beatTimer = 0, beating = false;
  function plan(ms) {
    window.clearTimeout(beatTimer);
    if (model.loaded && !model.state && model.net === "ok") return; // no attempt: nothing to ask about
    if (model.state && model.state.voided) return;
    const receipt = model.state && model.state.receipt;
    if (model.state && model.state.status === "submitted" && !(receipt && receipt.released && !receipt.score)) return;
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
        notice_no: model.state.notice_no, seen_announcement: model.seen, answered: model.state.answered || 0, current_item: model.current,
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
    if (!state) return "code";
    if (state.voided) return "voided";
    if (state.status === "joined") return "card";
    if (state.status === "in_progress") return state.held ? "paused" : args.questions ? "test" : model.stuck ? "stuck" : "loading";
    return state.status; // ended, submitted
  }
  function render() {
    const now = face();
    const signature = [now, model.busy, model.waits, model.state && [model.state.admitted, model.state.held, model.state.hold_reason, JSON.stringify(model.state.receipt), isOpen()]].join("|");
    root.classList.toggle("ap-at-hand-in", Boolean(model.state) && model.state.checking !== "as_you_go");
    root.classList.toggle("ap-read-only", now === "submitted");
    const showing = now === "test" || (now === "submitted" && args.read_only);
    if (questionsEl && questionsEl.isConnected) {
      const appears = questionsEl.hidden && showing;
      questionsEl.hidden = !showing;
      // A question that measured itself while it could not be seen (drag and drop does) found no width: let it measure again.
      if (appears) window.dispatchEvent(new Event("resize"));
      questionsEl.inert = now !== "test" && now !== "submitted";
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
    code: drawCode,
    card: drawCard,
    test: () => [el("p", { role: "status", text: model.waits ? t("submit_waits") : model.busy === "submit" ? t("submitting") : "" })],
    paused: () => [el("div", { class: "ap-card" },
      heading(t("paused_heading")),
      el("p", { class: "ap-wait", text: t(model.state.hold_reason === "student" ? "paused_student" : "paused_session") }),
      el("p", { text: t("paused_kept") }))],
    ended: () => [el("div", { class: "ap-card" },
      heading(t("ended_heading")),
      el("p", { text: t("ended_lead") }),
      el("p", { role: "status", text: model.net === "ok" ? t("submitting") : t("submit_failed") }))],
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
    const digits = (text) => text.replace(/\D/g, "").slice(0, args.code_length);
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
    return [form];
  }
  function drawCard() {
    const state = model.state, open = isOpen();
    const may = state.admitted && !state.held && open && !model.busy;
    const minutes = Math.round(state.duration_s / 60);
    const rules = ["rule_clock", "rule_saved", state.checking === "as_you_go" ? "rule_as_you_go" : null, "rule_submit", "rule_over"];
    const wait = state.held ? t("paused_before") : !open ? "" : !state.admitted ? t("waiting_room") : "";
    return [el("div", { class: "ap-card" },
      el("p", { class: "ap-help", text: t("code_right") }),
      heading(state.assessment),
      el("dl", { class: "ap-facts" },
        ...fact("school", state.organization), ...fact("session", state.session), ...fact("learner", state.learner),
        ...fact("time", state.extra_s
          ? t("minutes_extended", { n: Math.round((state.duration_s + state.extra_s) / 60), from: minutes }) : count("minutes", minutes)),
        ...fact("opens", open ? "" : moment(state.opens_at)), ...fact("closes", state.closes_at ? moment(state.closes_at) : "")),
      heading(t("rules"), 3),
      el("ul", { class: "ap-rules" }, ...rules.filter(Boolean).map((name) => el("li", { text: t(name) }))),
      state.instructions ? heading(t("instructions"), 3) : null,
      state.instructions ? el("p", { class: "ap-instructions", text: state.instructions }) : null,
      wait ? el("p", { class: "ap-wait", role: "status", text: wait }) : null,
      open ? null : el("p", { class: "ap-wait" }, el("span", { class: "ap-opens-in" })),
      refusalBox(),
      el("div", { class: "ap-buttons" }, button(t(model.busy === "start" ? "starting" : "start"), () => { if (may) start(); }, {
        id: "ap-start-" + args.id, class: "ap-button ap-button-main", "aria-disabled": may ? null : "true",
      })))];
  }
  function drawReceipt() {
    const state = model.state, receipt = state.receipt || {};
    const questions = receipt.questions || (state.questions || []).length;
    let score = t("score_hidden");
    if (receipt.score) score = t("score_of", { n: number(receipt.score.earned || 0), of: number(receipt.score.possible) });
    else if (receipt.released) score = t("score_pending");
    const later = state.show_answers && receipt.released && !args.read_only;
    return [el("div", { class: "ap-card" },
      heading(t("submitted_heading")),
      // Who did not press Submit is told why the test is over.
      el("p", { class: "ap-go", text: t("submitted_lead" + (["staff", "clock", "close"].includes(receipt.reason) ? "_" + receipt.reason : "")) }),
      el("dl", { class: "ap-facts" },
        ...fact("assessment", state.assessment), ...fact("session", state.session),
        ...fact("submitted_at", receipt.submitted_at ? moment(receipt.submitted_at) : ""),
        ...fact("answers_in", questions ? t("answered_of", { n: receipt.answered || 0, of: questions }) : ""),
        ...fact("score", score)),
      refusalBox(),
      later ? el("div", { class: "ap-buttons" }, button(t("see_answers"), () => location.reload())) : null)];
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
    bar.submit = button(t("submit"), ask, { class: "ap-button ap-button-main ap-submit" });
    bar.overview = el("div", { class: "ap-overview", hidden: true });
    barEl.append(
      el("div", { class: "ap-time" }, bar.words, bar.clock, bar.hide), bar.answered, bar.saved,
      el("div", { class: "ap-push" }, bar.toggle, bar.submit), bar.overview);
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
    bar.toggle.setAttribute("aria-expanded", String(model.overview && !held));
    bar.overview.hidden = !model.overview || held;
    if (!bar.overview.hidden) drawOverview();
  }
  function drawOverview() {
    const entries = nodes.map((node, place) => {
      const known = answeredNow(node.dataset.item);
      const go = () => { model.overview = false; renderBar(); node.setAttribute("tabindex", "-1"); node.scrollIntoView({ block: "start" }); node.focus({ preventScroll: true }); };
      return { signature: known, make: () => el("li", {}, el("button", { type: "button", class: "ap-button", "data-answered": String(known), onclick: go },
        el("span", { text: t("question_n", { n: place + 1 }) }), el("span", { class: "ap-mark", text: t(known ? "answered" : "not_answered") }))) };
    });
    const ledger = (model.state.ledger || []).filter((one) => one.seconds);
    const signature = JSON.stringify([entries.map((one) => one.signature), ledger]);
    if (bar.overviewDrawn === signature) return;
    bar.overviewDrawn = signature;
    bar.overview.replaceChildren(el("div", {},
      el("ol", { "aria-label": t("overview_heading") }, ...entries.map((one) => one.make())),
      ledger.length > 1 ? el("details", {}, el("summary", { text: t("extra_time") }),
        el("ul", {}, ...ledger.map((one) => el("li", { text: one.words })))) : null));
  }
  const WARN_AT = [600, 300, 60];
  function tick() {
    const opens = screenEl.querySelector(".ap-opens-in");
    if (opens && model.state) {
      put(opens, t("opens_in", { time: length(Date.parse(model.state.opens_at) - serverNow()) }));
      if (isOpen()) { say(t("open_now")); render(); return; }
    }
    const remaining = left();
    if (!inProgress() || remaining === null || !bar.clock) return;
    put(bar.clock, length(remaining));
    barEl.dataset.hurry = String(remaining < 60000);
    if (model.state.held) return;
    const mark = WARN_AT.filter((seconds) => remaining <= seconds * 1000).pop();
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
        el("strong", { text: t("question_n_of", { n: place + 1, of: nodes.length }) }), el("span", { class: "ap-points" })));
      node.append(el("p", { class: "ap-question-state", "data-kind": "idle" }));
    });
  }
  const STATE_WORDS = { dirty: "saving", saving: "saving", saved: "saved", failed: "not_saved", refused: "not_taken", too_long: "too_long" };
  function renderQuestion(item) {
    const node = nodes.find((one) => one.dataset.item === item);
    const line = node && node.querySelector(":scope > .ap-question-state");
    if (!line) return;
    const entry = store.entries.get(item);
    const kind = entry ? entry.kind : "idle";
    const known = model.state && (model.state.questions || []).find((one) => one.item === item);
    if (known) put(node.querySelector(":scope > .ap-question-head > .ap-points"), known.points === 1 ? t("points_one") : t("points_many", { n: number(known.points) }));
    put(line, node.dataset.drafts !== "true" ? (inProgress() ? t("keeps_itself") : "") : STATE_WORDS[kind] ? t(STATE_WORDS[kind]) : "");
    line.dataset.kind = kind === "too_long" ? "refused" : kind;
    if (model.state && model.state.checking !== "as_you_go" && node.dataset.drafts === "true") node.querySelectorAll(".problem .action").forEach((one) => { one.inert = true; });
    if (face() === "submitted") node.querySelectorAll(INPUTS).forEach((one) => { one.disabled = true; });
  }

  // notes: the connection, and what the teacher announced ---------------------------------------------------------------------
  function renderNotes() {
    const wanted = [];
    if (model.net !== "ok" && (model.state || !model.loaded)) wanted.push(["net-" + model.net, drawNet]);
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
      button(t("acknowledge"), () => {
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
    const id = "ap-ask-" + args.id;
    const dialog = el("dialog", { class: "ap-dialog", "aria-labelledby": id });
    const title = heading(t("submit_heading"));
    title.id = id;
    const close = () => { dialog.close(); dialog.remove(); };
    dialog.append(title,
      el("p", { text: open ? count("unanswered", open) : t("submit_all_answered") }),
      el("p", { text: t("submit_final") }),
      el("div", { class: "ap-buttons" },
        button(t("submit_yes"), () => { close(); handIn("learner"); }, { class: "ap-button ap-button-main ap-submit-yes" }),
        button(t("submit_no"), () => { close(); bar.submit.focus(); }, { class: "ap-button ap-submit-no" })));
    dialog.addEventListener("cancel", () => window.setTimeout(() => { dialog.remove(); bar.submit.focus(); }));
    root.append(dialog);
    dialog.showModal();
    dialog.querySelector(".ap-submit-no").focus();
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
    if (document.visibilityState === "hidden") { if (inProgress()) store.flush(true); }
    else if (model.state && model.state.status !== "submitted") plan(Math.random() * 1000);
  });
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
