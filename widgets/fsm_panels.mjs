// What stands beside the graph of a SessionFsm: connections and timers, events, history, settings.

import { h } from "./dom.mjs";
import { button } from "./panels.mjs";

export function seconds(left) {
  return left >= 100 ? `${left.toFixed(0)} s` : `${left.toFixed(1)} s`;
}

// How full a timer's bar is, in percent.
export function share(left, total) {
  return total > 0 ? Math.max(0, Math.min(100, 100 * left / total)) : 0;
}

// Names of events are long: what is narrow may break them after an underscore.
function breakable(text) {
  return text.split(/(?<=_)/).flatMap((part, place) => (place ? [h("wbr"), part] : [part]));
}

export function seatCard(seat, clock, several, choose) {
  const left = clock.timers[seat.name] || {};
  return h("div", { class: `lr-seat${several && seat.chosen ? " lr-on" : ""}`, key: `seat-${seat.name}` },
    h("h4", {}, h("span", { class: "lr-token" }, `● ${seat.name} `), seat.state,
      seat.direction && h("span", { class: "lr-soft" }, ` ${seat.direction}`)),
    several && choose && h("label", { class: "lr-check" }, h("input", {
      type: "radio", name: `seat-${choose.name}`, checked: seat.chosen, onchange: () => choose.pick(seat.name),
    }), h("span", {}, `events go to connection ${seat.name}`)),
    h("p", { class: "lr-soft" }, seat.line),
    seat.timers.length > 0 && h("ul", { class: "lr-timers", "aria-label": `Timers of connection ${seat.name}` },
      seat.timers.map((timer) => {
        const rest = left[timer.name];
        return h("li", { key: timer.name, class: timer.running ? null : "lr-off", title: timer.line },
          h("span", {}, timer.name), h("span", { class: "lr-left" }, rest === undefined ? "off" : seconds(rest)),
          h("span", { class: "lr-bar", "aria-hidden": "true" },
            h("span", { style: `width:${share(rest || 0, timer.total)}%` })));
      })),
    seat.counter !== null && h("p", { class: "lr-soft lr-count" }, `ConnectRetryCounter ${seat.counter}`,
      seat.hold !== null && ` · hold time agreed: ${seat.hold} s`));
}

// What FRR's and BIRD's command lines show in this moment.
export function seenCard(seen) {
  return h("div", { class: "lr-seen", key: "seen", role: "group", "aria-label": "What an operator sees" },
    h("h4", {}, "What an operator sees"),
    h("p", { class: "lr-soft" }, seen.what),
    seen.rows.length > 0 && h("dl", {}, seen.rows.map((row) => h("div", {},
      h("dt", {}, row.daemons),
      row.shown.map(([command, word]) => h("dd", {}, h("span", { class: "lr-soft" }, `${command}: `),
        h("code", {}, word)))))),
    seen.note && h("p", { class: "lr-soft" }, seen.note));
}

export function clockBar(v, clock, send) {
  return h("div", { class: "lr-clock lr-tools", role: "group", "aria-label": "Clock", key: "clock" },
    h("span", { class: "lr-now" }, `${clock.now.toFixed(1)} s`),
    button(v.running ? "Pause" : "Run", () => send({ do: "run", on: !v.running }),
      { disabled: v.locked, "aria-pressed": String(v.running), "data-name": "run" }),
    button("+ 1 s", () => send({ do: "wait", seconds: 1 }), { disabled: v.locked }),
    button("To next", () => send({ do: "wait" }, "clock"),
      { disabled: v.locked, title: "To the moment when something happens by itself" }),
    h("label", { class: "lr-choose" }, h("span", {}, "speed"),
      h("select", { value: String(v.speed), onchange: (e) => send({ do: "speed", speed: Number(e.target.value) }) },
        v.speeds.map((speed) => h("option", { value: String(speed) }, `${speed} ×`)))),
    h("label", { class: "lr-check" }, h("input", {
      type: "checkbox", checked: v.peer_answers, disabled: v.locked,
      onchange: (e) => send({ do: "peer", on: e.target.checked }),
    }), h("span", {}, "the peer answers by itself")));
}

export function eventsPanel(v, optional, send) {
  return h("div", { class: "lr-groups", key: "events", role: "group", "aria-label": "Events" },
    v.events.map((group) => h("div", { class: "lr-group", role: "group", "aria-label": group.title, key: group.group },
      h("h4", {}, group.title),
      group.events.filter((event) => optional || !event.optional).map((event) => h("button", {
        type: "button", key: `event-${event.number}`, "data-event": event.number, disabled: v.locked,
        class: `lr-event${event.why ? " lr-cannot" : ""}${event.optional ? " lr-optional" : ""}`,
        title: `${event.line}${event.why ? ` Not now: ${event.why}` : ""}`,
        onclick: () => send({ do: "press", number: event.number }),
      }, h("span", {}, event.short, event.why && h("span", { class: "lr-not" }, " not now")),
      h("small", {}, breakable(`${event.number} ${event.title}`)))),
      group.group === "administrative" && v.clearing && h("button", {
        type: "button", class: "lr-event", key: "clear", disabled: v.locked, onclick: () => send({ do: "clear" }),
      }, h("span", {}, "the routes are cleared"), h("small", {}, "FRR's Clearing_Completed")))));
}

const COLUMNS = [
  ["time", "When"], ["seat", "Conn."], ["before", "From"], ["event", "Event"], ["after", "To"],
  ["sent", "Sent or received"], ["by", "Caused by"],
];

// A column that is empty in every row is left out: a log does not tell who caused an event.
export function historyTable(v) {
  const columns = COLUMNS.filter(([name]) => v.history.some((row) => row[name] !== ""));
  return h("div", { class: "lr-history", key: "history", tabindex: "0", role: "group", "aria-label": "History" },
    h("table", {},
      h("thead", {}, h("tr", {}, columns.map(([name, title]) => h("th", { scope: "col", key: name }, title)))),
      h("tbody", {}, v.history.map((row) => h("tr", { key: `row-${row.key}` },
        columns.map(([name]) => h("td", { key: name, class: `lr-in-${name}` }, breakable(row[name]))))))),
    v.earlier > 0 && h("p", { class: "lr-soft" }, `${v.earlier} earlier steps are not shown.`));
}

export function settingsPanel(v, ui, send) {
  const error = (key) => ui.errors.has(key) &&
    h("span", { class: "lr-error", role: "alert" }, ui.errors.get(key).message);
  const box = (key, part, command) => h("label", { key, class: "lr-option" }, h("span", {}, part.title),
    h("input", {
      type: "text", value: part.text, autocomplete: "off", spellcheck: "false", disabled: v.locked,
      "aria-invalid": ui.errors.has(key) ? "true" : null,
      onchange: (event) => send(command(event.target.value), key),
    }), part.line && h("span", { class: "lr-soft" }, part.line), error(key));
  return h("div", { class: "lr-panel", key: "settings", role: "group", "aria-label": "Attributes and timers" },
    h("div", { class: "lr-options" }, v.attributes.filter((each) => each.flag).map((each) =>
      h("label", { class: "lr-check", key: each.name }, h("input", {
        type: "checkbox", checked: each.value, disabled: v.locked,
        onchange: (event) => send({ do: "attribute", name: each.name, value: event.target.checked }),
      }), h("span", {}, each.title, h("small", { class: "lr-soft" }, ` ${each.line}`))))),
    h("div", { class: "lr-options lr-narrow" },
      v.attributes.filter((each) => !each.flag).map((each) => box(`attribute:${each.name}`,
        { title: `${each.title}, seconds`, text: each.value, line: each.line },
        (value) => ({ do: "attribute", name: each.name, value })))),
    h("div", { class: "lr-options lr-narrow" }, v.identity.map((each) => box(`identity:${each.name}`, each,
      (text) => ({ do: "identity", name: each.name, text })))));
}

export function differencesPanel(v) {
  return h("div", { class: "lr-panel lr-history", key: "differences", tabindex: "0", role: "group", "aria-label": "FRR and the RFC" },
    h("table", {},
      h("thead", {}, h("tr", {}, ["In", "FRR's event", "RFC 4271 goes to", "FRR goes to", "What one sees"]
        .map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, v.differences.map((row) => h("tr", {},
        [row.state, `${row.event} (${row.stands})`, row.rfc, row.frr, row.why].map((text) => h("td", {}, text)))))),
    h("ul", {}, v.habits.map((habit) => h("li", {}, habit))));
}
