/* Part of the student's page (assessment.js): the server. What it is asked, what its answers mean, its clock, the heartbeat. */
window.AssessPrepParts = window.AssessPrepParts || {};
window.AssessPrepParts.connection = function (page) {
  "use strict";
  const { args, t, model, say, inProgress } = page;

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
  // -- the server ---------------------------------------------------------------------------------------------------
  // The cookie first: signing in again in another tab changes the token.
  function csrf() {
    const found = document.cookie.split("; ").find((one) => one.startsWith("csrftoken="));
    return found ? decodeURIComponent(found.slice("csrftoken=".length)) : args.csrf;
  }
  /* -> {kind: "ok" | "refused" | "signed_out" | "failed" | "lost", status, data}; failed: an error of the server's, and no
     connection to be looked after. Only JSON of the expected shape counts as the server's word: an error page, a proxy or a
     sign-in page says nothing about the test. */
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
    if (status >= 500) return { kind: "failed", status, data };
    // Somebody on the way answers in the server's place: a network that wants its users to sign in, for one.
    if (!data || typeof data !== "object") return { kind: "lost", status, data };
    if (answer.ok) return { kind: "ok", status, data };
    return data.code ? { kind: "refused", status, data } : { kind: "lost", status, data };
  }
  function heard(kind) {
    const before = model.net;
    model.net = ["lost", "failed", "signed_out"].includes(kind) ? kind : "ok";
    model.failures = model.net === "ok" ? 0 : model.failures + 1;
    if (before === model.net) return;
    if (model.net === "ok") { say(t("back")); page.store.retryAll(); }
    page.renderNotes();
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
  /* Whether a code has to be typed, and why the test cannot be started. Without an answer the code is asked for. */
  async function askEntry() {
    const result = await call("GET", urls.entry());
    if (result.kind === "ok" && result.data && Array.isArray(result.data.gates)) model.entry = result.data;
    return result.kind;
  }
  async function refresh() {
    const result = await call("GET", model.state ? urls.attempt() : urls.mine());
    if (result.kind === "ok" && result.data) page.take(result.data);
    else if (result.kind === "refused" && result.status === 404) {
      // Somebody else has signed in in this browser: this attempt is not theirs to see.
      if (model.state) page.reload();
      else { model.loaded = true; await askEntry(); page.render(); }
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
    if (handedIn() && !scoreIsComing() && (document.visibilityState === "hidden" || listened())) return;
    const wait = ms !== undefined ? ms : model.net !== "ok" ? pause(model.failures) : (model.state && model.state.next_poll_ms) || 20000;
    beatTimer = window.setTimeout(beat, wait);
  }
  /* Whoever has handed in hears that staff opened the test again, or that results are out: while somebody looks at the page. */
  const LISTENS_MS = 3 * 3600 * 1000;
  const handedIn = () => Boolean(model.state) && model.state.status === "submitted";
  const listened = () => serverNow() - Date.parse(model.state.receipt.submitted_at) > LISTENS_MS;
  function scoreIsComing() {
    const receipt = model.state.receipt;
    return receipt.released && receipt.shows_score !== false && !receipt.score;
  }
  /* The test is open on two devices, and both may be typed on. */
  const shared = () => inProgress() && Boolean(model.state.elsewhere) && model.state.elsewhere.policy === "allow";
  async function beat() {
    if (beating) return;
    beating = true;
    const zero = inProgress() && !model.state.held && left() !== null && left() <= 0;
    if (!model.state || model.state.status === "ended" || (handedIn() && scoreIsComing())) await refresh();
    else {
      const result = await call("POST", urls.beat(), {
        notice_no: model.state.notice_no, seen_announcement: model.seen, heard_announcement: model.heard, focus_lost: model.away,
        at_zero: zero, beside: Boolean(model.state.elsewhere), late: model.state.late || 0, token: model.state.token,
        handed_in: handedIn(),
      });
      const late = model.state.late;
      if (result.kind === "ok" && result.data) page.take(result.data);
      else if (result.kind === "refused") await refresh();
      // What was typed on the other device is shown here, too: nobody hands in what she does not see. Where the test moved
      // here, that is what still came from the first device.
      if (result.kind === "ok" && (shared() || model.state.late !== late)) await refresh();
    }
    beating = false;
    plan(zero && model.net === "ok" && inProgress() ? 1500 : undefined);
  }
  /* The time is over by this page's clock: the server is asked, at once and then every 1.5 seconds. */
  let asked = 0;
  function beatAtZero() {
    if (beating) return;
    window.clearTimeout(beatTimer);
    if (Date.now() - asked > 1500) { asked = Date.now(); beat(); }
  }

  return { urls, call, heard, pause, clock, setClock, left, serverNow, askEntry, refresh, plan, beatAtZero };
};
