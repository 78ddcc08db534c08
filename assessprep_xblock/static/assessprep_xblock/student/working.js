/* Part of the student's page (assessment.js): the running test. Its bar and overview, each question's own line, one question
   at a time, and the one Submit. */
window.AssessPrepParts = window.AssessPrepParts || {};
window.AssessPrepParts.working = function (page) {
  "use strict";
  const { barEl, questionsEl, t, count, model, el, button, put, sleep, number, inProgress, heading, openDialog } = page;

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
    const now = page.face();
    barEl.hidden = !(now === "test" || now === "paused");
    if (barEl.hidden) return;
    if (!bar.clock) buildBar();
    const all = page.nodes.length || (model.state.questions || []).length;
    const done = page.nodes.length ? page.nodes.filter((node) => page.answeredNow(node.dataset.item)).length : model.state.answered;
    put(bar.answered, t("answered_of", { n: done, of: all }));
    put(bar.hide, t(timeHidden ? "show_time" : "hide_time"));
    bar.clock.hidden = timeHidden;
    bar.words.hidden = timeHidden;
    const open = page.store.open();
    const failed = open.some((entry) => entry.kind === "failed");
    put(bar.saved, failed ? t("not_saved") : open.length ? t("saving") : page.store.entries.size && done ? t("all_saved") : "");
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
    const node = page.nodes[place];
    if (oneByOne()) show(place);
    renderBar();
    node.setAttribute("tabindex", "-1");
    node.scrollIntoView({ block: "start" });
    node.focus({ preventScroll: true });
  }
  function drawOverview() {
    const entries = page.nodes.map((node, place) => {
      const known = page.answeredNow(node.dataset.item), flagged = model.flagged.has(node.dataset.item), left = place < passed();
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
        el("ul", {}, ...ledger.map((one) => el("li", { text: page.inWords(one.words) })))) : null));
  }
  // a question's own line ---------------------------------------------------------------------------------------------------
  function dress() {
    page.nodes.forEach((node, place) => {
      node.setAttribute("role", "group");
      node.setAttribute("aria-label", t("question_n_of", { n: place + 1, of: page.nodes.length }));
      node.prepend(el("p", { class: "ap-question-head" },
        el("strong", { text: t("question_n_of", { n: place + 1, of: page.nodes.length }) }), el("span", { class: "ap-points" }),
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
      const result = await page.call("PUT", page.urls.flags(), { items: Array.from(model.flagged) });
      if (result.kind !== "ok" && result.kind !== "refused") sendFlags((failures || 0) + 1);
    }, failures ? page.pause(failures) : 600);
  }
  // one question at a time ------------------------------------------------------------------------------------------------------
  const oneByOne = () => Boolean(model.state) && ["one", "forward"].includes(model.state.navigation) && page.nodes.length > 1;
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
    const ask = page.answeredNow(page.nodes[model.place].dataset.item) ? "forward_answered" : "forward_unanswered";
    openDialog(t("forward_heading"), [el("p", { text: t(ask) }), el("p", { text: t("forward_final") })], (close) => [
      button(t("forward_yes"), () => { close(); leave(); }, { class: "ap-button ap-button-main ap-forward-yes" }),
      button(t("forward_no"), close, { class: "ap-button" })], step.next);
  }
  /* On to the next question for good. The server hears of it once what was typed has reached it, so that nothing is cut off. */
  function leave() {
    page.store.scan();
    goTo(model.place + 1);
    tellPassed(0);
  }
  let telling = 0;
  async function tellPassed(failures) {
    const mine = (telling += 1);
    const saved = await page.store.flush();
    if (mine !== telling) return;
    const result = saved ? await page.call("POST", page.urls.forward(), { passed: model.place }) : { kind: "lost" };
    if (result.kind === "ok" && result.data) { model.state.passed = result.data.passed; renderPlace(); }
    else if (result.kind !== "refused" && inProgress()) { await sleep(page.pause(failures)); if (mine === telling) tellPassed(failures + 1); }
  }
  function show(place) {
    model.place = Math.max(0, Math.min(place, page.nodes.length - 1));
    try { sessionStorage.setItem(page.placeName(), String(model.place)); } catch (problem) { /* then the first one comes back */ }
    renderPlace();
  }
  /* Shows the one question that is to be seen, with the texts that stand before it. */
  function renderPlace() {
    if (!questionsEl || !page.nodes.length) return;
    const single = oneByOne() && page.face() === "test";
    if (!step.next) buildStep();
    model.place = Math.min(model.place, page.nodes.length - 1);
    let place = 0;
    Array.from(questionsEl.children).forEach((child) => {
      if (child === stepEl) return;
      const mine = page.nodes.indexOf(child);
      child.classList.toggle("ap-not-now", single && (mine === -1 ? place : mine) !== model.place);
      if (mine !== -1) place = mine + 1;
    });
    stepEl.hidden = !single;
    if (!single) return;
    step.back.hidden = model.state.navigation === "forward";
    step.back.disabled = model.place === 0;
    step.next.disabled = model.place === page.nodes.length - 1;
    put(step.where, t("question_n_of", { n: model.place + 1, of: page.nodes.length }));
    window.dispatchEvent(new Event("resize"));
  }

  const STATE_WORDS = { elsewhere: "saved_elsewhere", dirty: "saving", saving: "saving", saved: "saved", failed: "not_saved", refused: "not_taken", too_long: "too_long" };
  function renderQuestion(item) {
    const node = page.nodes.find((one) => one.dataset.item === item);
    const line = node && node.querySelector(":scope > .ap-question-state");
    if (!line) return;
    const entry = page.store.entries.get(item);
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
    if (page.face() === "submitted") node.querySelectorAll(page.INPUTS).forEach((one) => { one.disabled = true; });
  }
  // the one Submit --------------------------------------------------------------------------------------------------------------
  function ask() {
    page.store.scan();
    const open = page.nodes.filter((node) => !page.answeredNow(node.dataset.item)).length;
    const marked = page.nodes.filter((node) => model.flagged.has(node.dataset.item)).length;
    openDialog(t("submit_heading"), [
      el("p", { text: open ? count("unanswered", open) : t("submit_all_answered") }),
      marked ? el("p", { text: count("still_flagged", marked) }) : null,
      el("p", { text: t("submit_final") })], (close) => [
      button(t("submit_yes"), () => { close(); page.handIn("learner"); }, { class: "ap-button ap-button-main ap-submit-yes" }),
      button(t("submit_no"), close, { class: "ap-button ap-submit-no" })], bar.submit);
  }

  /* At zero nothing more is typed, also where the server cannot be asked: what was typed until then is in time, and arrives as
     that. Time that is given opens the questions again. */
  function shut(over) {
    if (over === model.over) return;
    if (over) page.store.scan();
    model.over = over;
    page.render();
  }

  return { bar, renderBar, dress, oneByOne, renderPlace, renderQuestion, shut };
};
