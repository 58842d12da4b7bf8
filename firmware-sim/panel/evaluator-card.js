import { call } from './calls.js';
import { createCard, faceKey, lamp, plugButton } from './card-parts.js';
import { element, words } from './element.js';
import { faultSwitches } from './faults.js';

const names = {
  elp1: ['评价器', 'Evaluator'],
  ehr1: ['USB 评价器', 'Evaluator, HID'],
  'ascii-5': ['单字符评价器', 'ASCII evaluator'],
};

/** Five keys from left to right. */
function keyRow(device) {
  return element(
    'div',
    { class: 'keys' },
    ...[5, 4, 3, 2, 1].map((level, at) =>
      faceKey(level, () => void call(device.id, 'press', { key: at + 1 })),
    ),
  );
}

/** An evaluator as it stands on the desk. */
export function evaluatorCard(device) {
  const card = createCard(device, names[device.model] ?? names.elp1);
  const display = element('div', { class: 'display', role: 'img' });
  const thanks = lamp('谢谢', 'thanks', 'good');
  const error = lamp('异常', 'error', 'bad');
  const voice = element('p', { class: 'voice', 'aria-live': 'polite', hidden: true });
  const body = element(
    'div',
    { class: 'evaluator-body body' },
    element(
      'div',
      { class: 'evaluator-top' },
      display,
      element('div', { class: 'lamps' }, thanks.view, error.view),
    ),
    keyRow(device),
  );
  const session = element('p', { role: 'status' });
  const cells = element(
    'div',
    { class: 'cells', 'aria-hidden': 'true' },
    ...Array.from({ length: device.state.pressMemory }, () => element('i')),
  );
  const memoryText = element('span');
  const plug = plugButton(device);
  const faults = faultSwitches(device);
  const cycle = element(
    'button',
    { onclick: () => void call(device.id, 'power-cycle') },
    words('重新上电', 'Power cycle'),
  );
  card.add(
    body,
    element('div', { class: 'session' }, session, voice),
    element('div', { class: 'memory' }, memoryText, cells),
    element('div', { class: 'buttons' }, plug.view, cycle),
    faults.view,
  );
  let last = device;
  let receivedAt = 0;

  function showSession() {
    const { session: open } = last.state;
    if (!open) {
      session.replaceChildren(words('没有进行中的评价', 'no evaluation open'));
      return;
    }
    const left = Math.max(0, Math.ceil(open.secondsLeft - (performance.now() - receivedAt) / 1000));
    session.replaceChildren(
      element(
        'b',
        { class: 'open' },
        words(`评价进行中 · 还有 ${left} 秒`, `evaluation ${open.number} open, ${left} s left`),
      ),
    );
  }

  return {
    view: card.view,
    tick: () => last.state.session && showSession(),
    update(now) {
      last = now;
      receivedAt = performance.now();
      const { state } = now;
      const off = state.power === 'off';
      card.update(now, state.power);
      if (off) card.badge('bad', '已断电', 'no power');
      else if (!now.plugged) card.badge('bad', '线已拔下', 'unplugged');
      else if (!state.hostPresent) card.badge('idle', '等待主机', 'waiting for host');
      else if (state.session) card.badge('warn', '评价中', 'rating');
      else card.badge('', '就绪', 'ready');
      body.classList.toggle('open', state.lights.keys === 'lit');
      thanks.set(state.lights.thanks === 'lit');
      error.set(state.lights.error === 'lit');
      const blank = state.display.every((line) => line === '');
      display.replaceChildren(
        off
          ? ''
          : blank
            ? element('span', { class: 'blank' }, `${device.name}\n${device.serial}`)
            : state.display.join('\n'),
      );
      display.setAttribute('aria-label', `显示屏 display: ${off ? '' : state.display.join(' ').trim()}`);
      voice.hidden = !state.voice;
      voice.textContent = state.voice ? `语音 voice “${state.voice}”` : '';
      memoryText.replaceChildren(
        words(
          `未确认按键 ${state.pressesWaiting} / ${state.pressMemory}`,
          `presses not acknowledged · ${state.pressesAcknowledged} acknowledged`,
        ),
      );
      for (const [index, cell] of [...cells.children].entries())
        cell.classList.toggle('full', index < state.pressesWaiting);
      plug.update(now);
      faults.update(now);
      showSession();
    },
  };
}

/** An evaluator that only sends: no lamp, no display, and it remembers nothing. */
export function asciiEvaluatorCard(device) {
  const card = createCard(device, names['ascii-5']);
  const facts = element('p', { class: 'facts' });
  const plug = plugButton(device);
  const faults = faultSwitches(device);
  card.add(
    element('div', { class: 'evaluator-body body plain' }, keyRow(device)),
    facts,
    element('div', { class: 'buttons' }, plug.view),
    faults.view,
  );
  return {
    view: card.view,
    tick() {},
    update(now) {
      const { state } = now;
      const off = now.faults.includes('power-off');
      card.update(now, off ? 'off' : 'on');
      if (off) card.badge('bad', '已断电', 'no power');
      else if (!now.plugged) card.badge('bad', '线已拔下', 'unplugged');
      else if (!state.hostPresent) card.badge('idle', '等待主机', 'waiting for host');
      else card.badge('', '就绪', 'ready');
      facts.replaceChildren(
        element('span', {}, '已按 pressed ', element('b', {}, String(state.pressed))),
        element('small', { lang: 'en' }, 'it hears nothing: a press that is lost is lost'),
      );
      plug.update(now);
      faults.update(now);
    },
  };
}
