/* Sentences, names, times and moments, as every staff page puts them. No framework, no build. */
(function () {
  "use strict";
  const two = (number) => String(number).padStart(2, "0");
  /* "{n} of {of}" with its values; what is not told stays as it is. */
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));

  window.assessprepWords = {
    fill,
    /* The page's language, with the digits that codes and points have. */
    locale: `${document.documentElement.lang || "en"}-u-nu-latn`,
    /* A name in a sentence may run the other way: isolated, it does not turn its neighbours round. */
    apart: (name) => "\u2068" + name + "\u2069",
    /* "“closes_at” lies in the past": a field as its form calls it, within whatever quotation marks the language has. */
    called: (message, field, label) => message.replace(new RegExp("([“„«‹\"])" + String(field).replace(/\W/g, "\\$&") + "([”“»›\"])"),
      (whole, before, after) => before + label + after),
    /* What is right already is left in peace: screen readers are told of changes alone. */
    put: (element, text) => { if (element.textContent !== text) element.textContent = text; },
    show: (element, yes) => { if (element.hidden === yes) element.hidden = !yes; },
    /* Seconds as a stopwatch has them: 4:05, 1:04:05. */
    stopwatch(seconds) {
      const hours = Math.floor(seconds / 3600);
      return (hours ? hours + ":" + two(Math.floor(seconds / 60) % 60) : Math.floor(seconds / 60)) + ":" + two(seconds % 60);
    },
    /* Milliseconds in the page's own words for seconds, minutes and hours. */
    span(ms, words) {
      const seconds = Math.max(0, Math.floor(ms / 1000));
      if (seconds < 60) return fill(words.seconds, { n: seconds });
      if (seconds < 3600) return fill(words.minutes, { n: Math.floor(seconds / 60) });
      return fill(words.hours, { n: Math.floor(seconds / 3600), m: Math.floor((seconds % 3600) / 60) });
    },
    /* The server's sentences name moments as ISO 8601 UTC; say(moment) tells one as its reader knows it. */
    withMoments: (text, say) => text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, say),
  };
})();
