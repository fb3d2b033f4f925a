import assert from "node:assert/strict";
import { test } from "node:test";

import { patch } from "../../../widgets/dom.mjs";
import { graph, graphLabel, shownEdges } from "../../../widgets/fsm_graph.mjs";
import { historyTable, seconds, seenCard, share } from "../../../widgets/fsm_panels.mjs";
import { newPage } from "./page.mjs";

const edge = (before, after, common) => ({
  id: `${before}-${after}`, before, after, common, path: "M0 0", label: "x", title: "t", x: 0, y: 0, anchor: "end",
});
const edges = [edge("Idle", "Connect", true), edge("Connect", "Idle", false), edge("Connect", "OpenSent", true)];
const ids = (found) => found.map((each) => each.id);

test("few arrows are drawn until more are asked for, and the way taken is drawn apart", () => {
  assert.deepEqual(ids(shownEdges(edges, "common", "Connect", [])), ["Idle-Connect", "Connect-OpenSent"]);
  assert.deepEqual(ids(shownEdges(edges, "here", "Connect", [])), ["Connect-Idle", "Connect-OpenSent"]);
  assert.equal(shownEdges(edges, "all", "Connect", []).length, 3);
  assert.deepEqual(ids(shownEdges(edges, "all", "", ["Connect-Idle", null])), ["Idle-Connect", "Connect-OpenSent"]);
});

test("timers are told in tenths when short, and a bar is never over full", () => {
  assert.equal(seconds(240), "240 s");
  assert.equal(seconds(2.96), "3.0 s");
  assert.equal(share(45, 90), 50);
  assert.equal(share(100, 90), 100);
  assert.equal(share(1, 0), 0);
});

const hostile = "<img src=x onerror=alert(1)>";
const view = {
  seats: [{ name: hostile, state: "Idle", chosen: true }], edges, history: [], travelled: null, gone: null, earlier: 0,
  nodes: [{ id: "Idle", x: 1, y: 2, tokens: [hostile], chosen: true, line: hostile }],
};

test("a drawing is made of parts of a drawing, and names are text in it", () => {
  const page = newPage();
  patch(page, [graph(view, "all", "n", null)]);
  const svg = page.childNodes[0];
  assert.equal(svg.namespace, "http://www.w3.org/2000/svg");
  assert.ok(svg.textContent.includes(hostile));
  assert.ok(graphLabel(view).includes("in Idle"));
});

test("what an operator sees is named, and told for every daemon", () => {
  const page = newPage();
  const rows = [{ daemons: "FRR 8.4 and FRR 10", shown: [["show bgp summary", hostile]] }];
  patch(page, [seenCard({ what: "The call is refused.", note: "", rows })]);
  assert.equal(page.childNodes[0].attributes["aria-label"], "What an operator sees");
  for (const text of ["The call is refused.", "FRR 8.4 and FRR 10", "show bgp summary", hostile]) {
    assert.ok(page.textContent.includes(text));
  }
});

test("a row of the history holds what the step was", () => {
  const page = newPage();
  const row = { key: 1, time: "1 s", seat: "A", before: "Idle", event: hostile, after: "Connect", sent: "", by: "you" };
  patch(page, [historyTable({ history: [row], earlier: 2 })]);
  assert.ok(page.textContent.includes(hostile));
  assert.ok(page.textContent.includes("2 earlier steps"));
});
