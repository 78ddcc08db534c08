/* Every room on one page, the one that needs somebody first. state -> render(state); asked again every few seconds. */
(function () {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const setup = JSON.parse(byId("rooms-setup").textContent);
  const { words, urls } = setup;
  const rest = window.assessprepRest;
  const STATUSES = ["absent", "joined", "in_progress", "ended", "submitted"];
  const SECTIONS = { now: ["open", "closing"], next: ["scheduled"], over: ["closed"] };
  const SHAPES = { waiting: "◐", away: "‖", tries: "#", silent: "!", devices: "⇄", paused: "‖" };
  const query = new URLSearchParams(window.location.search);
  const state = { rooms: null, tries: [], search: query.get("search") || "", trouble: query.get("trouble") === "1",
    ahead: 0, told: 0, lost: "", gone: false, still: false };
  const nodes = new Map(); // session -> its card
  let timer = 0;

  const { fill, apart, put, show, locale } = window.assessprepWords;
  const time = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const serverNow = () => Date.now() + state.ahead;
  function moment(iso) {
    const at = new Date(iso);
    return (at.toDateString() === new Date().toDateString() ? time : day).format(at);
  }
  const span = (ms) => window.assessprepWords.span(ms, words);

  /* ---- asking ---- */
  async function poll() {
    window.clearTimeout(timer);
    const answer = await rest("GET", urls.rooms);
    state.lost = window.assessprepRest.lost(answer);
    state.gone = [401, 403, 404].includes(answer.status);
    if (answer.ok) {
      state.told = Date.now();
      state.ahead = Date.parse(answer.data.server_time) - Date.now();
      state.rooms = answer.data.rooms;
      state.tries = answer.data.tries;
    }
    render();
    if (!document.hidden && !state.gone && !state.still) timer = window.setTimeout(poll, setup.poll_ms * (0.8 + 0.4 * Math.random()) * (state.lost ? 2 : 1));
  }

  /* ---- showing ---- */
  const fits = (room) => (!state.trouble || room.trouble > 0)
    && (!state.search || (room.name + "\n" + room.assessment + "\n" + room.organization + "\n" + room.course_id).toLowerCase().includes(state.search.toLowerCase()));
  function render() {
    const age = Date.now() - state.told;
    show(byId("rooms-lost"), Boolean(state.lost));
    put(byId("rooms-lost").firstElementChild, state.gone ? words.refused : fill(words[state.lost] || "", { time: span(age) }));
    if (!state.rooms) return;
    put(byId("rooms-updated"), (state.still ? words.held_live + " " : "") + fill(words.updated, { time: span(age) }));
    const shown = state.rooms.filter(fits);
    const open = shown.filter((room) => SECTIONS.now.includes(room.phase));
    show(byId("rooms-nothing"), !state.rooms.length);
    show(byId("rooms-filters"), state.rooms.length > 0);
    show(byId("rooms-none"), state.rooms.length > 0 && !shown.length);
    show(byId("rooms-counters"), open.length > 0);
    const sum = (name) => open.reduce((all, room) => all + room.counters[name], 0);
    for (const count of byId("rooms-counters").querySelectorAll("[data-count]")) put(count, String(sum(count.dataset.count)));
    put(byId("rooms-guests"), sum("guests") ? fill(words.guests, { n: sum("guests") }) : "");
    for (const [name, phases] of Object.entries(SECTIONS)) {
      const here = shown.filter((room) => phases.includes(room.phase));
      show(byId("rooms-" + name), here.length > 0);
      put(byId("rooms-" + name + "-title").querySelector("span"), String(here.length));
      arrange(byId("rooms-" + name).querySelector("ul"), here.map(card));
    }
    renderTries();
  }
  /* Cards that stay where they are are left in peace, so that a link that has the focus keeps it. */
  function arrange(list, wanted) {
    if (wanted.length === list.children.length && wanted.every((node, place) => list.children[place] === node)) return;
    const focused = document.activeElement;
    list.replaceChildren(...wanted);
    if (list.contains(focused)) focused.focus({ preventScroll: true });
  }
  function card(room) {
    let node = nodes.get(room.session);
    if (!node) {
      node = byId("rooms-room").content.firstElementChild.cloneNode(true);
      node.querySelector("a").href = room.monitor;
      nodes.set(room.session, node);
    }
    const part = (name) => node.querySelector(`[data-part="${name}"]`);
    put(node.querySelector("a"), room.name);
    const mine = setup.is_staff ? [] : [words.level[room.level]];
    put(part("about"), [apart(room.assessment), apart(room.organization), words.phase[room.phase], ...mine].join(" · "));
    node.dataset.trouble = room.trouble >= 5 ? "much" : room.trouble ? "some" : "";
    signs(part("signs"), room);
    const all = room.counters.assigned + room.counters.guests;
    bar(part("bar"), room.counters, all);
    put(part("counts"), fill(words.of, { n: all - room.counters.absent, of: all }) + " · "
      + STATUSES.filter((name) => room.counters[name]).map((name) => words.status[name] + " " + room.counters[name]).join(" · "));
    const times = [];
    if (room.phase === "scheduled" && room.opens_at) times.push(fill(words.opens, { time: moment(room.opens_at) }));
    if (room.ends_at) times.push(fill(words.ends, { time: moment(room.ends_at) }));
    if (room.closes_at) times.push(fill(words.closes, { time: moment(room.closes_at) }));
    put(part("times"), times.join(" · "));
    return node;
  }
  function signs(element, room) {
    const found = [];
    if (["open", "closing"].includes(room.phase)) {
      for (const [name, shape] of Object.entries(SHAPES)) if (room[name]) found.push([fill(words.signs[name], { n: room[name] }), name === "paused" ? "warn" : "bad", shape]);
      if (room.near_end) found.push([fill(words.near_end, { time: span(Date.parse(room.ends_at) - serverNow()) }), "warn", "⏱"]);
      if (room.held) found.push([words.held, "warn", "‖"]);
      if (room.begin) found.push([words.begin, "warn", "▷"]);
    }
    const said = JSON.stringify(found);
    if (element.dataset.said === said) return;
    element.dataset.said = said;
    element.replaceChildren(...found.map(([text, look, shape]) => {
      const badge = document.createElement("span");
      badge.className = "ap-badge ap-badge-" + look;
      badge.dataset.shape = shape;
      badge.textContent = text;
      return badge;
    }));
  }
  function bar(element, counters, all) {
    const said = JSON.stringify(counters);
    if (element.dataset.said === said) return;
    element.dataset.said = said;
    element.replaceChildren(...["submitted", "ended", "in_progress", "joined"].map((name) => {
      const piece = document.createElement("i");
      piece.dataset.status = name;
      piece.style.inlineSize = (all ? (100 * counters[name]) / all : 0) + "%";
      return piece;
    }));
  }
  function renderTries() {
    show(byId("rooms-tries-card"), state.tries.length > 0);
    byId("rooms-tries").replaceChildren(...state.tries.map((one) => {
      const item = document.createElement("li");
      const minutes = Math.max(1, (serverNow() - Date.parse(one.since)) / 60000);
      const text = document.createElement("span");
      text.textContent = fill(words.tries, { name: apart(one.name), n: one.wrong, m: (one.wrong / minutes).toFixed(1) }) + (one.locked ? " · " + words.locked : "");
      item.append(text);
      return item;
    }));
  }

  /* ---- wiring ---- */
  function remember() {
    const asked = new URLSearchParams();
    if (state.search) asked.set("search", state.search);
    if (state.trouble) asked.set("trouble", "1");
    window.history.replaceState(null, "", asked.toString() ? "?" + asked : window.location.pathname);
    render();
  }
  byId("rooms-search").value = state.search;
  byId("rooms-trouble").checked = state.trouble;
  byId("rooms-search").addEventListener("input", (event) => { state.search = event.target.value; remember(); });
  byId("rooms-trouble").addEventListener("change", (event) => { state.trouble = event.target.checked; remember(); });
  byId("rooms-clear").addEventListener("click", () => {
    state.search = byId("rooms-search").value = "";
    state.trouble = byId("rooms-trouble").checked = false;
    remember();
    byId("rooms-search").focus();
  });
  const live = byId("rooms-live");
  live.addEventListener("click", () => {
    state.still = !state.still;
    live.setAttribute("aria-pressed", String(state.still));
    if (state.still) { window.clearTimeout(timer); render(); } else poll();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) window.clearTimeout(timer);
    else if (!state.still) poll();
  });
  window.setInterval(() => { if (!document.hidden && !state.still) render(); }, 1000);
  poll();
})();
