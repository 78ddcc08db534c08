/* What every staff page needs: calling REST v1, naming a request, and telling people what came of it. No framework, no build. */
(function () {
  "use strict";
  const own = document.currentScript;
  const root = () => document.getElementById("assessprep-page");

  // The cookie first: signing in again in another tab changes the token, and what was typed here is to be saved all the same.
  function csrf() {
    const found = document.cookie.split("; ").find((one) => one.startsWith("csrftoken="));
    return found ? decodeURIComponent(found.slice("csrftoken=".length)) : root().dataset.csrf;
  }
  const refused = (status, code, message) => ({ ok: false, status, data: { code, message } });
  /* A page where data was asked for is no answer of ours: the way to sign in, a token that is too old, or an error's. */
  function unreadable(answer) {
    if (answer.redirected || answer.status === 403) return refused(answer.redirected ? 401 : 403, "unreadable", own.dataset.signedOut);
    // Somebody on the way answers in the server's place: a network that wants its users to sign in, for one.
    if (answer.ok) return refused(answer.status, "unreachable", own.dataset.unreachable);
    return refused(answer.status, "server_error", own.dataset.failed.replace("{status}", answer.status));
  }

  /* -> {ok, status, data}. Never throws: what is no answer of ours has ok false and data {code, message} as a refusal has. No
     network is status 0 and "unreachable"; an error page "server_error": it may have been done all the same, or half of it. */
  window.assessprepRest = async function (method, url, body) {
    const headers = { Accept: "application/json" };
    if (method !== "GET") headers["X-CSRFToken"] = csrf();
    if (body !== undefined) headers["Content-Type"] = "application/json";
    try {
      const answer = await fetch(url, {
        method, headers, credentials: "same-origin", cache: "no-store", body: body === undefined ? undefined : JSON.stringify(body),
      });
      if (answer.status === 204) return { ok: true, status: 204, data: null };
      const data = await answer.json().catch((problem) => { if (problem.name !== "SyntaxError") throw problem; });
      // Without a sentence it is a proxy's word, or an error's.
      if (!data || (!answer.ok && !data.message)) return unreadable(answer);
      return { ok: answer.ok, status: answer.status, data };
    } catch (problem) {
      return refused(0, "unreachable", own.dataset.unreachable);
    }
  };

  /* What a page that asks again by itself says of an answer: "failed" for an error of the server's, "lost" for no answer, "". */
  window.assessprepRest.lost = (answer) => (answer.ok ? "" : answer.status >= 500 ? "failed" : "lost");

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
