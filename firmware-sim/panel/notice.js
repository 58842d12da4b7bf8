import { element, words } from './element.js';

const shownMs = 9000;
let timer;

/** Says what was refused, in a corner, until it has been read. */
export function notice(text) {
  const place = document.getElementById('notice');
  const hide = () => place.replaceChildren();
  place.replaceChildren(
    element('p', {}, text),
    element('button', { class: 'small', onclick: hide }, words('知道了', 'OK')),
  );
  clearTimeout(timer);
  timer = setTimeout(hide, shownMs);
}
