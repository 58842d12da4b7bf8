import { call } from './calls.js';
import { createCard, plugButton } from './card-parts.js';
import { element } from './element.js';
import { faultSwitches } from './faults.js';

/** As the keys lie on the desk. */
const layout = ['7', '8', '9', '/', '4', '5', '6', '*', '1', '2', '3', '-', '0', '.', 'enter', '+'];
const shown = { enter: '⏎', '*': '×', '/': '÷', '-': '−' };
const spoken = { enter: '回车 enter' };

/** A numeric keypad: a keyboard to the computer. */
export function keypadCard(device) {
  const card = createCard(device, ['数字小键盘', 'Keypad']);
  const plug = plugButton(device);
  const faults = faultSwitches(device);
  const facts = element('p', { class: 'facts' });
  const keys = layout.filter((key) => device.keys.includes(key));
  card.add(
    element(
      'div',
      { class: 'keypad-body body' },
      ...keys.map((key) =>
        element(
          'button',
          {
            class: 'pad-key',
            'aria-label': spoken[key] ?? key,
            onclick: () => void call(device.id, 'press', { key }),
          },
          shown[key] ?? key,
        ),
      ),
    ),
    facts,
    element('div', { class: 'buttons' }, plug.view),
    faults.view,
  );
  return {
    view: card.view,
    tick() {},
    update(now) {
      const { state } = now;
      // It has no power of its own: without its cable it is dead.
      card.update(now, now.plugged ? 'on' : 'off');
      if (!now.plugged) card.badge('bad', '线已拔下', 'unplugged');
      else if (!state.hostPresent) card.badge('idle', '等待主机', 'waiting for host');
      else card.badge('', '就绪', 'ready');
      facts.replaceChildren(element('span', {}, '已按 pressed ', element('b', {}, String(state.pressed))));
      plug.update(now);
      faults.update(now);
    },
  };
}
