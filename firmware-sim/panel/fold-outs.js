import { call, read } from './calls.js';
import { element, words } from './element.js';
import { faultNames } from './fault-names.js';

/** The fault switches of a device. */
export function faultSwitches(device) {
  const switches = new Map();
  const grid = element('div', { class: 'faults' });
  for (const name of device.faultNames) {
    if (name === 'unplugged') continue;
    const bytes = name.endsWith('after-bytes')
      ? element('input', { type: 'number', min: 0, value: 200, 'aria-label': '字节数 bytes' })
      : undefined;
    const box = element('input', {
      type: 'checkbox',
      role: 'switch',
      onchange: () =>
        void call(device.id, `faults/${name}`, {
          on: box.checked,
          ...(bytes ? { bytes: Number(bytes.value) } : {}),
        }),
    });
    switches.set(name, box);
    const [zh, en] = faultNames[name] ?? [name, name];
    grid.append(
      element(
        'label',
        { class: 'fault' },
        box,
        element('span', {}, zh, element('small', { lang: 'en' }, en)),
        bytes,
      ),
    );
  }
  const number = element('span', { class: 'number', hidden: true });
  const view = element(
    'details',
    { class: 'fault-fold' },
    element('summary', {}, words('故障', 'Faults'), number),
    grid,
  );
  return {
    view,
    update(now) {
      for (const [name, box] of switches) box.checked = now.faults.includes(name);
      const on = now.faults.filter((name) => name !== 'unplugged').length;
      number.hidden = on === 0;
      number.textContent = String(on);
    },
  };
}

const shown = 60;

/** What goes over the device's wire, newest first. */
export function wireView(device) {
  const list = element(
    'div',
    { class: 'wire', tabindex: 0 },
    element('p', { class: 'empty' }, '还没有数据 · nothing yet'),
  );
  let rows = 0;
  const view = element('details', {}, element('summary', {}, words('线路数据', 'Wire')), list);
  const add = (entry) => {
    if (rows === 0) list.replaceChildren();
    const row = element(
      'p',
      { class: entry.direction },
      element(
        'span',
        {},
        new Date(entry.at).toLocaleTimeString('zh-CN', { hour12: false }) + '.' + entry.at.slice(20, 23),
      ),
      element(
        'b',
        { title: entry.direction === 'in' ? '主机→设备 host to device' : '设备→主机 device to host' },
        entry.direction === 'in' ? '←' : '→',
      ),
      element(
        'span',
        {},
        entry.hex.replace(/(..)(?=.)/g, '$1 ').slice(0, 400),
        element('i', {}, entry.decoded),
      ),
    );
    list.prepend(row);
    rows++;
    if (rows > shown) {
      list.lastElementChild.remove();
      rows--;
    }
  };
  view.addEventListener('toggle', async () => {
    if (!view.open) return;
    const entries = await read(`devices/${encodeURIComponent(device.id)}/wire`);
    if (entries.length === 0) return;
    list.replaceChildren();
    rows = 0;
    for (const entry of entries.slice(-shown)) add(entry);
  });
  return { view, add: (entry) => view.open && add(entry) };
}

/** The two big buttons that pull and put back the plug, as one that shows what it will do. */
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

/** A lamp with its words beside it. */
export function lamp(zh, en, tone) {
  const view = element('span', { class: `lamp ${tone}` }, words(zh, en));
  return { view, set: (lit) => view.classList.toggle('lit', lit) };
}

export function cardHead(device, zh, en) {
  const badge = element('span', { class: 'badge' });
  const view = element(
    'div',
    { class: 'card-head' },
    element('h2', {}, words(zh, en)),
    element('span', { class: 'port' }, `${device.id} · ${device.port}`),
    badge,
  );
  return {
    view,
    set(tone, zhText, enText) {
      const wanted = `${tone}${zhText}`;
      if (badge.dataset.shown === wanted) return;
      badge.dataset.shown = wanted;
      badge.className = `badge ${tone}`;
      badge.replaceChildren(words(zhText, enText));
    },
  };
}
