// Elements, made without markup: every text goes in as text, so a key named `<img onerror>` stays a name.
// Invariant: nothing here takes HTML; what has not changed is not written, so a second without news costs no layout.

/** Finds what index.html must have. */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`index.html has no #${id}`);
  return found;
}

/** An element with attributes and children; strings become text. `class`, `data-…` and `aria-…` are attributes like all others. */
export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same in SVG. */
export function drawing(tag, attributes = {}, ...children) {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

/** Sets a text where it differs. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets a sentence of this page's own, in which `code` stands between backticks. */
export function setProse(node, prose) {
  if (node.textContent === prose.replaceAll('`', '')) return;
  const parts = prose.split('`');
  node.replaceChildren(
    ...parts.map((part, index) => (index % 2 === 1 ? element('code', {}, part) : part)),
  );
}

/** Sets an attribute where it differs; null takes it away. */
export function setAttribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) {
      node.setAttribute(name, value === true ? '' : String(value));
    }
  }
  node.append(...children.filter((child) => child !== undefined && child !== null));
  return node;
}
