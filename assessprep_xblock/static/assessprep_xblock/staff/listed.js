/* Students out of a pasted list or a file: looked up, shown with what is wrong, and only then taken; and how many a roster assigns. */
(function () {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const fields = window.assessprepFields;
  const LARGEST = 1700000;

  async function base64(file) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return btoa(text);
  }

  /* part: the fieldset with the list's own fields; take: what becomes of those who were found. */
  window.assessprepListedStudents = function (part, address, words, take) {
    const text = byId("session-list-text"), file = byId("session-list-file"), said = byId("session-list-said");
    const wrong = byId("session-list-wrong"), add = byId("session-list-add"), find = byId("session-list-find");
    let found = [];

    function render(data) {
      found = data ? data.results : [];
      add.hidden = found.length === 0;
      add.textContent = words.add_all.replace("{n}", found.length);
      const counts = { unknown: 0, not_enrolled: 0, twice: 0 };
      for (const one of data ? data.wrong : []) counts[one.what] += 1;
      const parts = data ? [words.found.replace("{n}", found.length).replace("{count}", data.count)] : [];
      for (const what of Object.keys(counts)) if (counts[what]) parts.push(words[`n_${what}`].replace("{n}", counts[what]));
      said.textContent = parts.join(" ");
      wrong.replaceChildren(...(data ? data.wrong : []).map((one) => {
        const item = document.createElement("li");
        const name = document.createElement("bdi");
        name.textContent = one.text;
        item.append(words.line.replace("{n}", one.line), " ", name, " ", words[one.what]);
        return item;
      }));
    }

    async function look() {
      const body = file.files[0] ? {} : { text: text.value };
      if (file.files[0]) {
        if (file.files[0].size > LARGEST) { fields.refuse(part, { field: "file", message: words.large }); return; }
        body.file = await base64(file.files[0]);
      } else if (!text.value.trim()) {
        fields.refuse(part, { field: "text", message: words.nothing });
        return;
      }
      const answer = await window.assessprepRest("POST", address, body);
      if (!answer.ok) { render(null); fields.refuse(part, answer.data); return; }
      render(answer.data);
    }

    for (const input of [text, file]) input.addEventListener("input", () => render(null));
    find.addEventListener("click", () => { fields.clear(part); fields.busy(find, look); });
    add.addEventListener("click", () => {
      take(found);
      const n = found.length;
      text.value = "";
      file.value = "";
      render(null);
      said.textContent = words.added.replace("{n}", n);
      find.focus();
    });
    render(null);
  };

  /* -> a function to call whenever the roster was changed; says how many students it assigns once nobody types any more. */
  window.assessprepRosterCount = function (said, address, words, roster) {
    let later;
    let asked = 0;
    async function count() {
      asked += 1;
      const mine = asked;
      const answer = await window.assessprepRest("POST", address, roster());
      if (mine !== asked) return;
      said.textContent = !answer.ok ? answer.data.message
        : answer.data.assigned === 1 ? words.assigns_one : words.assigns.replace("{n}", answer.data.assigned);
    }
    return () => { clearTimeout(later); later = setTimeout(count, 300); };
  };
})();
