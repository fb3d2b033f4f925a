// Drawing without a framework: a picture is a tree of plain nodes, and `patch` makes the page agree
// with it. Elements are kept where they can be, so focus, selection and half-typed text survive.
// Text becomes text nodes and attributes only: nothing that a path is named can turn into markup.

export function h(tag, props, ...children) {
  return { tag, props: props || {}, children: placed(children) };
}

// The same for a part of a drawing.
export function s(tag, props, ...children) {
  return { ...h(tag, props, ...children), svg: true };
}

// Marks and overrides of the bidirectional algorithm: in a name, they would turn the words after it.
const REORDERING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

// The nodes of nested lists, each with a name among its siblings: its key, or the place where it was
// written. What is absent keeps its place, so that a part which comes or goes renames no other.
function placed(children, prefix = "at ") {
  return children.flatMap((child, place) => {
    if (child === null || child === undefined || child === false || child === "") return [];
    const here = `${prefix}${place}`;
    if (Array.isArray(child)) return placed(child, `${here}.`);
    if (typeof child !== "object") return [{ text: String(child).replace(REORDERING, ""), name: here }];
    return [{ ...child, name: child.props.key === undefined ? here : `key ${child.props.key}` }];
  });
}

// Make the children of `parent` agree with `nodes`.
export function patch(parent, nodes) {
  const focused = parent.ownerDocument.activeElement;
  agree(parent, placed(nodes));
  // An element that changed its place among others has lost the focus on the way.
  if (focused && focused !== parent.ownerDocument.activeElement && parent.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}

function agree(parent, wanted) {
  const old = new Map([...parent.childNodes].map((element) => [element.lrNode && element.lrNode.name, element]));
  const elements = wanted.map((node) => {
    const found = old.get(node.name);
    if (!found || found.lrNode.tag !== node.tag) return create(node, parent.ownerDocument);
    old.delete(node.name);
    return found;
  });
  // What is gone goes first: what stays then moves only when its order changed, and moving an
  // element takes the focus from it.
  const kept = new Set(elements);
  for (const element of [...parent.childNodes]) if (!kept.has(element)) parent.removeChild(element);
  elements.forEach((element, place) => {
    if (parent.childNodes[place] !== element) {
      parent.insertBefore(element, parent.childNodes[place] || null);
    }
    update(element, wanted[place]);
  });
}

function create(node, doc) {
  let element;
  if (node.tag === undefined) element = doc.createTextNode(node.text);
  else if (node.svg) element = doc.createElementNS("http://www.w3.org/2000/svg", node.tag);
  else element = doc.createElement(node.tag);
  element.lrNode = { tag: node.tag, name: node.name, props: {} };
  return element;
}

function update(element, node) {
  const before = element.lrNode.props;
  element.lrNode = node;
  if (node.tag === undefined) {
    if (element.data !== node.text) element.data = node.text;
    return;
  }
  for (const name of Object.keys(before)) {
    if (!(name in node.props)) setProp(element, name, null);
  }
  // A select takes its value only when its options are there.
  agree(element, node.children);
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
