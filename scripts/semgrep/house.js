// One breach of each rule: semgrep --test asks that it is found. Never shipped.
function breaches(element, text) {
    // ruleid: no-html-in-scripts
    element.innerHTML = text;
    // ruleid: no-html-in-scripts
    element.insertAdjacentHTML("beforeend", text);
    // ruleid: no-html-in-scripts
    eval(text);
    // ok: no-html-in-scripts
    element.textContent = text;
}
