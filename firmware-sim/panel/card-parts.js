import { call } from './calls.js';
import { element, svgElement, words } from './element.js';
import { openWire } from './wire-dock.js';

/** The faces on evaluators' keys: tone and mouth. */
export const faces = {
  5: ['#0b7a4b', 'M7 13.5c1.2 3 3 4.2 5 4.2s3.8-1.2 5-4.2z'],
  4: ['#3f8f2f', 'M7.5 14c1.1 1.9 2.6 2.8 4.5 2.8s3.4-.9 4.5-2.8'],
  3: ['#8a7a00', 'M8 15.2h8'],
  2: ['#c46a00', 'M7.8 16.6c1.1-1.5 2.5-2.2 4.2-2.2s3.1.7 4.2 2.2'],
  1: ['#b3261e', 'M7.5 17.6c1-2.6 2.6-3.8 4.5-3.8s3.5 1.2 4.5 3.8z'],
};
export const levels = {
  5: ['非常满意', 'Very satisfied'],
  4: ['满意', 'Satisfied'],
  3: ['基本满意', 'Mostly satisfied'],
  2: ['不满意', 'Dissatisfied'],
  1: ['非常不满意', 'Very dissatisfied'],
};

/** A key with a face and its words. */
export function faceKey(level, press) {
  const [tone, mouth] = faces[level];
  const [zh, en] = levels[level];
  const key = element(
    'button',
    { class: 'key', onclick: press },
    svgElement(
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="${tone}" stroke-width="1.7" stroke-linecap="round" aria-hidden="true"><circle cx="12" cy="12" r="9.6"/><path d="M8.5 9v1M15.5 9v1"/><path d="${mouth}"/></svg>`,
    ),
    element('b', {}, zh),
    element('small', { lang: 'en' }, en),
  );
  key.style.setProperty('--tone', tone);
  return key;
}

/** A lamp with its words beside it. */
export function lamp(zh, en, tone) {
  const view = element('span', { class: `lamp ${tone}` }, words(zh, en));
  return { view, set: (lit) => view.classList.toggle('lit', lit) };
}

/** The big button that pulls the plug or puts it back: it shows what it will do. */
export function plugButton(device) {
  const button = element('button', {
    class: 'main',
    onclick: () => void call(device.id, plugged ? 'unplug' : 'plug'),
  });
  let plugged;
  return {
    view: button,
    update(now) {
      if (now.plugged === plugged) return;
      plugged = now.plugged;
      button.className = plugged ? 'main' : 'main plug';
      button.replaceChildren(plugged ? words('拔下', 'Unplug') : words('插上', 'Plug in'));
    },
  };
}

const cable = svgElement(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 16" class="plug-picture" aria-hidden="true">
    <g fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round"><path d="M1 8h15"/><path d="M48 8h15"/></g>
    <g class="plug-left" fill="currentColor"><rect x="15" y="3" width="12" height="10" rx="2"/><rect x="27" y="5" width="4" height="1.8"/><rect x="27" y="9.2" width="4" height="1.8"/></g>
    <g class="plug-right" fill="currentColor"><rect x="33" y="2" width="15" height="12" rx="3"/></g></svg>`,
);

/**
 * What every device's card has: its head with its cable and its state, the wire, and how it looks without cable or power.
 * `body` is the device itself.
 */
export function createCard(device, [zh, en], options = {}) {
  const badge = element('span', { class: 'badge' });
  const port = element('span', { class: 'port' });
  const wire = element(
    'button',
    { class: 'quiet', onclick: () => openWire(device.id) },
    words('线路数据', 'Wire'),
  );
  const view = element(
    'article',
    { class: options.wide ? 'card wide' : 'card', 'data-id': device.id, 'aria-label': `${zh} ${device.id}` },
    element(
      'div',
      { class: 'card-head' },
      element('h2', {}, words(zh, en)),
      badge,
      element(
        'div',
        { class: 'where' },
        cable.cloneNode(true),
        element('b', {}, device.id),
        port,
        device.kind !== 'cable' && wire,
      ),
    ),
  );
  let told;
  return {
    view,
    add: (...parts) => view.append(...parts),
    /** `power`: whether the device has any. */
    update(now, power = 'on') {
      view.classList.toggle('unplugged', !now.plugged);
      view.classList.toggle('no-power', power === 'off');
      port.textContent = now.port;
      port.title = now.port;
      const on = now.faults.filter((name) => name !== 'unplugged' && !device.ownFaults.includes(name));
      view.classList.toggle('faulty', on.length > 0);
    },
    badge(tone, zhText, enText) {
      const wanted = `${tone}${zhText}`;
      if (told === wanted) return;
      told = wanted;
      badge.className = `badge ${tone}`;
      badge.replaceChildren(words(zhText, enText));
    },
  };
}
