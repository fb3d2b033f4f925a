// The view of BestPath: draws the picture that Python sends and sends back what the learner does.

import { commands, h, keepKeys, patch } from "./dom.mjs";
import { button, exportPanel, loadPanel, optionsPanel, twinPanel } from "./panels.mjs";
import { editKey, pathsGrid } from "./paths_view.mjs";
import { notes, quiet, stepsTable, whatIfs } from "./steps_view.mjs";

const CAME = {
  right: "✓ As you predicted.", half: "◐ The path, not the step.", wrong: "✕ Not as you predicted.",
};

function render({ model, el }) {
  const root = el.ownerDocument.createElement("div");
  root.className = "locrib lr-best-path";
  root.setAttribute("role", "group"); // a landmark would need a name that no other has
  root.setAttribute("aria-label", "Best path calculator");
  el.append(root);
  const ui = {
    active: { row: 0, column: 1 }, editing: null, wanted: null, errors: new Map(), open: new Map(),
    all: false, panel: null, loadText: "", cases: [], pick: "0", exported: null, notice: "",
    winner: null, step: "",
  };
  const view = () => model.get("view");
  const link = commands(model, heard, () => {
    ui.notice = "Python has not answered yet. If the kernel is busy, wait; if it was restarted, " +
      "run this cell again.";
    draw();
  });

  function heard(answer, then) {
    ui.notice = "";
    if (then) then(answer);
    draw();
  }

  function refusedAt(key) {
    return (answer) => {
      if (answer.refused) ui.errors.set(key, answer.refused);
      else ui.errors.delete(key);
    };
  }

  function focusCell(row, column) {
    ui.active = { row, column };
    ui.wanted = `[data-cell="${row}:${column}"]`;
  }

  const act = {
    activate(row, column) {
      if (ui.active.row === row && ui.active.column === column) return;
      ui.active = { row, column };
      draw();
    },
    focus(row, column) { focusCell(row, column); draw(); },
    toggle(id, open) { ui.open.set(id, open); draw(); },
    begin(id, field, text, row, column, byKey, typed) {
      if (ui.editing) act.finish(0, 0);
      ui.active = { row, column };
      const key = editKey(id, field.name);
      const kept = ui.errors.has(key) ? ui.errors.get(key).typed : undefined;
      ui.editing = {
        key, id, field: field.name, before: text, row, column, byKey,
        text: kept !== undefined && !typed ? kept : text,
      };
      if (typed) ui.editing.before = null;
      ui.wanted = ".lr-editor";
      ui.selectAll = !typed;
      draw();
    },
    // Leave the cell; `by` rows and columns further. A refused value comes back into its cell.
    finish(down, right, keepFocus) {
      const editing = ui.editing;
      if (!editing) return;
      ui.editing = null;
      if (keepFocus) {
        const rows = view().rows.length;
        focusCell(Math.max(0, Math.min(rows - 1, editing.row + down)), editing.column + right);
      }
      if (editing.text === editing.before && !ui.errors.has(editing.key)) { draw(); return; }
      link.send({ do: "edit", path: editing.id, field: editing.field, text: editing.text }, (answer) => {
        refusedAt(editing.key)(answer);
        if (answer.refused) {
          ui.errors.get(editing.key).typed = editing.text;
          if (!ui.editing) { ui.editing = editing; ui.wanted = ".lr-editor"; }
        } else if (editing.field === "id" && ui.open.has(editing.id)) {
          ui.open.set(editing.text.trim(), ui.open.get(editing.id));
        }
      });
      draw();
    },
    cancel() {
      const editing = ui.editing;
      if (!editing) return;
      ui.editing = null;
      ui.errors.delete(editing.key);
      focusCell(editing.row, editing.column);
      draw();
    },
    forgive(key) { ui.errors.delete(key); draw(); },
    edit(id, field, text, row, column) {
      if (row !== undefined) focusCell(row, column);
      link.send({ do: "edit", path: id, field, text }, refusedAt(editKey(id, field)));
    },
    move(id, by, row, column) {
      link.send({ do: "move", path: id, by }, (answer) => {
        if (!answer.refused) focusCell(Math.max(0, Math.min(view().rows.length - 1, row + by)), column);
      });
    },
    remove(id, row) {
      link.send({ do: "remove", path: id }, (answer) => {
        if (!answer.refused && view().rows.length) focusCell(Math.min(row, view().rows.length - 1), 1);
      });
    },
  };

  function send(command, key) {
    link.send(command, key ? refusedAt(key) : undefined);
  }

  const tools = { link, send, refusedAt, draw };

  function togglePanel(name) {
    ui.panel = ui.panel === name ? null : name;
    draw();
  }

  function panelButton(name, title, extra) {
    return button([title, extra], () => togglePanel(name), {
      "aria-expanded": String(ui.panel === name), class: "lr-button lr-panel-button",
    });
  }

  function header(v) {
    const choose = (title, value, options, name) => h("label", { class: "lr-choose" },
      h("span", {}, title),
      h("select", {
        value, disabled: v.locked,
        onchange: (event) => send({ do: name, name: event.target.value }, name),
      }, options.map(([val, text]) => h("option", { value: val }, text))));
    const others = v.profiles.filter(([name]) => name !== v.profile);
    const set = v.knobs.filter((knob) => knob.set).length;
    return h("div", { class: "lr-head" },
      h("div", { class: "lr-title" }, h("bdi", {}, v.title)),
      h("div", { class: "lr-tools" },
        choose("decided by", v.profile, v.profiles, "profile"),
        choose("beside", v.second, [["", "nothing"], ...others], "second"),
        panelButton("options", "Router and options", set > 0 && h("span", { class: "lr-badge" },
          String(set), quiet(" set")))));
  }

  function predictForm(v) {
    const predict = v.predict;
    const radio = (value, label, key) => h("label", { class: "lr-guess", key }, h("input", {
      type: "radio", name: `winner-${root.dataset.view}`, value, checked: ui.winner === value,
      onchange: () => { ui.winner = value; draw(); },
    }), h("bdi", {}, label));
    return h("form", {
      class: "lr-predict", key: "predict",
      onsubmit: (event) => {
        event.preventDefault();
        if (ui.winner === null) {
          ui.errors.set("commit", { message: "Choose a path first; a guess is fine." });
          draw();
          return;
        }
        send({ do: "commit", winner: ui.winner, step: ui.step }, "commit");
      },
    },
      h("fieldset", {}, h("legend", {}, predict.text),
        h("div", { class: "lr-guesses" },
          predict.paths.map((id) => radio(id, id, `guess-${id}`)), radio("", "no path is eligible", "none"))),
      h("div", { class: "lr-tools" },
        h("label", { class: "lr-choose" }, h("span", {}, "settled by (if you like)"),
          h("select", { value: ui.step, onchange: (event) => { ui.step = event.target.value; } },
            h("option", { value: "" }, "I do not say"),
            predict.steps.map(([value, title]) => h("option", { value }, title)))),
        h("button", { type: "submit", class: "lr-button lr-primary" }, "Commit and see"),
        ui.errors.has("commit") &&
          h("span", { class: "lr-error", role: "alert" }, ui.errors.get("commit").message)));
  }

  function answer(v) {
    const one = v.verdict;
    if (!one) return predictForm(v);
    const unfold = () => { ui.all = true; draw(); };
    const folded = [one, v.second_verdict].some((part) => part && part.columns.some((c) => c.folds));
    const side = (part, key) => h("div", { class: "lr-side", key },
      h("h4", {}, part.title), h("p", {}, part.sentence),
      stepsTable(part, { all: ui.all, compact: true, unfold }),
      notes(part), whatIfs(part));
    const two = v.second_verdict;
    return h("div", { class: "lr-answer", key: "answer" },
      v.predict && h("div", { class: `lr-predicted ${v.predict.came === "wrong" ? "lr-wrong" : "lr-right"}` },
        h("strong", {}, CAME[v.predict.came]), " ", v.predict.text),
      two ? h("div", { class: "lr-sides" }, side(one, "first"), side(two, `second-${two.profile}`))
        : [stepsTable(one, { all: ui.all, compact: false, unfold }), notes(one)],
      h("div", { class: "lr-below" },
        folded && h("label", { class: "lr-check lr-soft" }, h("input", {
          type: "checkbox", checked: ui.all, onchange: (event) => { ui.all = event.target.checked; draw(); },
        }), h("span", {}, "show the steps that tell nobody apart")),
        elsewhere(v)));
  }

  function elsewhere(v) {
    return h("ul", { class: "lr-elsewhere", "aria-label": "The same paths elsewhere" },
      v.elsewhere.map((other) => {
        const here = other.name === v.profile;
        const same = other.best === v.verdict.best;
        const words = other.best === null ? "no path" : other.best;
        return h("li", {}, h("button", {
          type: "button", class: `lr-chip${same ? "" : " lr-differs"}`, disabled: here,
          title: here ? "decides here" : `settled by: ${other.settled}. Set beside it.`,
          "aria-pressed": String(other.name === v.second),
          onclick: () => send({ do: "second", name: other.name === v.second ? "" : other.name }),
        }, h("span", {}, other.title), h("bdi", {}, `${same ? "" : "≠ "}${words}`)));
      }));
  }

  function headline(v) {
    const one = v.verdict;
    return h("div", { class: "lr-verdict", "aria-live": "polite", "aria-atomic": "true" },
      one && h("p", { key: `best-${one.best}-${v.difference}`, class: one.best ? "lr-new" : "lr-new lr-nobody" },
        h("span", { class: "lr-star", "aria-hidden": "true" }, one.best === null ? "⊘" : "★"),
        h("span", {}, v.difference || one.sentence)));
  }

  function footer(v) {
    return h("div", { class: "lr-foot" },
      button("Add a path", () => send({ do: "add" }, "add"), { disabled: v.locked }),
      button("Undo", () => send({ do: "undo" }), { disabled: !v.undo || v.locked }),
      button("Redo", () => send({ do: "redo" }), { disabled: !v.redo || v.locked }),
      button("Start over", () => send({ do: "reset" }), { disabled: !v.undo || v.locked }),
      h("span", { class: "lr-gap" }),
      panelButton("load", "Load"), panelButton("export", "Take away"), panelButton("twin", "As text"),
      ui.errors.has("add") && h("span", { class: "lr-error", role: "alert" }, ui.errors.get("add").message));
  }

  function draw() {
    const v = view();
    patch(root, [
      header(v),
      ["profile", "second"].map((key) => ui.errors.has(key) &&
        h("p", { class: "lr-error", role: "alert" }, ui.errors.get(key).message)),
      ui.panel === "options" && optionsPanel(v, ui, tools),
      v.ignored && h("p", { class: "lr-note", key: "ignored" }, v.ignored),
      v.remarks.map((remark, n) => h("p", { class: "lr-note", key: `remark-${n}` }, remark)),
      v.rows.length ? pathsGrid(v, ui, act)
        : h("p", { class: "lr-empty" }, "No path has arrived. Add one, or load what a router says."),
      footer(v),
      ui.panel === "load" && loadPanel(v, ui, tools),
      ui.panel === "export" && exportPanel(ui, tools),
      ui.panel === "twin" && twinPanel(v),
      ui.notice && h("p", { class: "lr-error", role: "status", key: "notice" }, ui.notice),
      headline(v),
      answer(v),
    ]);
    if (ui.wanted) {
      const target = root.querySelector(ui.wanted);
      ui.wanted = null;
      if (target) {
        target.focus();
        if (ui.selectAll && target.select) target.select();
        ui.selectAll = false;
      }
    }
  }

  function onUndoKey(event) {
    const undo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
    if (!undo || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    event.preventDefault();
    event.stopPropagation();
    if (!view().locked) send({ do: event.shiftKey ? "redo" : "undo" });
  }

  root.dataset.view = Math.random().toString(36).slice(2);
  root.addEventListener("keydown", onUndoKey);
  keepKeys(root);
  const redraw = () => {
    const rows = view().rows.length;
    if (ui.active.row >= rows) ui.active = { row: Math.max(0, rows - 1), column: ui.active.column };
    draw();
  };
  model.on("change:view", redraw);
  draw();
  return () => {
    model.off("change:view", redraw);
    link.stop();
  };
}

export default { render };
