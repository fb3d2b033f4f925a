// The graph of a SessionFsm: states, arrows, the way just taken. Where things stand comes from Python.

import { s } from "./dom.mjs";

export const NODE = { width: 112, height: 44 };

// The arrows to draw: the common ones, those out of the state one is in, or all of them. The way
// just taken is drawn apart.
export function shownEdges(edges, wanted, here, ways) {
  return edges.filter((edge) => !ways.includes(edge.id) && (
    wanted === "all" || (wanted === "here" ? edge.before === here : edge.common)));
}

export function arrowHead(id, kind) {
  return s("marker", {
    id, viewBox: "0 0 8 8", refX: "7", refY: "4", markerWidth: "9", markerHeight: "9",
    markerUnits: "userSpaceOnUse", orient: "auto",
  }, s("path", { d: "M0 0L8 4L0 8Z", class: `lr-head-${kind}` }));
}

function arrow(edge, name, kind, key) {
  return s("g", { class: `lr-edge lr-edge-${kind}`, key },
    s("title", {}, edge.title),
    s("path", { d: edge.path, "marker-end": `url(#${name}-${kind})` }),
    edge.label && s("text", { x: edge.x, y: edge.y, "text-anchor": edge.anchor }, edge.label));
}

function loop(node, label, name) {
  const top = node.y - NODE.height / 2;
  return s("g", { class: "lr-edge lr-edge-way", key: "loop" },
    s("path", {
      d: `M${node.x - 16} ${top}C${node.x - 30} ${top - 34} ${node.x + 30} ${top - 34} ${node.x + 16} ${top - 1}`,
      "marker-end": `url(#${name}-way)`,
    }),
    s("text", { x: node.x, y: top - 29, "text-anchor": "middle" }, label));
}

function state(node, choose) {
  const here = node.tokens.length > 0;
  // Names of connections stand at the lower right, where no arrow's name does.
  const right = node.x + NODE.width / 2;
  const low = node.y + NODE.height / 2;
  return s("g", {
    class: `lr-node${here ? " lr-here" : ""}${node.chosen ? " lr-chosen" : ""}${choose ? " lr-choosable" : ""}`,
    key: `node-${node.id}`, onclick: choose ? () => choose(node.id) : null,
  },
    s("title", {}, `${node.id}: ${node.line}`),
    s("rect", { x: node.x - NODE.width / 2, y: node.y - NODE.height / 2, width: NODE.width, height: NODE.height, rx: "9" }),
    s("text", { x: node.x, y: node.y + 5, "text-anchor": "middle" }, node.id),
    node.tokens.map((token, n) => s("g", { class: "lr-badge", key: `token-${token}` },
      s("circle", { cx: right - 4 - 24 * n, cy: low, r: "11" }),
      s("text", { x: right - 4 - 24 * n, y: low + 4, "text-anchor": "middle" }, token))));
}

export function graphLabel(v) {
  const where = v.seats.map((seat) => `connection ${seat.name} in ${seat.state}`).join(", ");
  const way = v.travelled ? ` Last step: ${v.travelled.before} to ${v.travelled.after}.` : "";
  const gone = v.gone ? ` Connection ${v.gone.seat} went from ${v.gone.before} to ${v.gone.after}.` : "";
  return `The states of a session: ${where || "no connection"}.${way}${gone}`;
}

// `choose`, when given, is called with the name of a clicked state.
export function graph(v, wanted, name, choose) {
  const travelled = v.travelled;
  const way = travelled && travelled.edge;
  const gone = v.gone && v.gone.edge; // of the connection that a collision closed
  const chosen = v.seats.find((seat) => seat.chosen);
  const stays = travelled && !way && v.nodes.find((node) => node.id === travelled.after);
  return s("svg", {
    viewBox: "0 0 920 408", class: "lr-graph", role: "img", "aria-label": graphLabel(v), key: "graph",
  },
    s("defs", {}, arrowHead(`${name}-plain`, "plain"), arrowHead(`${name}-way`, "way"),
      arrowHead(`${name}-gone`, "gone")),
    shownEdges(v.edges, wanted, chosen ? chosen.state : "", [way, gone].map((edge) => edge && edge.id))
      .map((edge) => arrow(edge, name, "plain", `edge-${edge.id}`)),
    v.nodes.map((node) => state(node, choose)),
    gone && arrow(gone, name, "gone", `gone-${gone.id}-${v.history.length}`),
    way && arrow(way, name, "way", `way-${way.id}-${v.history.length}`),
    stays && loop(stays, travelled.label, name));
}
