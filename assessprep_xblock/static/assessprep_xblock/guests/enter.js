/* Enter as a guest: two forms, one screen with the PIN, one way out. The page holds no secret before the server gave it. */
(function () {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const setup = JSON.parse(byId("guest-setup").textContent);
  const words = setup.words;
  const state = { busy: false };

  /* A sentence at a field, or under the form; "" takes it away. */
  function tell(field, text) {
    byId(field + "-wrong").textContent = text;
    const input = byId(field);
    if (!input || !("value" in input)) return;
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }

  function missing(fields) {
    let first = null;
    for (const [id, sentence] of fields) {
      const empty = !byId(id).value.trim();
      tell(id, empty ? sentence : "");
      if (empty && !first) first = byId(id);
    }
    if (first) first.focus();
    return first !== null;
  }

  /* One call at a time; the button says so and keeps the focus. */
  async function send(button, url, body) {
    if (state.busy) return null;
    state.busy = true;
    const said = button.textContent;
    button.setAttribute("aria-disabled", "true");
    button.textContent = words.wait;
    const answer = await window.assessprepRest("POST", url, body);
    state.busy = false;
    button.removeAttribute("aria-disabled");
    button.textContent = said;
    return answer;
  }

  function showPin(data) {
    byId("guest-door").hidden = true;
    // In two groups, which people copy without losing a digit.
    byId("guest-pin-digits").textContent = data.pin.slice(0, data.pin.length / 2) + " " + data.pin.slice(data.pin.length / 2);
    byId("guest-go").href = data.address;
    byId("guest-pin").hidden = false;
    byId("guest-pin").focus();
  }

  async function enter(event) {
    event.preventDefault();
    tell("guest", "");
    if (missing([["guest-name", words.no_name], ["guest-code", words.no_code]])) return;
    const body = { name: byId("guest-name").value, code: byId("guest-code").value, request_id: setup.request_id };
    const answer = await send(byId("guest-enter"), setup.enter, body);
    if (!answer) return;
    if (answer.ok) return showPin(answer.data);
    // Without an answer one presses again: the same call finds the guest that it may have made.
    refused(answer, { name: "guest-name", code: "guest-code" }, "guest", "code_wrong", "guest-code");
  }

  async function resume(event) {
    event.preventDefault();
    tell("resume", "");
    if (missing([["resume-code", words.no_code], ["resume-pin", words.no_pin]])) return;
    const answer = await send(byId("resume-go"), setup.resume, { code: byId("resume-code").value, pin: byId("resume-pin").value });
    if (!answer) return;
    if (answer.ok) return window.location.assign(answer.data.address);
    refused(answer, { code: "resume-code", pin: "resume-pin" }, "resume", "pin_wrong", "resume-pin");
  }

  function refused(answer, fields, form, own, ownField) {
    const data = answer.data || {};
    const field = fields[data.field] || (data.code === own ? ownField : null);
    tell(field || form, fields[data.field] ? window.assessprepWords.called(data.message, data.field, byId(field).labels[0].textContent.trim()) : data.message);
    if (field) byId(field).focus();
    // Somebody signed in on this device meanwhile, in another tab, and this page's token is nobody's any more: loaded again, it
    // says who.
    if (data.code === "signed_in_already" || (answer.status === 403 && data.code === "unreadable")) window.location.reload();
  }

  async function leave() {
    const answer = await send(byId("guest-leave"), setup.leave, {});
    if (!answer) return;
    if (answer.ok || answer.status === 401 || answer.status === 404) window.location.reload();
    else window.assessprepTell(answer.data.message, "bad");
  }

  if (byId("guest-form")) {
    byId("guest-form").addEventListener("submit", enter);
    byId("resume-form").addEventListener("submit", resume);
  }
  if (byId("guest-leave")) byId("guest-leave").addEventListener("click", leave);
})();
