/* Part of the Monitor (monitor.js): the cards beside the table: announcements, wrong tries, irregularities, and what can be undone. */
window.AssessPrepMonitorParts = window.AssessPrepMonitorParts || {};
window.AssessPrepMonitorParts.beside = function (room) {
  "use strict";
  const { byId, setup, words, urls, rest, tell, uuid, state, serverNow } = room;
  const { fill, apart, locale, put, show } = window.assessprepWords;

  function renderSaid() {
    show(byId("monitor-said-none"), !state.announcements.length);
    list("monitor-said", state.announcements, (one) => [
      one.text, " · " + new Date(one.at).toLocaleTimeString(locale, { timeStyle: "short" }) + " · " + one.by
        + (one.to_all ? "" : " · " + words.to_some) + " · " + fill(words.delivered, { n: one.delivered })
        + " · " + fill(words.seen, { n: one.seen, of: one.of }) + (one.acknowledge ? " · " + words.confirm : ""),
    ]);
  }
  async function clearTries(one) {
    const answer = await rest("POST", urls.clear_tries, { learner_ids: [one.learner] });
    const good = answer.ok && answer.data.cleared > 0;
    tell(answer.ok ? fill(good ? words.cleared : words.not_cleared, { name: apart(one.name) }) : answer.data.message, good ? "good" : "bad");
    room.poll();
  }
  async function clearDoor() {
    const answer = await rest("POST", urls.clear_tries, { guests: true });
    tell(answer.ok ? words.door_cleared : answer.data.message, answer.ok ? "good" : "bad");
    room.poll();
  }
  /* People without an account have no name yet: what comes from their door is one line. */
  function renderDoor() {
    const door = state.door && state.door.wrong ? state.door : null;
    show(byId("monitor-door"), door !== null);
    if (!door) return;
    put(byId("monitor-door-words"), fill(words.door, { n: door.wrong, of: door.networks })
      + (door.locked ? " · " + fill(words.door_locked, { n: door.locked }) : ""));
  }
  function renderTries() {
    renderDoor();
    show(byId("monitor-tries-card"), state.tries.length > 0 || Boolean(state.door && state.door.wrong));
    // By whole minutes since the first of them, so that the list is built again once a minute at most.
    const tries = state.tries.map((one) => ({ ...one, rate: one.wrong / Math.max(1, Math.ceil((serverNow() - Date.parse(one.since)) / 60000)) }));
    put(byId("monitor-tries-rate"), fill(words.tries_rate, { m: tries.reduce((sum, one) => sum + one.rate, 0).toFixed(1),
      n: tries.length, k: tries.filter((one) => one.locked).length }));
    list("monitor-tries", tries, (one) => {
      const clear = document.createElement("button");
      clear.type = "button";
      clear.className = "ap-button ap-button-small";
      clear.textContent = words.clear;
      clear.setAttribute("aria-label", words.clear + ": " + one.name);
      clear.addEventListener("click", () => clearTries(one));
      return [fill(words.tries, { name: apart(one.name), n: one.wrong, m: one.rate.toFixed(1) }), one.locked ? " · " + words.locked + " " : " ", clear];
    });
  }
  function press(label, about, deed) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "ap-button ap-button-small";
    button.textContent = label;
    button.setAttribute("aria-label", label + ": " + about);
    button.addEventListener("click", deed);
    return button;
  }
  const atTime = (moment) => new Date(moment).toLocaleTimeString(locale, { timeStyle: "short" });
  function renderNotes() {
    const mine = (one) => setup.level === "chief" || setup.anybody_s.includes(one.action);
    const open = state.notes.undo.filter((one) => mine(one) && Date.parse(one.until) > serverNow());
    list("monitor-undo", open, (one) => {
      const said = fill(words.undo_what[one.action], { by: apart(one.by), n: one.n, time: atTime(one.at) });
      return [said, " ", press(words.undo, said, () => undo(one.deed))];
    });
    show(byId("monitor-undo"), open.length > 0);
    show(byId("monitor-incidents-none"), !state.notes.incidents.length);
    list("monitor-incidents", state.notes.incidents, (one) => {
      const row = one.learner ? state.rows.get(one.learner) : null;
      const said = (one.learner ? apart(row ? row.name : "#" + one.learner) : words.whole_room) + ": " + setup.kinds[one.category + "/" + one.subcategory];
      return [said, (one.comment ? " · " + one.comment : "") + " · " + atTime(one.at) + " · " + one.by + " ", press(words.withdraw, said, async () => {
        const answer = await rest("POST", urls["withdraw-irregularity"], { irregularity: one.uuid });
        if (!answer.ok) tell(answer.data.message, "bad");
        room.poll();
      })];
    });
  }
  async function undo(deed) {
    const answer = await rest("POST", urls.undo, { deed, request_id: uuid() });
    if (!answer.ok) tell(answer.data.message, "bad");
    else room.told(answer.data.rows, words.undone);
    room.poll();
  }
  /* Items of a list, built again only when what they say changed (a button that has the focus keeps it). */
  function list(id, items, parts) {
    const element = byId(id);
    const said = JSON.stringify(items);
    if (element.dataset.said === said) return;
    element.dataset.said = said;
    element.replaceChildren(...items.map((one) => {
      const item = document.createElement("li");
      const [first, ...others] = parts(one);
      const text = document.createElement("span");
      text.textContent = first;
      item.append(text, ...others);
      return item;
    }));
  }

  return { renderSaid, renderTries, renderNotes, clearTries, clearDoor, press, list, undo };
};
