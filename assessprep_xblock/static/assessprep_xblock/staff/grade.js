/* The Grade view and one submission: release, the switch of sessions, times in the reader's own zone, the log. */
(function () {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const { locale } = window.assessprepWords;
  const local = (iso) => new Date(iso).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });

  for (const time of document.querySelectorAll("time[data-local]")) time.textContent = local(time.getAttribute("datetime"));

  const sessions = byId("grade-session");
  if (sessions) sessions.addEventListener("change", () => { window.location.href = sessions.value; });

  const log = byId("submission-log");
  if (log) {
    log.addEventListener("click", async () => {
      log.disabled = true;
      const answer = await window.assessprepRest("GET", log.dataset.address);
      log.disabled = false;
      if (!answer.ok) { window.assessprepTell(answer.data.message, "bad"); return; }
      byId("submission-log-list").replaceChildren(...answer.data.events.map((event) => {
        const item = document.createElement("li");
        const time = document.createElement("time");
        time.dateTime = event.at;
        time.textContent = local(event.at);
        item.append(time, " ", event.words);
        return item;
      }));
    });
  }

  const data = byId("grade-setup");
  if (!data) return;
  const setup = JSON.parse(data.textContent);
  const dialog = byId("grade-release-dialog");
  const release = byId("grade-release");
  const chosen = () => Array.from(document.querySelectorAll(".grade-choose:checked")).map((one) => one.value);
  if (release) {
    release.addEventListener("click", () => {
      const n = chosen().length;
      byId("grade-release-question").textContent = n ? setup.words.chosen.replace("{n}", String(n)) : setup.words.question;
      dialog.returnValue = "";
      dialog.showModal();
    });
    dialog.addEventListener("close", async () => {
      if (dialog.returnValue !== "release") return;
      release.disabled = true;
      const answer = await window.assessprepRest("POST", setup.release, { attempts: chosen().length ? chosen() : "all" });
      if (!answer.ok) { release.disabled = false; window.assessprepTell(answer.data.message, "bad"); return; }
      window.assessprepTell(setup.words.released, "good");
      window.location.reload();
    });
  }
  const reveal = byId("grade-reveal"), revealDialog = byId("grade-reveal-dialog");
  if (reveal) {
    reveal.addEventListener("click", () => { revealDialog.returnValue = ""; revealDialog.showModal(); byId("grade-reveal-reason").focus(); });
    revealDialog.addEventListener("close", async () => {
      if (revealDialog.returnValue !== "reveal") return;
      const answer = await window.assessprepRest("POST", setup.reveal, { reason: byId("grade-reveal-reason").value });
      if (!answer.ok) { window.assessprepTell(answer.data.message, "bad"); return; }
      window.assessprepTell(setup.words.revealed, "good");
      window.location.reload();
    });
  }
  // Whose time is over is handed in when somebody looks: by a call of its own, because a page only reads.
  if (setup.working || setup.due) window.assessprepRest("POST", setup.settle, {}).then((answer) => {
    if (answer.ok && (answer.data.submitted || answer.data.released)) window.location.reload();
  });
})();
