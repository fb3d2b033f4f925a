// The paths as a grid that is edited in place: arrows move, Enter or typing edits, Escape leaves.
// The pattern is the ARIA Authoring Practices' data grid, with one cell in the tab order.

import { h } from "./dom.mjs";
import { moved, types } from "./grid.mjs";
import { mark, quiet } from "./steps_view.mjs";

export function editKey(path, field) {
  return JSON.stringify(["edit", path, field]);
}

// `ui` is the view's own state (where the focus is, what is being typed); `act` changes things.
export function pathsGrid(view, ui, act) {
  const main = view.fields.map((field, place) => ({ field, place })).filter((c) => !c.field.more);
  const columns = main.length + 3; // arrival, the fields, more, remove
  const states = view.verdict ? view.verdict.rows.map((row) => row.state) : [];
  const onkeydown = (event) => gridKey(event, view, main, columns, ui, act);
  return h("div", { class: "lr-scroll" },
    h("table", {
      class: "lr-paths", role: "grid", "aria-label": "Paths in order of arrival",
      "aria-readonly": view.locked ? "true" : null, onkeydown,
    },
      h("thead", {}, h("tr", { role: "row" },
        h("th", { role: "columnheader", scope: "col", title: "order of arrival" }, "#"),
        main.map(({ field }) => h("th", {
          role: "columnheader", scope: "col", class: `lr-f-${field.name}`,
          title: field.unread ? `${field.hint}. ${view.profile_title} does not look at it.` : field.hint,
        }, h("span", { class: field.unread ? "lr-unread" : null }, field.title),
          field.unread && quiet(`, which ${view.profile_title} does not look at`))),
        h("th", { role: "columnheader", scope: "col" }, quiet("More attributes")),
        h("th", { role: "columnheader", scope: "col" }, quiet("Remove")))),
      h("tbody", {}, view.rows.map((row, r) => pathRows(view, row, r, main, columns, states[r], ui, act)))));
}

function idOf(row) {
  return row[0].text;
}

function pathRows(view, row, r, main, columns, state, ui, act) {
  const id = idOf(row);
  const more = view.fields.map((field, place) => ({ field, place })).filter((c) => c.field.more);
  const inUse = more.filter(({ field, place }) => field.name === "loop"
    ? row[place].text !== field.options[0][0] : row[place].text).map(({ field }) => field.title);
  const open = ui.open.get(id) || false;
  const refused = main.map(({ field }) => ui.errors.get(editKey(id, field.name))).find(Boolean);
  const cell = (c, props, ...children) => h("td", {
    role: "gridcell", tabindex: ui.active.row === r && ui.active.column === c ? "0" : "-1",
    "data-cell": `${r}:${c}`, onfocus: () => act.activate(r, c), ...props,
  }, children);
  const shift = (by, sign, words) => !view.locked && h("button", {
    type: "button", class: "lr-bare", tabindex: "-1", title: words,
    "aria-label": `Let ${id} arrive ${words}`, onclick: () => act.move(id, by, r, 0),
  }, sign);
  return [
    h("tr", { role: "row", key: `path-${id}`, class: `lr-is-${state || "open"}` },
      cell(0, { class: "lr-order", "aria-label": `Arrival ${r + 1}; Alt and arrow up or down moves` },
        h("span", {}, String(r + 1)),
        h("span", { class: "lr-shift" }, shift(-1, "▴", "earlier"), shift(1, "▾", "later"))),
      main.map(({ field, place }, n) =>
        fieldCell(view, row, id, field, place, n + 1, cell, state, ui, act, r)),
      cell(columns - 2, {
        class: "lr-act", "aria-expanded": String(open), title: inUse.length > 0 ? `Set here: ${inUse.join(", ")}` : "reflection, AIGP, communities",
        "aria-label": `More attributes of ${id}${inUse.length > 0 ? `, ${inUse.length} of them set` : ""}`, onclick: () => act.toggle(id, !open),
      }, h("span", { class: "lr-bare", "aria-hidden": "true" }, open ? "▾" : "▸",
        inUse.length > 0 && h("small", { class: "lr-set" }, String(inUse.length)))),
      cell(columns - 1, {
        class: "lr-act", "aria-label": view.locked ? "Not to be removed now" : `Remove ${id}`,
        onclick: view.locked ? null : () => act.remove(id, r),
      }, !view.locked && h("span", { class: "lr-bare", "aria-hidden": "true" }, "✕"))),
    refused && h("tr", { role: "row", key: `refused-${id}`, class: "lr-refused" },
      h("td", { role: "gridcell", colspan: String(columns) },
        h("span", { role: "alert" }, refused.message))),
    open && moreRow(view, row, id, more, columns, ui, act),
  ];
}

function shownText(field, text) {
  const option = field.options.find(([value]) => value === text);
  return option ? option[1] : text;
}

function fieldCell(view, row, id, field, place, c, cell, state, ui, act, r) {
  const { text, fixed } = row[place];
  const key = editKey(id, field.name);
  const refused = ui.errors.get(key);
  const editing = ui.editing && ui.editing.key === key ? ui.editing : null;
  const frozen = fixed || view.locked;
  const named = `lr-f-${field.name} lr-value${field.unread ? " lr-unread" : ""}`;
  if (editing) return cell(c, { class: `${named} lr-editing` }, editor(field, id, editing, refused, act));
  const shown = shownText(field, text);
  if (field.kind === "flag") {
    const on = text === field.options[0][0];
    return cell(c, {
      class: named, "aria-readonly": frozen ? "true" : null, title: field.hint,
      onclick: frozen ? null : () => act.edit(id, field.name, on ? "no" : "yes", r, c),
    }, h("span", { class: on ? "lr-yes" : "lr-no" }, on ? "✓ yes" : "⊘ no"));
  }
  return cell(c, {
    class: named, "aria-readonly": frozen ? "true" : null,
    title: text.length > 14 ? text : field.hint,
    "aria-invalid": refused ? "true" : null,
    onclick: frozen ? null : () => act.begin(id, field, text, r, c, false),
  }, field.name === "id" && mark(state), shown ? h("bdi", {}, shown)
    : h("span", { class: "lr-absent" }, "–", quiet(fixed ? "no peer" : "not set")));
}

function editor(field, id, editing, refused, act) {
  const props = {
    class: "lr-editor", "aria-label": `${field.title} of ${id}`, value: editing.text,
    "aria-invalid": refused ? "true" : null,
    onblur: () => act.finish(0, 0),
    onkeydown: (event) => {
      event.stopPropagation();
      if (event.key === "Enter") { event.preventDefault(); act.finish(event.shiftKey ? -1 : 0, 0, true); }
      else if (event.key === "Escape") { event.preventDefault(); act.cancel(); }
      else if (event.key === "Tab") { event.preventDefault(); act.finish(0, event.shiftKey ? -1 : 1, true); }
      else editing.byKey = true;
    },
  };
  if (field.kind !== "choice") {
    return h("input", {
      ...props, type: "text", autocomplete: "off", spellcheck: "false",
      oninput: (event) => { editing.text = event.target.value; },
    });
  }
  return h("select", {
    ...props,
    onchange: (event) => {
      editing.text = event.target.value;
      // Arrow keys pass over values on their way; a click means the one it hits.
      if (!editing.byKey) act.finish(0, 0, true);
    },
  }, field.options.map(([value, title]) => h("option", { value }, title)));
}

function moreRow(view, row, id, more, columns, ui, act) {
  return h("tr", { role: "row", key: `more-${id}`, class: "lr-more-row" },
    h("td", { role: "gridcell", colspan: String(columns) },
      h("div", { class: "lr-more-fields" }, more.map(({ field, place }) => {
        const key = editKey(id, field.name);
        const refused = ui.errors.get(key);
        const props = {
          value: row[place].text, disabled: view.locked, title: field.hint,
          "aria-invalid": refused ? "true" : null,
          onchange: (event) => act.edit(id, field.name, event.target.value),
          onkeydown: (event) => {
            event.stopPropagation();
            if (event.key === "Escape") { event.target.value = row[place].text; act.forgive(key); }
          },
        };
        return h("label", { key, class: `lr-f-${field.name}` }, h("span", {}, field.title),
          field.kind === "choice"
            ? h("select", props, field.options.map(([value, title]) => h("option", { value }, title)))
            : h("input", { ...props, type: "text", autocomplete: "off", spellcheck: "false",
              placeholder: "not set" }),
          refused && h("span", { class: "lr-error", role: "alert" }, refused.message));
      }))));
}

function gridKey(event, view, main, columns, ui, act) {
  const { row, column } = ui.active;
  const cells = view.rows[row];
  if (!cells || event.target.getAttribute("role") !== "gridcell") return;
  const id = idOf(cells);
  const at = main[column - 1];
  if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    event.stopPropagation();
    if (!view.locked) act.move(id, event.key === "ArrowUp" ? -1 : 1, row, column);
    return;
  }
  const next = moved(event.key, ui.active, view.rows.length, columns, event.ctrlKey);
  if (next && !event.altKey) {
    event.preventDefault();
    event.stopPropagation();
    act.focus(next.row, next.column);
    return;
  }
  const press = event.key === "Enter" || event.key === " " || event.key === "F2";
  if (at && !view.locked && !cells[at.place].fixed) {
    const text = cells[at.place].text;
    if (at.field.kind === "flag") {
      if (!press) return;
      event.preventDefault();
      act.edit(id, at.field.name, text === "yes" ? "no" : "yes", row, column);
    } else if (press) {
      event.preventDefault();
      act.begin(id, at.field, text, row, column, true);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      act.begin(id, at.field, at.field.kind === "choice" ? text : "", row, column, true);
    } else if (types(event) && at.field.kind === "text") {
      event.preventDefault();
      act.begin(id, at.field, event.key, row, column, true, true);
    }
  } else if (press && column >= columns - 2) {
    event.preventDefault();
    event.target.click();
  }
}
