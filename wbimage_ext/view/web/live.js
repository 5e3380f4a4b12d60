/* Asks the server once a second what is new. In: the chosen runs and what is known of them.
   Out: parts for the runs and changes of the list. While the page is not seen, nothing is asked
   for; where the server does not answer, the page says so and tries again. */
/* global Runs, Source */
/* exported Live */
"use strict";

const Live = (() => {
  const ASK_MILLISECONDS = 1000;
  const RETRY_MILLISECONDS = 3000;
  const note = document.getElementById("live-note");
  let listVersion = 0;
  let changed = () => {};
  let timer = 0;
  let isAsking = false;

  function say(text) {
    note.textContent = text;
    note.hidden = !text;
  }

  function path() {
    const runs = Runs.chosen.map((run) => `&run=${run.id}:${run.epoch}:${run.version}`);
    return `changes?list=${listVersion}${runs.join("")}`;
  }

  async function ask() {
    const { list, runs } = await Source.ask(path());
    const byId = new Map(Runs.all.map((run) => [run.id, run]));
    runs.forEach((part) => byId.has(part.id) && byId.get(part.id).apply(part));
    if (list) {
      listVersion = list.version;
      Runs.take(list);
    }
    if (list || runs.length) {
      changed();
    }
    const chosen = Runs.chosen;
    const isReading = chosen.some((run) => run.isKnown && run.reading < 1);
    say(isReading ? "Reading the runs \u2026" : "");
    const isNew = list && chosen.some((run) => !run.isKnown);
    return isReading || isNew ? 0 : ASK_MILLISECONDS;
  }

  function round() {
    clearTimeout(timer);
    if (document.hidden || isAsking) {
      return;
    }
    isAsking = true;
    ask().catch((error) => {
      say(`The server does not answer (${error.message}). The page tries again.`);
      return RETRY_MILLISECONDS;
    }).then((wait) => {
      isAsking = false;
      if (wait) {
        timer = setTimeout(round, wait);
      } else {
        round(); // before the page is drawn, which takes longer than an answer
      }
    });
  }

  return {
    /* Begins to ask, and calls `whenChanged` after each answer that has something new. */
    start(whenChanged) {
      changed = whenChanged;
      document.addEventListener("visibilitychange", round);
      round();
    },
    /* Asks at once, as other runs were chosen. */
    soon() {
      if (!isAsking) {
        round();
      }
    },
  };
})();
