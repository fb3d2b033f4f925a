// Drawing without a framework: a picture is a tree of plain nodes, and `patch` makes the page agree
// with it. Elements are kept where they can be, so focus, selection and half-typed text survive.
// Text becomes text nodes and attributes only: nothing that a path is named can turn into markup.

export function h(tag, props, ...children) {
  return { tag, props: props || {}, children: children.flat(Infinity).filter(keeps).map(asNode) };
}

// The same for a part of a drawing.
export function s(tag, props, ...children) {
  return { ...h(tag, props, ...children), svg: true };
}

function keeps(child) {
  return child !== null && child !== undefined && child !== false && child !== "";
}

// Marks and overrides of the bidirectional algorithm: in a name, they would turn the words after it.
const REORDERING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

function asNode(child) {
  return typeof child === "object" ? child : String(child).replace(REORDERING, "");
}

// Make the children of `parent` agree with `nodes`.
export function patch(parent, nodes) {
  const wanted = nodes.flat(Infinity).filter(keeps).map(asNode);
  const old = [...parent.childNodes];
  const byKey = new Map();
  for (const element of old) {
    const key = element.lrNode && element.lrNode.props.key;
    if (key !== undefined) byKey.set(key, element);
  }
  const spare = old.filter((element) => !byKey.has(element.lrNode && element.lrNode.props.key));
  wanted.forEach((node, place) => {
    let element = reusable(node, byKey, spare);
    if (element === null) element = create(node, parent.ownerDocument);
    if (parent.childNodes[place] !== element) {
      parent.insertBefore(element, parent.childNodes[place] || null);
    }
    update(element, node);
  });
  while (parent.childNodes.length > wanted.length) parent.removeChild(parent.lastChild);
}

function reusable(node, byKey, spare) {
  if (typeof node !== "string" && node.props.key !== undefined) {
    const found = byKey.get(node.props.key);
    byKey.delete(node.props.key);
    return found && found.lrNode.tag === node.tag ? found : null;
  }
  const tag = typeof node === "string" ? undefined : node.tag;
  const place = spare.findIndex((element) => (element.lrNode && element.lrNode.tag) === tag);
  return place < 0 ? null : spare.splice(place, 1)[0];
}

function create(node, doc) {
  if (typeof node === "string") return doc.createTextNode(node);
  const element = node.svg ? doc.createElementNS("http://www.w3.org/2000/svg", node.tag)
    : doc.createElement(node.tag);
  element.lrNode = { tag: node.tag, props: {} };
  return element;
}

function update(element, node) {
  if (typeof node === "string") {
    if (element.data !== node) element.data = node;
    return;
  }
  const before = element.lrNode.props;
  element.lrNode = node;
  for (const name of Object.keys(before)) {
    if (!(name in node.props)) setProp(element, name, null);
  }
  // A select takes its value only when its options are there.
  patch(element, node.children);
  for (const [name, value] of Object.entries(node.props)) {
    // What a person is typing is newer than what was drawn before: only a change is written.
    if (value !== before[name] || (name === "value" && node.tag === "select")) {
      setProp(element, name, value);
    }
  }
}

function setProp(element, name, value) {
  if (name === "key") return;
  if (name.startsWith("on")) {
    const event = name.slice(2);
    if (!element.lrEvents) element.lrEvents = {};
    if (!(event in element.lrEvents)) {
      element.addEventListener(event, (e) => element.lrEvents[event] && element.lrEvents[event](e));
    }
    element.lrEvents[event] = value;
  } else if (name === "value" || name === "checked") {
    element[name] = value === null ? "" : value;
  } else if (value === null || value === undefined || value === false) {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

// Ask Python to do something and hear whether it did. Every view has a name of its own, because two
// views of one widget hear each other's answers.
export function commands(model, onAnswer, onSilence, patience = 8000) {
  const client = Math.random().toString(36).slice(2);
  const waiting = new Map();
  let seq = 0;
  const hear = (answer) => {
    if (!answer || answer.client !== client || !waiting.has(answer.seq)) return;
    const { then, timer } = waiting.get(answer.seq);
    clearTimeout(timer);
    waiting.delete(answer.seq);
    onAnswer(answer, then);
  };
  model.on("msg:custom", hear);
  return {
    send(command, then) {
      seq += 1;
      const timer = setTimeout(onSilence, patience);
      waiting.set(seq, { then, timer });
      model.send({ ...command, client, seq });
    },
    stop() {
      model.off("msg:custom", hear);
      for (const { timer } of waiting.values()) clearTimeout(timer);
    },
  };
}

// Keys pressed inside a widget are the widget's: a notebook in command mode would take "d d" for
// "delete the cell". Combinations (Ctrl+S) stay with the notebook.
export function keepKeys(root) {
  root.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
  });
}

export function copyText(text, done) {
  const clipboard = globalThis.navigator && navigator.clipboard;
  if (!clipboard) return done(false);
  clipboard.writeText(text).then(() => done(true), () => done(false));
}
