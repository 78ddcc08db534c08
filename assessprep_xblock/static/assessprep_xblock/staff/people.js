/* Finding a student of the run by name while one types. */
(function () {
  "use strict";

  /* input: the search field; list, said: where results and sentences go; address, words; pick: [[word, (person) => ...], ...] */
  window.assessprepFindPeople = function (input, list, said, address, words, picks) {
    let asked = 0;
    let later;
    async function search() {
      const text = input.value.trim();
      asked += 1;
      const mine = asked;
      if (text.length < 2) { list.replaceChildren(); said.textContent = text ? words.more : ""; return; }
      const answer = await window.assessprepRest("GET", `${address}?search=${encodeURIComponent(text)}`);
      if (mine !== asked) return; // somebody typed on
      if (!answer.ok) { said.textContent = answer.data.message; return; }
      said.textContent = answer.data.results.length ? "" : words.nobody;
      list.replaceChildren(...answer.data.results.map((one) => {
        const item = document.createElement("li");
        const name = document.createElement("bdi");
        name.textContent = one.name;
        item.append(name, ` (${one.username}) `);
        for (const [word, take] of picks) {
          const button = document.createElement("button");
          button.type = "button";
          button.className = "ap-button ap-button-small";
          button.textContent = word;
          button.setAttribute("aria-label", `${word}: ${one.name}`);
          button.addEventListener("click", () => take(one));
          item.append(button, " ");
        }
        return item;
      }));
    }
    input.addEventListener("input", () => { clearTimeout(later); later = setTimeout(search, 250); });
    // Enter searches; it never sends a half-filled form.
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") { event.preventDefault(); clearTimeout(later); search(); }
    });
  };
})();
