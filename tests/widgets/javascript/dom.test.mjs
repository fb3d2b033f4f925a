import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { commands, h, patch } from "../../../widgets/dom.mjs";
import { newPage } from "./page.mjs";

const hostile = '<img src=x onerror="alert(1)">';

test("text is drawn as text, whatever is in it", () => {
  const page = newPage();
  patch(page, [h("p", { title: hostile }, hostile)]);
  assert.equal(page.childNodes.length, 1);
  assert.equal(page.childNodes[0].childNodes.length, 1);
  assert.equal(page.textContent, hostile);
  assert.equal(page.childNodes[0].attributes.title, hostile);
});

test("a name cannot turn round the words that follow it", () => {
  const page = newPage();
  patch(page, [h("p", {}, "\u202eevil\u2066", " is best")]);
  assert.equal(page.textContent, "evil is best");
});

test("nothing is drawn for what is absent, and zero is something", () => {
  const page = newPage();
  patch(page, [null, false, undefined, "", h("b", {}, [[0]], null)]);
  assert.equal(page.childNodes.length, 1);
  assert.equal(page.textContent, "0");
});

test("elements are kept when the picture changes, and untouched when it does not", () => {
  const page = newPage();
  const draw = (word) => patch(page, [h("p", { class: word }, word), h("input", { value: "1" })]);
  draw("one");
  const [paragraph, input] = page.childNodes;
  draw("two");
  assert.equal(page.childNodes[0], paragraph);
  assert.equal(page.childNodes[1], input);
  assert.equal(paragraph.attributes.class, "two");
  const writes = paragraph.writes;
  draw("two");
  assert.equal(paragraph.writes, writes);
});

test("what is half typed survives a redraw until the value itself changes", () => {
  const page = newPage();
  const draw = (value) => patch(page, [h("input", { value })]);
  draw("100");
  page.childNodes[0].value = "20";
  draw("100");
  assert.equal(page.childNodes[0].value, "20");
  draw("300");
  assert.equal(page.childNodes[0].value, "300");
});

test("a part that comes or goes takes no other's element, so that the focus stays", () => {
  const page = newPage();
  const draw = (note, list) => patch(page, [note && h("button", {}, "note"), h("button", {}, "undo"),
    list.map((name) => h("i", {}, name)), note && "text", h("button", {}, "redo")]);
  draw(false, []);
  const [undo, redo] = page.childNodes;
  draw(true, ["a", "b"]);
  assert.deepEqual(page.childNodes.map((each) => each.textContent), ["note", "undo", "a", "b", "text", "redo"]);
  assert.equal(page.childNodes[1], undo);
  assert.equal(page.childNodes[5], redo);
  draw(false, []);
  assert.deepEqual(page.childNodes, [undo, redo]);
  assert.deepEqual([undo.moves, redo.moves], [1, 1]);
});

test("the focus returns to an element that had to change its place", () => {
  const page = newPage();
  const draw = (names) => patch(page, names.map((key) => h("input", { key })));
  draw(["p1", "p2", "p3"]);
  const last = page.childNodes[2];
  last.focus();
  draw(["p3", "p1", "p2"]);
  assert.equal(page.ownerDocument.activeElement, last);
});

test("rows keep their elements when they change places", () => {
  const page = newPage();
  const draw = (names) => patch(page, names.map((key) => h("tr", { key }, key)));
  draw(["p1", "p2", "p3"]);
  const [first, second, third] = page.childNodes;
  draw(["p3", "p1", "p2"]);
  assert.deepEqual(page.childNodes, [third, first, second]);
  draw(["p2"]);
  assert.deepEqual(page.childNodes, [second]);
});

test("a row named like a property of every object is a row like any other", () => {
  const page = newPage();
  patch(page, ["__proto__", "constructor"].map((key) => h("tr", { key }, key)));
  assert.equal(page.textContent, "__proto__constructor");
});

test("the handler drawn last hears the event, and none after it is gone", () => {
  const page = newPage();
  const heard = [];
  patch(page, [h("button", { onclick: () => heard.push("old") })]);
  patch(page, [h("button", { onclick: () => heard.push("new") })]);
  page.childNodes[0].dispatch("click");
  patch(page, [h("button", {})]);
  page.childNodes[0].dispatch("click");
  assert.deepEqual(heard, ["new"]);
});

test("true is an empty attribute, false and null are none", () => {
  const page = newPage();
  patch(page, [h("input", { disabled: true, "aria-invalid": null, required: false })]);
  assert.deepEqual(page.childNodes[0].attributes, { disabled: "" });
  patch(page, [h("input", { disabled: false })]);
  assert.deepEqual(page.childNodes[0].attributes, {});
});

function model() {
  const heard = new Set();
  return {
    sent: [],
    on: (_, listener) => heard.add(listener),
    off: (_, listener) => heard.delete(listener),
    send(message) { this.sent.push(message); },
    answer(message) { for (const listener of heard) listener(message); },
    heard,
  };
}

test("an answer goes to the view and the command that asked, once", () => {
  const python = model();
  const [mine, others] = [[], []];
  const one = commands(python, (answer, then) => { mine.push(answer.seq); then?.(answer); }, () => {});
  const two = commands(python, (answer) => others.push(answer.seq), () => {});
  let told = null;
  one.send({ do: "add" }, (answer) => { told = answer; });
  const { client, seq } = python.sent[0];
  python.answer({ client, seq, refused: { message: "no" } });
  python.answer({ client, seq });
  python.answer({ client: "else", seq });
  assert.deepEqual(mine, [seq]);
  assert.deepEqual(others, []);
  assert.equal(told.refused.message, "no");
  one.stop();
  two.stop();
  assert.equal(python.heard.size, 0);
});

test("silence is noticed, and an answer in time is not silence", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const python = model();
  let silences = 0;
  const link = commands(python, () => {}, () => { silences += 1; }, 1000);
  link.send({ do: "add" });
  python.answer({ client: python.sent[0].client, seq: python.sent[0].seq });
  mock.timers.tick(1001);
  assert.equal(silences, 0);
  link.send({ do: "add" });
  mock.timers.tick(1001);
  assert.equal(silences, 1);
  link.stop();
  mock.timers.reset();
});
