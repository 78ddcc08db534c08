/* Part of the student's page (assessment.js): what is typed. Read from the questions' own inputs, kept on the device until the
   server has it, and put back; and for how long each question was before the student. */
window.AssessPrepParts = window.AssessPrepParts || {};
window.AssessPrepParts.answers = function (page) {
  "use strict";
  const { questionsEl, model, inProgress } = page;

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
      if (page.oneByOne()) return nodes[model.place];
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
        if (document.visibilityState !== "visible" || page.face() !== "test" || !inProgress()) return;
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
        // Another device may have had more letters, and this one the last word.
        const unsent = Boolean(ours) && (!theirs || ours.revision > theirs.revision || lastHere(ours, theirs));
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
    const lastHere = (ours, theirs) => Boolean(ours.written_at && theirs.written_at) && Date.parse(ours.written_at) > Date.parse(theirs.written_at);
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
        page.renderQuestion(entry.item);
        page.renderBar();
        return true;
      };
      if (draw()) return;
      const watch = new MutationObserver(() => { if (draw()) watch.disconnect(); });
      watch.observe(entry.node, { childList: true, subtree: true });
    }
    function look(entry) {
      if (!entry.ready || !inProgress() || model.over || !entry.node.querySelector(INPUTS)) return;
      const values = collect(entry.node), text = JSON.stringify(values);
      if (text === entry.text) return;
      entry.text = text;
      entry.values = values;
      entry.revision += 1;
      entry.written = new Date(page.serverNow()).toISOString();
      entry.kind = "dirty";
      keep(entry.item, { values, revision: entry.revision, written_at: entry.written });
      schedule(entry, 900);
      page.renderQuestion(entry.item);
      page.renderBar();
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
      page.renderQuestion(entry.item);
      const under = page.call("PUT", page.urls.answer(entry.item), body, keepalive).then((result) => {
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
      page.renderQuestion(entry.item);
      page.renderBar();
    }
    function refused(entry, revision, result) {
      const code = result.data.code;
      if (code === "stale_draft") {
        // Another tab or device saved in the meantime. What was typed last counts, by the clocks of those who typed.
        const theirs = result.data.revision || 0;
        // What is taken over has their number, so that what they write next is seen to be newer.
        if (later(result.data, entry)) { entry.revision = theirs; adopt(entry, result.data.values); return; }
        entry.revision = Math.max(entry.revision, theirs) + 1;
        keep(entry.item, { values: entry.values, revision: entry.revision, written_at: entry.written });
        schedule(entry, 100);
      } else if (result.status === 429 || code === "state_changed" || code === "malformed") again(entry);
      else {
        entry.kind = code === "too_large" ? "too_long" : "refused";
        if (code === "question_left") keep(entry.item, null);
        // Kept on the device: staff may reopen the test.
        if (code !== "too_large" && entry.revision === revision) page.refresh();
      }
    }
    const later = (theirs, ours) => Boolean(theirs.values && theirs.written_at && ours.written) && Date.parse(theirs.written_at) > Date.parse(ours.written);
    /* Takes what another device saved later, and says so. */
    function adopt(entry, values) {
      keep(entry.item, null);
      // Filling in makes the events of typing, and this is nobody's typing.
      entry.ready = false;
      fill(entry.node, values);
      entry.ready = true;
      entry.text = JSON.stringify(collect(entry.node));
      entry.values = JSON.parse(entry.text);
      entry.kind = "elsewhere";
    }
    /* What another device saved since, of questions in which nothing is typed here just now. */
    function reconcile(drafts) {
      entries.forEach((entry) => {
        look(entry);
        const theirs = drafts[entry.item];
        if (!theirs || !entry.ready || theirs.revision <= entry.revision || !["idle", "saved", "elsewhere"].includes(entry.kind)) return;
        entry.revision = theirs.revision;
        const before = entry.text;
        const kind = entry.kind;
        adopt(entry, theirs.values);
        if (entry.text === before) entry.kind = kind === "idle" ? "saved" : kind;
      });
    }
    function again(entry) {
      entry.kind = "failed";
      entry.tries += 1;
      window.clearTimeout(entry.waiting);
      entry.waiting = window.setTimeout(() => send(entry), page.pause(entry.tries));
    }
    /* What stands on this device and never reached the server: kept, for staff may open the test again. */
    const left = () => Array.from(entries.values()).filter((entry) => entry.kind === "refused" && kept(entry.item)).length;
    const open = () => Array.from(entries.values()).filter((entry) => ["dirty", "saving", "failed"].includes(entry.kind));

    return {
      entries,
      restore,
      reconcile,
      scan: () => entries.forEach(look),
      lookAt: (item) => { const entry = entries.get(item); if (entry) look(entry); },
      open,
      left,
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

  return { nodes, drafted, INPUTS, timed, store, answeredNow };
};
