/* A written response: counts words and grows with the text. Saving and handing in are the assessment's own business. */
function AssessPrepWritten(runtime, element) {
  "use strict";
  const host = element.jquery ? element[0] : element;
  const text = host.querySelector(".ap-written-text"), count = host.querySelector(".ap-written-count");
  if (!text || !count || text.dataset.ready) return;
  text.dataset.ready = "true";
  const most = Number(count.dataset.most) || 0;

  function render() {
    const n = text.value.trim() ? text.value.trim().split(/\s+/).length : 0;
    const over = most && n > most;
    const words = over ? count.dataset.over : most ? count.dataset.of : n === 1 ? count.dataset.one : count.dataset.many;
    count.textContent = words.replace("{n}", String(n)).replace("{most}", String(most));
    count.classList.toggle("ap-over", Boolean(over));
    // An essay is read as a whole: the field grows, the page scrolls.
    text.style.blockSize = "auto";
    if (text.scrollHeight) text.style.blockSize = text.scrollHeight + 4 + "px";
  }
  text.addEventListener("input", render);
  window.addEventListener("resize", render);
  render();
}
