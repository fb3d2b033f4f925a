// What opens beside the picture: the router and its options, loading, taking away, the text twin.

import { copyText, h } from "./dom.mjs";

const MAX_FILE = 2_000_000;

// A button that can do nothing now says so and keeps the focus: one that is disabled while it has
// the focus sends a keyboard to the top of the page.
export function button(title, onclick, { disabled, ...props } = {}) {
  return h("button", {
    type: "button", class: "lr-button", onclick: disabled ? null : onclick,
    "aria-disabled": disabled ? "true" : null, ...props,
  }, title);
}

export function optionsPanel(v, ui, { send }) {
  const field = (key, title, control, note) => h("label", { key, class: "lr-option" },
    h("span", {}, title), control,
    note && h("span", { class: "lr-soft" }, note),
    ui.errors.has(key) && h("span", { class: "lr-error", role: "alert" }, ui.errors.get(key).message));
  const textBox = (key, text, command) => h("input", {
    type: "text", value: text, disabled: v.locked, autocomplete: "off", spellcheck: "false",
    "aria-invalid": ui.errors.has(key) ? "true" : null, placeholder: "default",
    onchange: (event) => send(command(event.target.value), key),
  });
  return h("div", { class: "lr-panel", key: "options", role: "group", "aria-label": "Router and options" },
    h("div", { class: "lr-options" },
      v.speaker.map((part) => {
        const key = `speaker:${part.name}`;
        return field(key, part.title,
          textBox(key, part.text, (text) => ({ do: "speaker", name: part.name, text })));
      })),
    h("div", { class: "lr-options" }, v.knobs.map((knob) => {
      const key = `knob:${knob.name}`;
      const note = knob.read ? null : "not read";
      if (knob.kind === "number") {
        return field(key, knob.title,
          textBox(key, knob.value, (text) => ({ do: "knob", name: knob.name, value: text })), note);
      }
      if (knob.kind === "flag") {
        return h("label", { key, class: "lr-option lr-check" }, h("input", {
          type: "checkbox", checked: knob.value, disabled: v.locked,
          onchange: (event) => send({ do: "knob", name: knob.name, value: event.target.checked }, key),
        }), h("span", {}, knob.title), note && h("span", { class: "lr-soft" }, note));
      }
      const known = { default: null, on: true, off: false };
      const chosen = Object.keys(known).find((name) => known[name] === knob.value);
      return field(key, knob.title, h("select", {
        value: chosen, disabled: v.locked,
        onchange: (event) => send({ do: "knob", name: knob.name, value: known[event.target.value] }, key),
      }, Object.keys(known).map((name) => h("option", { value: name }, name))), note);
    })),
    h("p", { class: "lr-soft" }, `Only what ${v.profile_title} reads is offered. ${v.versions}.`));
}

export function loadPanel(v, ui, { link, refusedAt, draw }) {
  const load = (pick) => link.send({ do: "load", text: ui.loadText, pick }, (reply) => {
    refusedAt("load")(reply);
    ui.cases = reply.cases || (reply.refused ? [] : ui.cases);
    if (reply.cases) ui.pick = "0";
    else if (!reply.refused) { ui.errors = new Map(); ui.active = { row: 0, column: 1 }; }
  });
  const readFile = (event) => {
    const file = event.target.files[0];
    if (!file) return;
    if (file.size > MAX_FILE) {
      ui.errors.set("load", { message: `file: expected at most ${MAX_FILE} bytes, got ${file.size}` });
      draw();
      return;
    }
    file.text().then((text) => { ui.loadText = text; ui.cases = []; load(null); draw(); });
  };
  return h("div", { class: "lr-panel", key: "load", role: "group", "aria-label": "Load" },
    h("label", { class: "lr-block" },
      h("span", {}, "Paste what a router says (show bgp ipv4 unicast PREFIX json) or a decision case"),
      h("textarea", {
        rows: "6", spellcheck: "false", value: ui.loadText, disabled: v.locked,
        "aria-invalid": ui.errors.has("load") ? "true" : null,
        oninput: (event) => { ui.loadText = event.target.value; ui.cases = []; },
      })),
    h("div", { class: "lr-tools" },
      button("Load the text", () => load(null), { disabled: v.locked, class: "lr-button lr-primary" }),
      h("label", { class: "lr-choose" }, h("span", {}, "or a file"),
        h("input", { type: "file", accept: ".json,.jsonl,.txt", disabled: v.locked, onchange: readFile })),
      ui.cases.length > 1 && h("label", { class: "lr-choose" },
        h("span", {}, `${ui.cases.length} cases; load`),
        h("select", { value: ui.pick, onchange: (e) => { ui.pick = e.target.value; load(Number(ui.pick)); draw(); } },
          ui.cases.map((name, place) => h("option", { value: String(place) }, name)))),
      ui.cases.length > 1 && button("Load this case", () => load(Number(ui.pick)))),
    ui.errors.has("load") && h("p", { class: "lr-error", role: "alert" },
      `${ui.errors.get("load").message}. The scene is as it was.`));
}

export function exportPanel(ui, { link, draw }) {
  const ask = (as) => link.send({ do: "export", as }, (reply) => {
    ui.exported = { as, text: reply.text, copied: null };
    copyText(reply.text, (done) => { ui.exported.copied = done; draw(); });
  });
  const shown = ui.exported;
  return h("div", { class: "lr-panel", key: "export", role: "group", "aria-label": "Take away" },
    h("div", { class: "lr-tools" },
      button("Copy as Python", () => ask("python")), button("Copy as JSON", () => ask("json")),
      shown && h("span", { role: "status", class: "lr-soft" },
        shown.copied ? "Copied to the clipboard." : "Select the text below and copy it.")),
    shown && h("textarea", {
      rows: "8", readonly: true, spellcheck: "false", value: shown.text,
      "aria-label": `The scene as ${shown.as === "json" ? "JSON" : "Python"}`,
      onfocus: (event) => event.target.select(),
    }));
}

export function twinPanel(v) {
  return h("div", { class: "lr-panel", key: "twin" },
    h("pre", { tabindex: "0", role: "group", "aria-label": "The picture as text" }, v.twin));
}
