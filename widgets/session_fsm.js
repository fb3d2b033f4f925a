// The view of SessionFsm: draws the picture that Python sends, sends back what the learner does, and
// ticks while the clock runs. What a tick does is Python's.

import { commands, h, keepKeys, patch } from "./dom.mjs";
import { button, twinPanel } from "./panels.mjs";
import { graph } from "./fsm_graph.mjs";
import { clockBar, differencesPanel, eventsPanel, historyTable, seatCard, seenCard, settingsPanel } from "./fsm_panels.mjs";

const TICK = 250; // milliseconds

function render({ model, el }) {
  const root = el.ownerDocument.createElement("div");
  root.className = "locrib lr-fsm";
  root.setAttribute("role", "group"); // a landmark would need a name that no other has
  root.setAttribute("aria-label", "BGP state machine");
  el.append(root);
  const name = `fsm-${Math.random().toString(36).slice(2)}`;
  const ui = {
    arrows: "common", optional: false, panel: null, errors: new Map(), notice: "", answer: null,
    started: false, playing: false, kind: "next_state", locked: null,
  };
  const view = () => model.get("view");
  const live = (v) => v.following !== null && v.following.status === "live";
  let ticked = null;
  let pending = false;
  const link = commands(model, (answer, then) => {
    ui.notice = "";
    if (then) then(answer);
    draw();
  }, () => {
    pending = false;
    ui.notice = "Python has not answered yet. If the kernel is busy, wait; if it was restarted, " +
      "run this cell again.";
    draw();
  });

  function send(command, key = "any") {
    link.send(command, (answer) => {
      if (answer.refused) ui.errors.set(key, answer.refused);
      else ui.errors.delete(key);
      if (command.do === "run" && !answer.refused) ui.started = command.on;
      if (command.do === "commit" && !answer.refused) ui.answer = null;
    });
  }

  // One tick waits for the answer to the one before: a busy kernel is not flooded.
  const timer = setInterval(() => {
    const v = view();
    const now = Date.now();
    if (v.mode === "log" && ui.playing && !v.locked && !pending) {
      if (v.position >= v.end) { if (!live(v)) { ui.playing = false; draw(); } return; }
      if (ticked !== null && now - ticked < 1000 / v.speed) return;
      ticked = now;
      pending = true;
      link.send({ do: "seek", position: v.position + 1, kind: ui.kind }, () => { pending = false; });
      return;
    }
    if (!v.running || !ui.started) { if (!ui.playing) ticked = null; return; }
    if (ticked === null) { ticked = now; return; }
    if (pending) return;
    const passed = (now - ticked) / 1000;
    ticked = now;
    pending = true;
    link.send({ do: "tick", seconds: passed }, () => { pending = false; });
  }, TICK);

  function choice(title, value, options, pick, props) {
    return h("label", { class: "lr-choose" }, h("span", {}, title),
      h("select", { value, onchange: (event) => pick(event.target.value), ...props },
        options.map(([val, text]) => h("option", { value: val }, text))));
  }

  function panelButton(id, title) {
    return button(title, () => { ui.panel = ui.panel === id ? null : id; draw(); }, {
      "aria-expanded": String(ui.panel === id), class: "lr-button lr-panel-button",
    });
  }

  function header(v) {
    return h("div", { class: "lr-head", key: "head" },
      h("div", { class: "lr-title" }, h("bdi", {}, v.title),
        v.origin && h("p", { class: "lr-origin" }, v.origin)),
      h("div", { class: "lr-tools" },
        v.machines.length > 0 && choice("machine", v.machine, v.machines,
          (to) => send({ do: "machine", name: to }), { disabled: v.locked }),
        v.mode === "log" && v.peers.length > 1 && choice("peer", v.peer, v.peers.map((p) => [p, p]),
          (to) => send({ do: "logged-peer", peer: to }), { disabled: v.locked }),
        choice("arrows", ui.arrows, [["common", "the common few"], ["here", "out of this state"], ["all", "all"]],
          (to) => { ui.arrows = to; draw(); }),
        h("label", { class: "lr-check" }, h("input", {
          type: "checkbox", checked: v.practice, disabled: v.locked,
          onchange: (event) => send({ do: "practice", on: event.target.checked }),
        }), h("span", {}, "ask me first"),
        v.score[1] > 0 && h("span", { class: "lr-soft" }, ` ${v.score[0]} of ${v.score[1]} foreseen`)),
        v.practice && v.mode === "play" && button("Which event?", () => send({ do: "surprise" }),
          { disabled: v.locked, title: "An event of its own choice happens; say which it was" })));
  }

  function question(v) {
    const asked = v.predict;
    const pick = (value) => { ui.answer = value; ui.errors.delete("commit"); draw(); };
    return h("form", {
      class: "lr-predict", key: "predict",
      onsubmit: (event) => {
        event.preventDefault();
        if (ui.answer === null) {
          ui.errors.set("commit", { message: "Choose an answer first; a guess is fine." });
          draw();
          return;
        }
        send({ do: "commit", answer: ui.answer }, "commit");
      },
    },
      h("fieldset", {}, h("legend", {}, asked.text),
        v.remark && h("p", { class: "lr-soft" }, v.remark),
        h("div", { class: "lr-guesses" }, asked.choices.map(([value, title]) =>
          h("label", { class: "lr-guess", key: `guess-${value}` }, h("input", {
            type: "radio", name: `${name}-guess`, value, checked: ui.answer === value, onchange: () => pick(value),
          }), h("bdi", {}, title))))),
      h("div", { class: "lr-tools" },
        h("button", { type: "submit", class: "lr-button lr-primary" }, "Commit and see"),
        ui.errors.has("commit") &&
          h("span", { class: "lr-error", role: "alert" }, ui.errors.get("commit").message)));
  }

  function said(v) {
    if (v.locked) return question(v);
    const it = v.said;
    const verdict = v.predict && v.predict.committed && h("div", {
      class: `lr-predicted ${v.predict.came === "right" ? "lr-right" : "lr-wrong"}`, key: "verdict", tabindex: "-1",
    }, h("strong", {}, v.predict.came === "right" ? "✓ Right. " : "✕ Not so. "), v.predict.text);
    if (!it) return [verdict, h("p", { class: "lr-start", key: "start" }, v.mode === "log"
      ? (v.end > 0 ? "Press Play, or move the slider: nothing has happened yet." : "Nothing has been logged yet.")
      : "Nothing has happened yet. Press an event: “start the session” is a good first one.")];
    return [verdict, h("div", { class: `lr-said lr-said-${it.kind}`, key: "said" },
      h("p", { class: "lr-sentence" }, it.sentence),
      it.kind === "impossible" && it.anyway !== null && button("Let it happen all the same",
        () => send({ do: "press", number: it.anyway, anyway: true }), {}),
      it.rule && h("p", { class: "lr-rule" }, h("strong", {}, "Collision (section 6.8): "), it.rule),
      it.actions && it.actions.length > 0 && h("ol", { class: "lr-actions", "aria-label": "What the local system does" },
        it.actions.map((action) => h("li", {}, action))),
      it.kind === "done" && h("p", { class: "lr-soft" }, [it.line, ...it.why].filter(Boolean).join(" ")),
      it.elsewhere && h("p", { class: "lr-note" }, it.elsewhere))];
  }

  function slider(v) {
    const seek = (position) => { ui.playing = false; send({ do: "seek", position, kind: ui.kind }); };
    const over = v.position >= v.end && !live(v);
    return h("div", { class: "lr-tools lr-slider", key: "slider", role: "group", "aria-label": "Replay" },
      over
        ? button("Play again", () => link.send({ do: "seek", position: 0 }, () => { ui.playing = true; }), { key: "play", disabled: v.locked || v.end === 0 })
        : button(ui.playing ? "Pause" : "Play", () => { ui.playing = !ui.playing; draw(); },
          { key: "play", disabled: v.locked, "aria-pressed": String(ui.playing) }),
      button("Back", () => seek(v.position - 1), { disabled: v.locked || v.position === 0 }),
      button("Step", () => seek(v.position + 1), { disabled: v.locked || v.position >= v.end }),
      h("label", { class: "lr-choose lr-range" }, h("span", {}, `transition ${v.position} of ${v.end}`),
        h("input", {
          type: "range", min: "0", max: String(v.end), value: String(v.position), disabled: v.locked,
          "aria-valuetext": v.said ? `${v.position} of ${v.end}: ${v.said.sentence}` : `${v.position} of ${v.end}`,
          oninput: (event) => seek(Number(event.target.value)),
        })),
      choice("speed", String(v.speed), v.speeds.map((speed) => [String(speed), `${speed} a second`]),
        (to) => send({ do: "speed", speed: Number(to) })),
      v.practice && choice("ask for", ui.kind, [["next_state", "the next state"], ["event", "the event"]],
        (to) => { ui.kind = to; draw(); }),
      v.strange > 0 && h("span", { class: "lr-error" }, `${v.strange} not in FRR's table`));
  }

  function followed(v) {
    const it = v.following;
    return it && h("div", { class: `lr-tools lr-follow lr-follow-${it.status}`, key: "follow" },
      h("span", { role: it.status === "failed" ? "alert" : "status",
        class: it.status === "failed" ? "lr-error" : null }, it.text),
      it.status === "live" && button("Stop", () => send({ do: "stop" }), { title: "Follow the router no longer" }));
  }

  function footer(v) {
    const play = v.mode === "play";
    return h("div", { class: "lr-tools lr-foot", key: "foot" },
      play && [
        h("label", { class: "lr-check" }, h("input", {
          type: "checkbox", checked: ui.optional, onchange: (event) => { ui.optional = event.target.checked; draw(); },
        }), h("span", {}, "optional events too")),
        button("Second connection", () => send({ do: "second" }), { disabled: v.locked }),
        button("Undo", () => send({ do: "undo" }), { disabled: v.locked || !v.undo }),
        button("Redo", () => send({ do: "redo" }), { disabled: v.locked || !v.redo }),
        button("Start over", () => send({ do: "reset" }), { disabled: v.locked || !v.undo })],
      h("span", { class: "lr-gap" }),
      play && panelButton("settings", "Attributes and timers"),
      v.differences.length > 0 && panelButton("differences", "FRR and the RFC"),
      panelButton("twin", "As text"));
  }

  // A question takes the place of what had the focus, and the answer that of the question.
  function moveFocus(v) {
    const turned = v.locked !== ui.locked;
    ui.locked = v.locked;
    if (!turned || !ui.mine) return;
    const target = v.locked ? root.querySelector(".lr-guess input") : root.querySelector(".lr-predicted");
    if (target) target.focus({ preventScroll: true });
  }

  function draw() {
    const v = view();
    ui.mine = ui.locked !== null && root.contains(root.ownerDocument.activeElement);
    const play = v.mode === "play";
    const clock = model.get("clock");
    const several = v.seats.length > 1;
    const pick = play && { name, pick: (seat) => send({ do: "choose", seat }) };
    const asksState = v.locked && v.predict.kind === "next_state";
    patch(root, [
      header(v),
      h("div", { class: "lr-main", key: "main" },
        h("div", {}, graph(v, ui.arrows, name, asksState ? (id) => { ui.answer = id; draw(); } : null),
          v.seen && seenCard(v.seen)),
        h("div", { class: "lr-beside" },
          v.seats.map((seat) => seatCard(seat, clock, several, pick)),
          v.seats.length === 0 && h("p", { class: "lr-soft" }, "No line about a session was found."))),
      play ? clockBar(v, clock, send) : slider(v),
      followed(v),
      // Parts that come and go have a place of their own, so that nothing moves and loses the focus.
      h("div", { key: "alerts", class: "lr-alerts" }, ["any", "clock"].map((key) => ui.errors.has(key) &&
        h("p", { class: "lr-error", role: "alert", key: `error-${key}` }, ui.errors.get(key).message)),
        ui.notice && h("p", { class: "lr-error", role: "status", key: "notice" }, ui.notice)),
      h("div", { class: "lr-quiet", "aria-live": "polite", "aria-atomic": "true", key: "live" }, v.announce),
      h("div", { key: "outcome" }, said(v)),
      play && eventsPanel(v, ui.optional, send),
      footer(v),
      ui.panel === "settings" && play && settingsPanel(v, ui, send),
      ui.panel === "differences" && v.differences.length > 0 && differencesPanel(v),
      ui.panel === "twin" && twinPanel(v),
      v.history.length > 0 && historyTable(v),
    ]);
    moveFocus(v);
  }

  keepKeys(root);
  model.on("change:view", draw);
  model.on("change:clock", draw);
  draw();
  return () => {
    clearInterval(timer);
    model.off("change:view", draw);
    model.off("change:clock", draw);
    link.stop();
  };
}

export default { render };
