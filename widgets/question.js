// The view of a question: choices or an order, one commit, then what is to be said about it.

import { commands, h, keepKeys, patch } from "./dom.mjs";

function spansOf(spans) {
  const tags = { code: "code", strong: "strong", em: "em" };
  return spans.map(([kind, text]) => tags[kind] ? h(tags[kind], {}, text) : text);
}

function blocksOf(blocks) {
  const drawn = [];
  for (const block of blocks) {
    const last = drawn[drawn.length - 1];
    if (block.kind === "li") {
      const item = h("li", {}, spansOf(block.spans));
      if (last && last.tag === "ul") last.children.push(item);
      else drawn.push(h("ul", {}, item));
    } else drawn.push(h(block.kind === "pre" ? "pre" : "p", {}, spansOf(block.spans)));
  }
  return drawn;
}

function render({ model, el }) {
  const root = el.ownerDocument.createElement("div");
  root.className = "locrib lr-question";
  root.setAttribute("role", "group"); // a landmark would need a name that no other has
  root.setAttribute("aria-label", "Question");
  el.append(root);
  const group = `answer-${Math.random().toString(36).slice(2)}`;
  const view = () => model.get("view");
  const ui = { chosen: null, order: view().choices.map((choice) => choice.id), refused: "", sent: false };
  const link = commands(model, (answer) => {
    ui.sent = false;
    ui.refused = answer.refused ? answer.refused.message : "";
    draw();
  }, () => {
    ui.refused = "Python has not answered yet. If the kernel is busy, wait; if it was restarted, " +
      "run this cell again.";
    draw();
  });

  function choice(item, v) {
    const done = v.committed;
    const mine = done ? done.answer === item.id : ui.chosen === item.id;
    const solution = done && done.solution === item.id;
    const state = !done ? "" : solution ? " lr-solution" : mine ? " lr-mistaken" : " lr-other";
    return h("label", { class: `lr-option${mine ? " lr-mine" : ""}${state}`, key: `choice-${item.id}` },
      h("input", {
        type: "radio", name: group, value: item.id, checked: mine, disabled: Boolean(done),
        onchange: () => { ui.chosen = item.id; ui.refused = ""; draw(); },
      }),
      h("span", { class: "lr-words" }, spansOf(item.spans)),
      solution && h("span", { class: "lr-tag" }, mine ? "✓ your answer, right" : "✓ right"),
      done && mine && !solution && h("span", { class: "lr-tag" }, "✕ your answer"));
  }

  function shift(id, by) {
    const place = ui.order.indexOf(id);
    const target = place + by;
    if (target < 0 || target >= ui.order.length) return;
    ui.order.splice(place, 1);
    ui.order.splice(target, 0, id);
    draw();
    const name = `[data-shift="${target}:${by}"]`;
    const wanted = root.querySelector(name);
    if (wanted && !wanted.disabled) wanted.focus();
    else root.querySelector(`[data-shift="${target}:${-by}"]`)?.focus();
  }

  function ordered(v) {
    const byId = new Map(v.choices.map((item) => [item.id, item]));
    const done = v.committed;
    const order = done ? done.answer : ui.order;
    return h("ol", { class: "lr-order" }, order.map((id, place) => {
      const fits = done && done.solution[place] === id;
      return h("li", { key: `item-${id}`, class: done ? (fits ? "lr-solution" : "lr-mistaken") : null },
        h("span", { class: "lr-words" }, spansOf(byId.get(id).spans)),
        done ? h("span", { class: "lr-tag" }, fits ? "✓ in place"
          : `✕ belongs at ${done.solution.indexOf(id) + 1}`)
          : [[-1, "▴", "earlier"], [1, "▾", "later"]].map(([by, sign, words]) => h("button", {
            type: "button", class: "lr-button", "data-shift": `${place}:${by}`,
            disabled: place + by < 0 || place + by >= order.length,
            "aria-label": `Move ${words}: ${byId.get(id).spans.map((span) => span[1]).join("")}`,
            onclick: () => shift(id, by),
          }, sign)));
    }));
  }

  function feedback(done) {
    return h("div", { class: done.right ? "lr-right" : "lr-wrong" },
      h("p", {}, h("strong", {}, done.right ? "✓ Right." : "✕ Not so.")),
      done.said.map((part) => part.kind === "idea"
        ? h("div", { class: "lr-idea" }, h("span", { class: "lr-soft" }, "The idea behind it"),
          h("blockquote", {}, blocksOf(part.blocks)))
        : blocksOf(part.blocks)),
      blocksOf(done.explanation),
      done.others.length > 0 && h("details", {}, h("summary", {}, "What there is to say to the other answers"),
        h("dl", {}, done.others.map((other) => [
          h("dt", {}, spansOf(other.text)), h("dd", {}, blocksOf(other.feedback))]))));
  }

  function draw() {
    const v = view();
    const done = v.committed;
    patch(root, [
      h("form", {
        onsubmit: (event) => {
          event.preventDefault();
          const answer = v.ordering ? ui.order : ui.chosen;
          if (answer === null) { ui.refused = "Choose an answer first; a guess is fine."; draw(); return; }
          ui.sent = true;
          link.send({ do: "commit", answer });
          draw();
        },
      },
        h("fieldset", {}, h("legend", {}, blocksOf(v.prompt)),
          v.remark && h("p", { class: "lr-soft" }, v.remark),
          v.ordering ? ordered(v) : h("div", { class: "lr-choices" }, v.choices.map((item) => choice(item, v)))),
        !done && h("div", { class: "lr-tools" },
          h("button", { type: "submit", class: "lr-button lr-primary", disabled: ui.sent },
            ui.sent ? "Committing…" : "Commit"),
          h("span", { class: "lr-soft" }, "Once committed, an answer stays."),
          ui.refused && h("span", { class: "lr-error", role: "alert" }, ui.refused))),
      h("div", { "aria-live": "polite", key: "feedback" }, done && feedback(done)),
    ]);
  }

  keepKeys(root);
  model.on("change:view", draw);
  draw();
  return () => {
    model.off("change:view", draw);
    link.stop();
  };
}

export default { render };
