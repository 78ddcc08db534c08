/* Marking one submission: points, rubric, comment, undo; and keeping the submission to oneself while it is open.
   One object `state` for each question; whatever changes it calls render(). */
(function () {
  "use strict";
  const own = document.currentScript;
  const setup = JSON.parse(document.getElementById("marking-setup").textContent);
  const byId = (id) => document.getElementById(id);
  const rest = window.assessprepRest, tell = window.assessprepTell;
  const language = document.documentElement.lang || undefined;
  const number = (n) => { try { return new Intl.NumberFormat(language, { maximumFractionDigits: 2 }).format(n); } catch (problem) { return String(n); } };
  const typed = (input) => (input.value.trim() === "" ? null : Number(input.value));

  // -- the lease ------------------------------------------------------------------------------------------------------
  const lease = { held: setup.held_by, mine: false };
  const note = byId("marking-lease");
  function renderLease() {
    note.hidden = !lease.held;
    note.querySelector("p").textContent = lease.held ? setup.words.held.replace("{who}", lease.held) : "";
    document.querySelectorAll(".ap-mark-form").forEach((form) => { form.inert = Boolean(lease.held); });
  }
  async function keep(takeOver) {
    const answer = await rest("POST", setup.lease, { take_over: takeOver });
    if (answer.ok) { lease.held = ""; lease.mine = true; }
    else if (answer.data && answer.data.code === "leased") { lease.held = answer.data.who; lease.mine = false; }
    renderLease();
    return answer;
  }
  if (setup.markable) {
    renderLease();
    if (!lease.held) keep(false);
    note.querySelector("button").addEventListener("click", async () => {
      const answer = await keep(true);
      // What the colleague saved meanwhile is not on this page.
      if (answer.ok) window.location.reload();
      else tell(answer.data.message, "bad");
    });
    // Renewed while somebody looks at it; a tab left behind lets it go.
    window.setInterval(() => { if (document.visibilityState === "visible" && !lease.held) keep(false); }, setup.lease_s * 400);
    window.addEventListener("pagehide", () => {
      if (!lease.mine) return;
      const csrf = byId("assessprep-page").dataset.csrf;
      fetch(setup.lease, { method: "DELETE", headers: { "X-CSRFToken": csrf }, credentials: "same-origin", keepalive: true }).catch(() => undefined);
    });
  }

  // -- one question -----------------------------------------------------------------------------------------------------
  function renderTotal(total) {
    const place = byId("marking-total"), status = byId("marking-status");
    place.replaceChildren();
    if (total.earned === null) place.textContent = setup.words.none;
    else {
      const points = document.createElement("b");
      points.textContent = number(total.earned);
      place.append(points, " / " + number(total.possible) + (total.percent === null ? "" : " (" + number(Math.round(total.percent)) + " %)"));
    }
    status.textContent = setup.statuses[total.status];
    status.className = "ap-badge ap-badge-" + (total.status === "scored" ? "good" : "warn");
    status.dataset.shape = total.status === "scored" ? "✓" : total.status === "partly" ? "◑" : "◔";
  }
  document.querySelectorAll(".ap-mark-card").forEach((card) => {
    const form = card.querySelector(".ap-mark-form");
    const state = setup.marks[card.dataset.item];
    if (!form || !state) return;
    const points = form.elements.points, comment = form.elements.comment, reason = form.elements.reason;
    const criteria = Array.from(form.querySelectorAll("[data-criterion]"));
    const wrong = form.querySelector(".ap-wrong");
    const undo = form.querySelector(".ap-mark-undo"), clear = form.querySelector(".ap-mark-clear");
    let dirty = false, busy = false;

    function sum() {
      if (!criteria.length) return;
      const values = criteria.map(typed);
      points.value = values.some((one) => one === null) ? "" : String(Math.round(values.reduce((a, b) => a + b, 0) * 1e6) / 1e6);
    }
    function render(mark) {
      const look = setup.states[mark.state];
      card.dataset.state = mark.state;
      const badge = card.querySelector(".ap-mark-state");
      badge.textContent = look.words;
      badge.className = "ap-badge ap-mark-state" + (look.look ? " ap-badge-" + look.look : "");
      badge.dataset.shape = look.shape;
      card.querySelector(".ap-mark-points b").textContent = mark.earned === null ? "–" : number(mark.earned);
      points.value = mark.mark === null ? "" : String(mark.mark);
      criteria.forEach((input) => { const value = mark.criteria[input.dataset.criterion]; input.value = value === undefined ? "" : String(value); });
      comment.value = mark.comment;
      clear.hidden = mark.mark === null || mark.may === "settle";
      undo.hidden = false;
      if (reason && mark.may === "settle") reason.value = "";
      dirty = false;
      renderTotal(mark.total);
    }
    async function call(method, address, body, words, onward) {
      if (busy) return false;
      busy = true;
      wrong.textContent = "";
      const answer = await rest(method, address, { version: state.version, ...body });
      busy = false;
      if (!answer.ok) {
        wrong.textContent = answer.data.message;
        if (answer.data.code === "leased") { lease.held = answer.data.who; renderLease(); }
        return false;
      }
      state.version = answer.data.version;
      const before = state.may;
      state.may = answer.data.may;
      render(answer.data);
      tell(answer.data.state === "waits" ? setup.words.mine : words, "good");
      // What this page may now show and ask for is another thing: both marks, or a form for one of them.
      if (before !== state.may && !onward) window.location.reload();
      return true;
    }
    const whole = () => ({
      points: typed(points),
      criteria: Object.fromEntries(criteria.filter((one) => typed(one) !== null).map((one) => [one.dataset.criterion, typed(one)])),
      comment: comment.value,
      reason: reason ? reason.value : "",
    });
    form.addEventListener("input", () => { dirty = true; sum(); });
    // Typed before this script was there, or kept by the browser from before a reload.
    if (criteria.some((one) => one.value !== one.defaultValue)) { dirty = true; sum(); }
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const onward = event.submitter && event.submitter.dataset.onward;
      if (typed(points) === null && !form.reportValidity()) return;
      if (typed(points) === null) { wrong.textContent = points.validationMessage || setup.words.points; (criteria.find((one) => typed(one) === null) || points).focus(); return; }
      const settles = state.may === "settle";
      if (settles && !reason.value.trim()) { wrong.textContent = setup.words.reason; reason.focus(); return; }
      const saved = await call(settles ? "POST" : "PUT", settles ? state.settle : state.address, whole(), setup.words.saved, onward);
      if (saved && onward) window.location.href = own.dataset.onward;
    });
    form.querySelectorAll(".ap-mark-use").forEach((button) => button.addEventListener("click", () => {
      const used = state.marks[Number(button.dataset.use)];
      points.value = String(used.points);
      criteria.forEach((input) => { const value = used.criteria[input.dataset.criterion]; input.value = value === undefined ? "" : String(value); });
      comment.value = used.comment;
      dirty = true;
      reason.focus();
    }));
    undo.addEventListener("click", () => call("POST", state.undo, {}, setup.words.undone));
    clear.addEventListener("click", () => call("PUT", state.address, { points: null, criteria: {}, comment: comment.value, reason: "" }, setup.words.saved));
    window.addEventListener("beforeunload", (event) => { if (dirty) { event.preventDefault(); event.returnValue = ""; } });
  });

  // Loaded when it is opened: a submission has many questions.
  document.querySelectorAll(".ap-seen").forEach((one) => one.addEventListener("toggle", () => {
    const frame = one.querySelector("iframe");
    if (one.open && !frame.src) frame.src = one.dataset.address;
  }));
  // By question, the hand stays on the keyboard.
  const first = document.querySelector(".ap-mark-card [data-criterion], .ap-mark-card [name=points]");
  if (first && document.querySelectorAll(".ap-mark-card").length === 1 && !setup.held_by) first.focus();
})();
