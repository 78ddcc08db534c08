/* What every staff page needs: calling REST v1, naming a request, and telling people what came of it. No framework, no build. */
(function () {
  "use strict";
  const own = document.currentScript;
  const root = () => document.getElementById("assessprep-page");

  /* -> {ok, status, data}. Never throws: no network is {ok: false, status: 0, data: {code, message}}. */
  window.assessprepRest = async function (method, url, body) {
    const headers = { Accept: "application/json" };
    if (method !== "GET") headers["X-CSRFToken"] = root().dataset.csrf;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    try {
      const answer = await fetch(url, {
        method, headers, credentials: "same-origin", cache: "no-store", body: body === undefined ? undefined : JSON.stringify(body),
      });
      const data = answer.status === 204 ? null : await answer.json().catch(() => ({ code: "unreadable", message: own.dataset.unreachable }));
      return { ok: answer.ok, status: answer.status, data };
    } catch (problem) {
      return { ok: false, status: 0, data: { code: "unreachable", message: own.dataset.unreachable } };
    }
  };

  /* The name of one request, so that it is done once however often it arrives. crypto.randomUUID needs https; a school's test
     server may not have it. */
  window.assessprepUuid = function () {
    const bytes = window.crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  };

  /* Shows a sentence at the top of the page and reads it out. kind: "good", "info", "warn" or "bad". */
  window.assessprepTell = function (text, kind) {
    const note = document.createElement("div");
    note.className = "ap-notice ap-notice-" + (kind || "info");
    const words = document.createElement("p");
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "ap-button ap-button-quiet";
    close.textContent = own.dataset.dismiss;
    close.addEventListener("click", () => note.remove());
    note.append(words, close);
    document.getElementById("assessprep-messages").replaceChildren(note);
    // What went well need not stay in the way; what did not stays until it is dismissed.
    if (kind === "good") window.setTimeout(() => note.remove(), 10000);
    return note;
  };
})();
