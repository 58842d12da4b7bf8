import { call } from './calls.js';
import { createCard, plugButton } from './card-parts.js';
import { element, svgElement, words } from './element.js';
import { faultSwitches } from './faults.js';

const gun = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 84" class="gun" aria-hidden="true">
  <path class="ray" d="M30 25 L2 6 L2 46 Z"/><rect x="28" y="8" width="58" height="30" rx="13" fill="#33425a"/><rect x="26" y="14" width="9" height="19" rx="3" fill="#0d1522"/>
  <path d="M58 36 h24 l7 42 a5 5 0 0 1 -5 5 h-16 a6 6 0 0 1 -6 -5 z" fill="#46597a"/><rect x="51" y="38" width="7" height="15" rx="3" fill="#d94f00"/><circle class="eye" cx="76" cy="23" r="4"/></svg>`;

/** A code scanner: what is typed is held before it. */
export function scannerCard(device) {
  const card = createCard(
    device,
    device.model === 'scanner-hid' ? ['USB 扫码器', 'Scanner, HID'] : ['扫码器', 'Scanner'],
  );
  const plug = plugButton(device);
  const faults = faultSwitches(device);
  const facts = element('div', { class: 'facts' });
  const picture = element('div', { class: 'gun-place' }, svgElement(gun));
  const text = element('input', {
    type: 'text',
    required: true,
    maxlength: 4096,
    autocomplete: 'off',
    spellcheck: 'false',
    placeholder: 'https://…',
  });
  async function scan(submitted) {
    submitted.preventDefault();
    if (!(await call(device.id, 'scan', { text: text.value }))) return;
    text.select();
    picture.classList.remove('flash');
    requestAnimationFrame(() => picture.classList.add('flash'));
  }
  card.add(
    element(
      'form',
      { class: 'scanner-body body', onsubmit: (submitted) => void scan(submitted) },
      picture,
      element(
        'label',
        { class: 'field' },
        element('span', {}, words('码的内容', 'content of the code')),
        text,
      ),
      element('button', { class: 'main' }, words('扫码', 'Scan')),
    ),
    element('div', { class: 'buttons' }, plug.view),
    facts,
    faults.view,
  );
  return {
    view: card.view,
    tick() {},
    update(now) {
      const { state } = now;
      const off = now.faults.includes('power-off') || (device.model === 'scanner-hid' && !now.plugged);
      card.update(now, off ? 'off' : 'on');
      if (now.faults.includes('power-off')) card.badge('bad', '已断电', 'no power');
      else if (!now.plugged) card.badge('bad', '线已拔下', 'unplugged');
      else if (!state.hostPresent) card.badge('idle', '等待主机', 'waiting for host');
      else card.badge('', '就绪', 'ready');
      facts.replaceChildren(
        element('span', {}, '已扫 codes read ', element('b', {}, String(state.codesRead))),
      );
      plug.update(now);
      faults.update(now);
    },
  };
}
