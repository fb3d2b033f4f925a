// The decision as a table: a row a path, a column a step, and what became of each path.

import { h } from "./dom.mjs";
import { foldSteps, plural } from "./grid.mjs";

const MARKS = {
  best: ["★", "best path"],
  multipath: ["=", "in the multipath set"],
  lost: ["", "not selected"],
  ineligible: ["⊘", "takes no part"],
};

export function mark(state) {
  const [sign, words] = MARKS[state] || MARKS.lost;
  return sign
    ? [h("span", { class: "lr-mark", "aria-hidden": "true" }, sign), quiet(words)]
    : null;
}

export function quiet(text) {
  return h("span", { class: "lr-quiet" }, text);
}

// `compact` leaves out what would change it: two tables stand side by side then.
export function stepsTable(verdict, { all, compact, unfold }) {
  const drawn = foldSteps(verdict.columns, all);
  return h("div", { class: "lr-scroll", key: `steps-${verdict.profile}` },
    h("table", { class: compact ? "lr-steps lr-compact" : "lr-steps" },
      h("caption", { class: "lr-quiet" }, `How ${verdict.title} decides, step by step`),
      h("thead", {}, h("tr", {},
        h("th", { scope: "col" }, "Path"),
        drawn.map((item) => item.fold ? foldHead(item.fold, unfold) : stepHead(item.column)),
        h("th", { scope: "col", class: "lr-outcome" }, "Outcome"))),
      h("tbody", {}, verdict.rows.map((row, place) => pathRow(row, place, drawn, compact))),
      h("tfoot", {}, h("tr", {},
        h("th", { scope: "row" }, "Still in"),
        drawn.map((item) => item.fold
          ? h("td", { class: "lr-fold" })
          : h("td", {}, standing(item.column.left, compact ? Infinity : verdict.start))),
        h("td", {})))));
}

function stepHead(column) {
  return h("th", {
    scope: "col", title: column.hint,
    class: column.decisive ? "lr-decisive" : (column.folds ? "lr-idle" : null),
  }, column.title, column.decisive && h("span", { class: "lr-flag" }, "settled here"));
}

function foldHead(fold, unfold) {
  const names = fold.map((column) => column.title).join(", ");
  const words = `${plural(fold.length, "step tells", "steps tell")} nobody apart: ${names}`;
  return h("th", { scope: "col", class: "lr-fold" },
    h("button", { type: "button", class: "lr-unfold", title: words, onclick: unfold },
      h("span", { "aria-hidden": "true" }, `⋯${fold.length}`), quiet(`Show ${words}`)));
}

function standing(left, start) {
  return [
    h("span", { class: "lr-count" }, String(left)),
    h("span", { class: "lr-dots", "aria-hidden": "true" },
      start <= 6 && "●".repeat(left) + "○".repeat(Math.max(0, start - left))),
  ];
}

function pathRow(row, place, drawn, compact) {
  return h("tr", { class: `lr-is-${row.state}`, key: `row-${row.id}` },
    h("th", { scope: "row", title: row.id }, mark(row.state), h("bdi", { class: "lr-name" }, row.id)),
    drawn.map((item) => item.fold
      ? h("td", { class: "lr-fold" })
      : stepCell(item.column.cells[place], item.column)),
    h("td", { class: "lr-outcome" }, outcome(row, compact)));
}

function stepCell(cell, column) {
  const name = `lr-cell lr-${cell.state}${column.decisive ? " lr-decisive" : ""}`;
  if (cell.state === "gone") {
    return h("td", { class: name }, h("span", { "aria-hidden": "true" }, "·"), quiet("out before"));
  }
  return h("td", { class: name },
    cell.state === "falls" && h("span", { class: "lr-mark", "aria-hidden": "true" }, "✕"),
    h("bdi", { class: longest(cell.text) > 16 ? "lr-long" : null }, cell.text),
    cell.note && quiet(`, out: ${cell.note}`));
}

function longest(text) {
  return Math.max(...text.split(/\s+/).map((word) => word.length));
}

function outcome(row, compact) {
  return [
    h("strong", {}, compact ? row.short : row.result),
    !compact && row.detail && h("div", { class: "lr-soft" }, row.detail),
    !compact && row.what_if && h("div", {}, row.what_if),
  ];
}

// What would change it, as a list: where the table is compact.
export function whatIfs(verdict) {
  const rows = verdict.rows.filter((row) => row.what_if || row.detail);
  return rows.length > 0 && h("details", { class: "lr-more", key: `what-${verdict.profile}` },
    h("summary", {}, `What would change it under ${verdict.title}`),
    h("ul", {}, rows.map((row) => h("li", {},
      h("bdi", { class: "lr-name" }, row.id), ": ", row.detail, row.detail && " ", row.what_if))));
}

// What goes with the table: the multipath set, and what surprises.
export function notes(verdict) {
  return [verdict.multipath, ...verdict.notes].filter(Boolean)
    .map((note) => h("p", { class: "lr-note" }, note));
}
