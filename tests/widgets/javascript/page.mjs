// Just enough of a document to patch: elements, text, attributes, events, the focus. No parser at all, so that
// text which became markup would be seen as a missing node.

class Node {
  constructor(doc) {
    this.ownerDocument = doc;
    this.childNodes = [];
    this.parentNode = null;
    this.moves = 0;
  }
  get lastChild() { return this.childNodes[this.childNodes.length - 1] || null; }
  insertBefore(child, before) {
    if (child.parentNode) child.parentNode.removeChild(child);
    const place = before ? this.childNodes.indexOf(before) : this.childNodes.length;
    this.childNodes.splice(place, 0, child);
    child.parentNode = this;
    child.moves += 1;
    return child;
  }
  removeChild(child) {
    if (child.contains(this.ownerDocument.activeElement)) this.ownerDocument.activeElement = null;
    this.childNodes.splice(this.childNodes.indexOf(child), 1);
    child.parentNode = null;
    return child;
  }
  contains(other) { return other === this || this.childNodes.some((child) => child.contains(other)); }
  get textContent() { return this.childNodes.map((child) => child.textContent).join(""); }
}

class Text extends Node {
  constructor(doc, data) { super(doc); this.data = data; }
  get textContent() { return this.data; }
}

class Element extends Node {
  constructor(doc, tag) {
    super(doc);
    this.tagName = tag.toUpperCase();
    this.attributes = {};
    this.listeners = {};
    this.value = "";
    this.writes = 0;
  }
  setAttribute(name, value) { this.attributes[name] = value; this.writes += 1; }
  removeAttribute(name) { delete this.attributes[name]; this.writes += 1; }
  addEventListener(type, listener) { (this.listeners[type] ||= []).push(listener); }
  focus() { this.ownerDocument.activeElement = this; }
  dispatch(type, event = {}) { for (const heard of this.listeners[type] || []) heard(event); }
}

export function newPage() {
  const doc = {
    activeElement: null,
    createElement: (tag) => new Element(doc, tag),
    createElementNS: (namespace, tag) => Object.assign(new Element(doc, tag), { namespace }),
    createTextNode: (data) => new Text(doc, data),
  };
  return new Element(doc, "body");
}
