import { call } from './calls.js';
import { element, words } from './element.js';
import { cardHead, faultSwitches, plugButton, wireView } from './fold-outs.js';

/** A code scanner: what is typed is held before it. */
export function scannerCard(device) {
  const head = cardHead(device, '扫码器', 'Scanner');
  const plug = plugButton(device);
  const faults = faultSwitches(device);
  const wire = wireView(device);
  const facts = element('div', { class: 'facts' });
  const text = element('input', {
    type: 'text',
    required: true,
    maxlength: 4096,
    autocomplete: 'off',
    spellcheck: 'false',
    placeholder: 'https://…',
  });
  const beam = element('i', { class: 'beam', 'aria-hidden': 'true' });
  async function scan(submitted) {
    submitted.preventDefault();
    if (await call(device.id, 'scan', { text: text.value })) text.select();
  }
  return {
    view: element(
      'article',
      { class: 'card' },
      head.view,
      element(
        'form',
        { class: 'scan', onsubmit: (submitted) => void scan(submitted) },
        element(
          'label',
          { class: 'field' },
          element('span', {}, words('码的内容', 'content of the code')),
          element('span', { class: 'window' }, text, beam),
        ),
        element('button', { class: 'main' }, words('扫码', 'Scan')),
      ),
      facts,
      element('div', { class: 'buttons' }, plug.view),
      faults.view,
      wire.view,
    ),
    wire: wire.add,
    tick() {},
    update(now) {
      const { state } = now;
      if (!now.plugged) head.set('bad', '线已拔下', 'unplugged');
      else if (!state.hostPresent) head.set('idle', '等待主机', 'waiting for host');
      else head.set('', '就绪', 'ready');
      facts.replaceChildren(
        element('span', {}, '已扫 codes read ', element('b', {}, String(state.codesRead))),
      );
      plug.update(now);
      faults.update(now);
    },
  };
}
