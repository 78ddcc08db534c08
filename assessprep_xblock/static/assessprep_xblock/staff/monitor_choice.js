/* Part of the Monitor (monitor.js): which rows are shown and in what order, and what is asked of a row for that. */
window.AssessPrepMonitorParts = window.AssessPrepMonitorParts || {};
window.AssessPrepMonitorParts.choice = function (room) {
  "use strict";
  const { state, never, serverNow } = room;

  function fits(row) {
    const asked = state.filters;
    return (!asked.status || row.status === asked.status)
      && (!asked.class || row.classes.includes(Number(asked.class)))
      && (!asked.connection || connection(row) === asked.connection)
      && (!asked.hold || (asked.hold === "none" ? !row.held : row.held === asked.hold))
      && (!asked.incident || concerns(row, asked.incident))
      && (!asked.search || (row.name + "\n" + row.username).toLowerCase().includes(asked.search.toLowerCase()));
  }

  /* What makes an invigilator look at a row, the gravest first; 0 is nothing. */
  function gravity(row) {
    if (row.voided || row.status === "submitted") return row.grading === "pending" || state.noted.has(row.learner) ? 1 : 0;
    if (row.away) return 6;
    if (connection(row) === "silent") return 5;
    if (row.overdue || row.other_device) return 4;
    if (row.waiting) return 3;
    return state.noted.has(row.learner) || row.focus_lost ? 2 : row.held === "student" ? 1 : 0;
  }
  function concerns(row, what) {
    if (what === "noted") return state.noted.has(row.learner);
    if (what === "device") return Boolean(row.other_device);
    if (what === "focus") return row.focus_lost > 0;
    return gravity(row) > 0;
  }
  const STATUSES = ["in_progress", "joined", "absent", "ended", "submitted"];
  const ORDERS = {
    "": (row) => -gravity(row),
    name: () => 0,
    status: (row) => STATUSES.indexOf(row.status),
    left: (row) => (row.status === "in_progress" ? left(row) : never),
    progress: (row) => (row.attempt && row.questions ? row.answered / row.questions : never),
    contact: (row) => (connection(row) ? Date.parse(row.last_seen_at || 0) : never),
  };
  /* The server tells rows by name, and sorting keeps that order among equals. */
  function inOrder(rows) {
    const key = ORDERS[state.filters.sort] || ORDERS[""];
    return rows.map((row) => [key(row), row]).sort((one, other) => one[0] - other[0]).map((pair) => pair[1]);
  }

  /* What is left now: ends_at where the clock runs, left_ms where it stands still. */
  const left = (row) => (row.ends_at ? Date.parse(row.ends_at) - serverNow() : row.left_ms);
  function connection(row) {
    if (row.status !== "joined" && row.status !== "in_progress") return "";
    if (!row.last_seen_at) return "never";
    return serverNow() - Date.parse(row.last_seen_at) > state.session.silent_after_s * 1000 ? "silent" : "connected";
  }

  return { fits, inOrder, left, connection };
};
