import { call } from './calls.js';
import { element, svgElement, words } from './element.js';
import { cardHead, faultSwitches, lamp, plugButton, wireView } from './fold-outs.js';

const keys = [
  ['非常满意', 'Very satisfied', '#0b7a4b', 'M7 13.5c1.2 3 3 4.2 5 4.2s3.8-1.2 5-4.2z'],
  ['满意', 'Satisfied', '#3f8f2f', 'M7.5 14c1.1 1.9 2.6 2.8 4.5 2.8s3.4-.9 4.5-2.8'],
  ['基本满意', 'Mostly satisfied', '#8a7a00', 'M8 15.2h8'],
  ['不满意', 'Dissatisfied', '#c46a00', 'M7.8 16.6c1.1-1.5 2.5-2.2 4.2-2.2s3.1.7 4.2 2.2'],
  ['非常不满意', 'Very dissatisfied', '#b3261e', 'M7.5 17.6c1-2.6 2.6-3.8 4.5-3.8s3.5 1.2 4.5 3.8z'],
];

function face(tone, mouth) {
  return svgElement(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="${tone}" stroke-width="1.7" stroke-linecap="round" aria-hidden="true"><circle cx="12" cy="12" r="9.6"/><path d="M8.5 9v1M15.5 9v1"/><path d="${mouth}"/></svg>`,
  );
}

/** An evaluator as it stands on the desk. */
export function evaluatorCard(device) {
  const head = cardHead(device, '评价器', 'Evaluator');
  const display = element('div', { class: 'display', role: 'img', 'aria-label': '显示屏 display' });
  const thanks = lamp('谢谢', 'thanks', 'good');
  const error = lamp('异常', 'error', 'bad');
  const row = element('div', { class: 'keys' });
  for (const [index, [zh, en, tone, mouth]] of keys.entries()) {
    const key = element(
      'button',
      { class: 'key', onclick: () => void call(device.id, 'press', { key: index + 1 }) },
      face(tone, mouth),
      zh,
      element('small', { lang: 'en' }, en),
    );
    key.style.setProperty('--tone', tone);
    row.append(key);
  }
  const body = element(
    'div',
    { class: 'evaluator-body' },
    element(
      'div',
      { class: 'evaluator-top' },
      display,
      element('div', { class: 'lamps' }, thanks.view, error.view),
    ),
    row,
  );
  const session = element('div', { class: 'session', role: 'status' });
  const cells = element(
    'div',
    { class: 'cells', 'aria-hidden': 'true' },
    ...Array.from({ length: device.state.pressMemory }, () => element('i')),
  );
  const memoryText = element('span');
  const plug = plugButton(device);
  const faults = faultSwitches(device);
  const wire = wireView(device);
  const cycle = element(
    'button',
    { onclick: () => void call(device.id, 'power-cycle') },
    words('重新上电', 'Power cycle'),
  );
  let last = device;
  let receivedAt = 0;

  function showSession() {
    const { state } = last;
    const left =
      state.session &&
      Math.max(0, Math.ceil(state.session.secondsLeft - (performance.now() - receivedAt) / 1000));
    const line = state.session
      ? [
          element('b', { class: 'open' }, `评价进行中 · 还有 ${left} 秒`),
          element('small', { lang: 'en' }, `session ${state.session.number} open – ${left} s`),
        ]
      : [element('span', {}, '没有进行中的评价'), element('small', { lang: 'en' }, 'no session open')];
    if (state.voice) line.push(element('span', { class: 'voice' }, `语音 “${state.voice}”`));
    session.replaceChildren(...line);
  }

  return {
    view: element(
      'article',
      { class: 'card' },
      head.view,
      body,
      session,
      element('div', { class: 'memory' }, memoryText, cells),
      element('div', { class: 'buttons' }, plug.view, cycle),
      faults.view,
      wire.view,
    ),
    wire: wire.add,
    tick: () => last.state.session && showSession(),
    update(now) {
      last = now;
      receivedAt = performance.now();
      const { state } = now;
      if (state.power === 'off') head.set('bad', '已断电', 'no power');
      else if (!now.plugged) head.set('bad', '线已拔下', 'unplugged');
      else if (!state.hostPresent) head.set('idle', '等待主机', 'waiting for host');
      else if (state.session) head.set('warn', '评价中', 'rating');
      else head.set('', '就绪', 'ready');
      body.classList.toggle('open', state.lights.keys === 'lit');
      body.classList.toggle('off', state.power === 'off');
      thanks.set(state.lights.thanks === 'lit');
      error.set(state.lights.error === 'lit');
      const blank = state.display.every((line) => line === '');
      display.replaceChildren(
        blank ? element('span', { class: 'blank' }, `${now.model}\n${now.serial}`) : state.display.join('\n'),
      );
      memoryText.replaceChildren(
        words(
          `未确认按键 ${state.pressesWaiting} / ${state.pressMemory}`,
          `presses not acknowledged · ${state.pressesAcknowledged} acknowledged`,
        ),
      );
      for (const [index, cell] of [...cells.children].entries())
        cell.classList.toggle('full', index < state.pressesWaiting);
      cycle.disabled = false;
      plug.update(now);
      faults.update(now);
      showSession();
    },
  };
}
