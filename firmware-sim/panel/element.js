/** Makes an element: attributes, `class`, `on…` listeners, and children (text or nodes). */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== null && child !== false));
  return made;
}

/** Chinese first, English small. */
export function words(zh, en) {
  const both = document.createDocumentFragment();
  both.append(zh, ' ', element('small', { lang: 'en' }, en));
  return both;
}

/** Takes SVG text made by this simulator into the page. */
export function svgElement(text) {
  const parsed = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
  return document.importNode(parsed, true);
}
