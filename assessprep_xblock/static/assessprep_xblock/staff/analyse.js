/* The Analyse view: draws the charts (Chart.js, in shared/vendor) from the very numbers of the tables, has large reports
   prepared and tells how far they are, prints. */
(function () {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const setup = JSON.parse(byId("analyse-setup").textContent);
  const { words, charts } = setup;
  // Its digits are those of the tables, which the server writes in Western ones in every language.
  const { fill, locale } = window.assessprepWords;
  const number = (value, places) => value.toLocaleString(locale, { maximumFractionDigits: places });
  const drawn = [];

  for (const time of document.querySelectorAll("time[data-local]")) {
    time.textContent = new Date(time.getAttribute("datetime")).toLocaleString(locale, { dateStyle: "medium", timeStyle: "medium" });
  }

  /* -- charts ------------------------------------------------------------------------------------------------------ */
  const token = (name) => getComputedStyle(document.querySelector(".assessprep")).getPropertyValue(name).trim();
  const rtl = getComputedStyle(document.querySelector(".assessprep")).direction === "rtl";
  const percent = (title) => ({ min: 0, max: 100, title: { display: true, text: title }, reverse: false });

  function draw(id, config) {
    const canvas = byId(id);
    if (!canvas || !window.Chart) return;
    const box = canvas.parentElement;
    // Long lists grow downwards instead of being squeezed.
    if (box.dataset.rows) box.style.blockSize = Math.max(12, 4 + 1.6 * Number(box.dataset.rows)) + "rem";
    const options = {
      responsive: true, maintainAspectRatio: false, animation: false, locale, layout: { padding: { left: rtl ? 20 : 0, right: rtl ? 0 : 12 } },
      plugins: { legend: { display: false }, tooltip: { rtl, textDirection: rtl ? "rtl" : "ltr" } },
    };
    drawn.push(new window.Chart(canvas, { ...config, options: { ...options, ...config.options, plugins: { ...options.plugins, ...(config.options || {}).plugins } } }));
  }

  function scores(rows) {
    draw("chart-scores", {
      type: "bar",
      data: {
        labels: rows.map((row) => row[0]),
        datasets: [{ label: words.students, data: rows.map((row) => row[1]), backgroundColor: token("--ap-accent"), categoryPercentage: 0.95, barPercentage: 0.98 }],
      },
      options: {
        scales: {
          x: { title: { display: true, text: words.score }, reverse: rtl },
          y: { beginAtZero: true, ticks: { precision: 0 }, title: { display: true, text: words.students }, position: rtl ? "right" : "left" },
        },
      },
    });
  }

  /* Rows of [name, value, low, high]: a bar or a point for the value, a thin line for its interval. */
  function intervals(id, rows, title, asBar) {
    const value = asBar
      ? { type: "bar", label: title, data: rows.map((row) => row[1]), backgroundColor: token("--ap-accent-soft"), borderColor: token("--ap-accent"), borderWidth: 1, order: 2, grouped: false }
      : { type: "line", label: title, data: rows.map((row) => row[1]), showLine: false, pointRadius: 6, pointStyle: "rectRot", backgroundColor: token("--ap-accent"), borderColor: token("--ap-surface"), order: 0 };
    const line = {
      type: "bar", label: words.sure, data: rows.map((row) => (row[2] === null ? null : [row[2], row[3]])),
      backgroundColor: token("--ap-ink"), barThickness: 3, order: 1, grouped: false, minBarLength: 2,
    };
    draw(id, {
      type: "bar",
      data: { labels: rows.map((row) => row[0]), datasets: [value, line] },
      options: {
        indexAxis: "y",
        scales: { x: { ...percent(title), reverse: rtl }, y: { position: rtl ? "right" : "left", ticks: { autoSkip: false } } },
        plugins: { tooltip: { rtl, callbacks: { label: (item) => (Array.isArray(item.raw) ? `${words.sure}: ${number(item.raw[0], 1)} – ${number(item.raw[1], 1)}` : `${title}: ${number(item.raw, 1)}`) } } },
      },
    });
  }

  function discrimination(questions) {
    const points = (check) => questions.filter((one) => one.check === check && one.rest !== null && one.facility[0] !== null)
      .map((one) => ({ x: 100 * one.facility[0], y: one.rest, number: one.number, title: one.title }));
    const numbers = {
      id: "numbers",
      afterDatasetsDraw(chart) {
        const pen = chart.ctx;
        pen.save();
        pen.fillStyle = token("--ap-ink");
        pen.font = "12px system-ui, sans-serif";
        chart.data.datasets.forEach((set, place) => chart.getDatasetMeta(place).data.forEach((point, at) => pen.fillText(String(set.data[at].number), point.x + 7, point.y - 5)));
        pen.restore();
      },
    };
    draw("chart-discrimination", {
      type: "scatter",
      data: {
        datasets: [
          { label: words.question, data: points(false), pointRadius: 5, backgroundColor: token("--ap-accent") },
          { label: words.check, data: points(true), pointRadius: 8, pointStyle: "triangle", backgroundColor: token("--ap-bad") },
        ],
      },
      options: {
        scales: { x: { ...percent(words.facility), reverse: rtl }, y: { suggestedMin: -0.2, suggestedMax: 0.8, title: { display: true, text: words.rest }, position: rtl ? "right" : "left" } },
        plugins: { tooltip: { rtl, callbacks: { label: (item) => `${item.raw.number}. ${item.raw.title}: ${number(item.raw.x, 0)} %, ${number(item.raw.y, 2)}` } } },
      },
      plugins: [numbers],
    });
  }

  if (window.Chart && charts.scores) {
    window.Chart.defaults.color = token("--ap-ink-soft");
    window.Chart.defaults.font.family = getComputedStyle(document.querySelector(".assessprep")).fontFamily;
    window.Chart.defaults.font.size = 13;
    const hundred = (value) => (value === null ? null : 100 * value);
    if (charts.scores.length) scores(charts.scores);
    intervals("chart-facility", charts.questions.map((one) => [String(one.number), ...one.facility.map(hundred)]), words.facility, true);
    discrimination(charts.questions);
    charts.comparisons.forEach((rows, place) => intervals(`chart-by-${place}`, rows, words.score, false));
    intervals("chart-standards", charts.standards, words.score, false);
  }

  /* -- paper: everything that is folded is unfolded, and folded again ------------------------------------------------ */
  let unfolded = [];
  window.addEventListener("beforeprint", () => {
    unfolded = [...document.querySelectorAll(".ap-table-behind, .ap-answers, .ap-guide")].filter((one) => !one.open);
    for (const one of unfolded) one.open = true;
    for (const chart of drawn) chart.resize();
  });
  window.addEventListener("afterprint", () => {
    for (const one of unfolded) one.open = false;
    for (const chart of drawn) chart.resize();
  });
  const print = byId("analyse-print");
  if (print) print.addEventListener("click", () => window.print());

  /* A link to a question's row leads there also where its answers are folded. */
  const menu = document.querySelector(".ap-menu");
  if (menu) {
    document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
    menu.addEventListener("keydown", (event) => { if (event.key === "Escape") { menu.open = false; menu.querySelector("summary").focus(); } });
  }

  /* -- large reports ------------------------------------------------------------------------------------------------ */
  const preparing = byId("analyse-preparing");
  if (!preparing) return;
  const bar = byId("analyse-progress"), told = byId("analyse-progress-words"), again = byId("analyse-again");
  let wait = 1000;

  function show(task) {
    const failed = task.state === "failed";
    again.hidden = !failed;
    bar.hidden = failed;
    told.textContent = failed ? words.failed : task.done ? fill(words.progress, { done: number(task.done, 0), total: number(task.total, 0) }) : words.waiting;
    if (task.done) bar.value = task.done; else bar.removeAttribute("value");
  }

  async function look() {
    const answer = await window.assessprepRest("GET", setup.analysis);
    if (!answer.ok) { told.textContent = answer.data.message; again.hidden = false; return; }
    const task = answer.data.state === "ready" ? answer.data.task : answer.data;
    show(task);
    if (task.state === "done") finish();
    else if (task.state !== "failed") window.setTimeout(look, (wait = Math.min(wait * 1.5, 10000)));
  }

  /* Who waits for the first report gets it; who reads an older one decides when to leave it (and while submissions come in
     every report is a little old at once: no page may load itself for ever). */
  function finish() {
    if (setup.state !== "ready") { window.location.reload(); return; }
    told.textContent = words.ready;
    bar.hidden = true;
    again.hidden = false;
    again.textContent = words.show;
    again.onclick = () => window.location.reload();
  }

  async function begin() {
    again.hidden = true;
    const answer = await window.assessprepRest("POST", setup.prepare, {});
    if (!answer.ok) { told.textContent = answer.data.message; again.hidden = false; return; }
    show(answer.data);
    look();
  }

  again.onclick = begin;
  if (setup.state === "failed") show({ state: "failed" }); else begin();
})();
