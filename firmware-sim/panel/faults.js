import { call } from './calls.js';
import { element, words } from './element.js';
import { canEnd, faultOption, groupedFaults, isOfOneAddress } from './fault-kinds.js';
import { faultNames } from './fault-names.js';

/** Plain words for a fault; an unknown one is called by its own name. */
export const faultWords = (name) => (Object.hasOwn(faultNames, name) ? faultNames[name] : [name, name]);

const clock = (rfc3339) => new Date(rfc3339).toLocaleTimeString('zh-CN', { hour12: false });

function optionInput(id, option, changed) {
  if (!option) return undefined;
  const label = `${option.zh} ${option.en}`;
  const input = option.choices
    ? element(
        'select',
        { 'aria-label': label, onchange: changed },
        ...option.choices.map(([value, text]) => element('option', { value }, text)),
      )
    : element('input', {
        type: 'number',
        min: 0,
        max: option.most,
        value: option.value,
        'aria-label': label,
        onchange: changed,
      });
  return {
    view: element('span', { class: 'fault-option' }, input, option.unit && element('small', {}, option.unit)),
    value() {
      const value = Number(input.value);
      return { [option.name]: option.unit === '%' ? value / 100 : value };
    },
  };
}

/** How a fault that is on was asked for, in words. */
function how({ since, options }) {
  const { rate, ms, bytes, key, address, forMs } = options;
  return [
    `${clock(since)} 起 since`,
    rate !== undefined && `${Math.round(rate * 100)} %`,
    ms !== undefined && `${ms} ms`,
    bytes !== undefined && `${bytes} B`,
    key !== undefined && `键 key ${key}`,
    address !== undefined && `地址 address ${address}`,
    forMs !== undefined && `${Math.round(forMs / 1000)} s 后恢复 then over`,
  ]
    .filter(Boolean)
    .join(' · ');
}

/** The fault switches of a device, by group, each with what it can be told; what it cannot have is not there. */
export function faultSwitches(device, addresses = []) {
  const rows = new Map();
  const ends = element('input', {
    type: 'number',
    min: 1,
    max: 86_400,
    placeholder: '—',
    'aria-label': '几秒后自动恢复 over after seconds',
  });
  const address = element(
    'select',
    { 'aria-label': '地址 address' },
    element('option', { value: '' }, '全部 all'),
    ...addresses.map((one) => element('option', { value: one }, `${one}`)),
  );
  function turn(name, on) {
    const { option } = rows.get(name);
    return call(device.id, `faults/${name}`, {
      on,
      ...(on && option?.value()),
      ...(on && ends.value && canEnd(name) && { forMs: Math.round(Number(ends.value) * 1000) }),
      ...(on && address.value && isOfOneAddress(name) && { address: Number(address.value) }),
    });
  }
  function row(name) {
    const [zh, en] = faultWords(name);
    const box = element('input', {
      type: 'checkbox',
      role: 'switch',
      'data-fault': name,
      async onchange() {
        // A refusal leaves it as it was.
        if (!(await turn(name, box.checked))) box.checked = !box.checked;
      },
    });
    const since = element('small', { class: 'since' });
    const option = optionInput(
      name,
      faultOption(device.kind, name),
      () => box.checked && void turn(name, true),
    );
    rows.set(name, { box, since, option });
    return element(
      'div',
      { class: 'fault' },
      element('label', {}, box, element('span', {}, zh, element('small', { lang: 'en' }, en))),
      option?.view,
      since,
    );
  }
  const names = device.faultNames.filter((name) => name !== 'unplugged' && !device.ownFaults.includes(name));
  const groups = groupedFaults(names).map((group) =>
    element(
      'fieldset',
      { class: 'fault-group' },
      element('legend', {}, words(group.zh, group.en)),
      element('div', { class: 'faults' }, ...group.names.map(row)),
    ),
  );
  const number = element('span', { class: 'number', hidden: true });
  const shown = element('span', { class: 'faults-on' });
  const allOff = element(
    'button',
    { class: 'small', onclick: () => void call(device.id, 'faults-off') },
    words('全部恢复', 'All off'),
  );
  const view = element(
    'details',
    { class: 'fault-fold' },
    element('summary', {}, words('故障', 'Faults'), number, shown),
    element(
      'div',
      { class: 'fault-bar' },
      addresses.length > 1 && element('label', {}, words('地址', 'address'), address),
      element('label', {}, words('自动恢复', 'over after'), ends, element('small', {}, 's')),
      allOff,
    ),
    element('div', { class: 'fault-groups' }, ...groups),
  );
  return {
    view,
    update(now) {
      const on = now.faultsOn.filter(({ name }) => rows.has(name));
      for (const [name, { box, since }] of rows) {
        const fault = on.find((one) => one.name === name);
        box.checked = fault !== undefined;
        since.textContent = fault ? how(fault) : '';
        since.hidden = !fault;
      }
      number.hidden = on.length === 0;
      number.textContent = String(on.length);
      shown.textContent = on.map(({ name }) => faultWords(name)[0]).join('、');
      allOff.disabled = on.length === 0 && now.plugged;
    },
  };
}
