import assert from "node:assert/strict";
import { test } from "node:test";

import { foldSteps, moved, plural, types } from "../../../widgets/grid.mjs";

const cell = (row, column) => ({ row, column });

test("arrows move one cell and stop at the edges", () => {
  assert.deepEqual(moved("ArrowUp", cell(0, 2), 3, 5), cell(0, 2));
  assert.deepEqual(moved("ArrowDown", cell(0, 2), 3, 5), cell(1, 2));
  assert.deepEqual(moved("ArrowDown", cell(2, 2), 3, 5), cell(2, 2));
  assert.deepEqual(moved("ArrowLeft", cell(1, 0), 3, 5), cell(1, 0));
  assert.deepEqual(moved("ArrowRight", cell(1, 4), 3, 5), cell(1, 4));
});

test("Home and End go to the ends of the row, with Control to the ends of the grid", () => {
  assert.deepEqual(moved("Home", cell(1, 3), 3, 5), cell(1, 0));
  assert.deepEqual(moved("End", cell(1, 3), 3, 5), cell(1, 4));
  assert.deepEqual(moved("Home", cell(1, 3), 3, 5, true), cell(0, 0));
  assert.deepEqual(moved("End", cell(1, 3), 3, 5, true), cell(2, 4));
});

test("Page Up and Page Down go to the ends of the column, other keys nowhere", () => {
  assert.deepEqual(moved("PageUp", cell(2, 3), 3, 5), cell(0, 3));
  assert.deepEqual(moved("PageDown", cell(0, 3), 3, 5), cell(2, 3));
  assert.equal(moved("x", cell(0, 0), 3, 5), null);
  assert.equal(moved("Enter", cell(0, 0), 3, 5), null);
});

const steps = [true, true, false, true, false].map((folds, n) => ({ id: n, folds }));

test("runs of steps that tell nobody apart fold into one each", () => {
  const drawn = foldSteps(steps, false);
  assert.deepEqual(drawn.map((item) => item.fold ? item.fold.length : item.place), [2, 2, 1, 4]);
});

test("asked for all steps, none folds", () => {
  assert.deepEqual(foldSteps(steps, true).map((item) => item.place), [0, 1, 2, 3, 4]);
  assert.deepEqual(foldSteps([], false), []);
});

test("a printed character begins to type, a combination or a named key does not", () => {
  const key = (name, held = {}) => ({ key: name, ...held });
  assert.ok(types(key("7")));
  assert.ok(types(key("é")));
  assert.ok(!types(key(" ")));
  assert.ok(!types(key("F2")));
  assert.ok(!types(key("s", { ctrlKey: true })));
  assert.ok(!types(key("s", { metaKey: true })));
});

test("one is singular, none and many are plural", () => {
  assert.equal(plural(1, "step", "steps"), "1 step");
  assert.equal(plural(0, "step", "steps"), "0 steps");
});
