/* Part of the student's page (assessment.js): what is drawn before, between and after: code, card, pause, receipt, notes. */
window.AssessPrepParts = window.AssessPrepParts || {};
window.AssessPrepParts.screens = function (page) {
  "use strict";
  const { args, screenEl, notesEl, t, count, model, el, button, moment, number, inProgress, heading } = page;

  const refusalBox = () => el("p", { class: "ap-refusal", role: "alert" });
  const fact = (name, value) => (value ? [el("dt", { text: t(name) }), el("dd", { text: value })] : []);
  const isOpen = () => !model.state || !model.state.opens_at || Date.parse(model.state.opens_at) <= page.serverNow();

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
      heading(t(model.state.outside ? "outside_heading" : "waits_heading")),
      el("p", { class: "ap-wait", role: "status", text: t(model.state.outside ? "outside_lead" : "waits_lead") }),
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
    const form = el("form", { class: "ap-card", method: "dialog", novalidate: true },
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
    form.addEventListener("submit", (event) => { event.preventDefault(); if (!model.busy) page.verify(input.value); });
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
      el("div", { class: "ap-buttons" }, button(t(model.busy === "verify" ? "entering" : "enter"), () => { if (may) page.enter(); }, {
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
      if (await page.askEntry() === "ok") show();
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
    const wait = state.denied ? t("denied") : state.held ? t("paused_before") : !open ? "" : !state.admitted ? t("waiting_room") : !state.begun ? t("not_begun") : "";
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
        if (may) page.start();
        else if (ready) { model.refusal = t("agree_first"); page.render(); document.getElementById("ap-agree-" + args.id).focus(); }
      }, { id: "ap-start-" + args.id, class: "ap-button ap-button-main", "aria-disabled": may ? null : "true" }))), drawWhy()];
  }
  function drawHonesty(text) {
    const id = "ap-agree-" + args.id;
    const box = el("input", { id, type: "checkbox", checked: model.agreed, onchange: () => { model.agreed = box.checked; model.refusal = ""; page.render(); } });
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
      policy === "move" ? el("div", { class: "ap-buttons" }, button(t("move_here"), () => { if (may) page.moveHere(); }, {
        id: "ap-move-" + args.id, class: "ap-button ap-button-main", "aria-disabled": may ? null : "true",
      })) : null)];
  }
  /* The time is over and the student has to press Submit in the grace. */
  function drawMustSubmit() {
    const until = model.state.submit_until, late = !until || Date.parse(until) <= page.serverNow();
    return [el("div", { class: "ap-card" },
      heading(t("ended_heading")),
      el("p", { class: "ap-wait", role: "status" }, late ? t("grace_over") : t("must_submit_lead"), late ? null : " ", late ? null : el("strong", { class: "ap-submit-in" })),
      refusalBox(),
      late ? null : el("div", { class: "ap-buttons" }, button(t(model.busy === "submit" ? "submitting" : "submit"), () => page.handIn("ended"), {
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
      page.store.left() ? el("p", { class: "ap-wait", text: count("left_behind", page.store.left()) }) : null,
      refusalBox(),
      ...drawResults(state.results || []),
      button(t("another_code"), () => { model.another = true; page.render(); screenEl.focus(); }, { class: "ap-button ap-bar-small" }),
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
  // notes: the connection, and what the teacher announced ---------------------------------------------------------------------
  function renderNotes() {
    const wanted = [];
    if (model.net !== "ok" && (model.state || !model.loaded)) wanted.push(["net-" + model.net, drawNet]);
    // With a connection the next screen says so in a moment.
    if (model.over && model.net !== "ok") wanted.push(["over", () => el("div", { class: "ap-note", role: "status" }, el("p", { text: t("over_kept") }))]);
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
    return el("div", { class: "ap-note ap-note-bad", role: "alert" }, el("p", { text: t(model.net) }),
      model.net === "signed_out" ? el("a", { class: "ap-button", href: args.sign_in, target: "_blank", rel: "noopener", text: t("sign_in") }) : null);
  }
  function drawAnnouncement(one) {
    return el("div", { class: "ap-note", role: "status" },
      el("p", {}, el("strong", { text: t("announcement") }), el("bdi", { text: one.text })),
      button(t(one.acknowledge ? "acknowledge" : "close"), () => {
        model.announcements.delete(one.number);
        if (!model.announcements.size || Math.min(...model.announcements.keys()) > one.number) model.seen = Math.max(model.seen, one.number);
        renderNotes();
        page.plan(500);
      }));
  }

  return { isOpen, faces, renderNotes };
};
