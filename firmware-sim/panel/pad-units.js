/** What can stand at an address of a line: a call pad, a four-key evaluator, a panel. */
import { faceKey, lamp } from './card-parts.js';
import { element, words } from './element.js';

const padKeys = [
  ['next', '顺呼', 'Next'],
  ['recall', '重呼', 'Recall'],
  ['cancel', '弃号', 'Missed'],
  ['evaluate', '评价', 'Rate'],
  ['park', '挂起', 'Park'],
  ['call-back', '回呼', 'Call back'],
  ['pause', '暂停', 'Pause'],
  ['transfer', '转移', 'Transfer'],
];
const panelKeys = [
  ['call', '呼叫', 'Call, recall'],
  ['start', '开始', 'Start'],
  ['redirect', '转移', 'Redirect'],
  ['finish', '结束', 'No-show, finish'],
];
// What is printed under the four keys; which level a key means is a setting of the host.
const fourLevels = [5, 4, 2, 1];

function unit(address, zh, en, ...children) {
  return element(
    'section',
    { class: 'unit', 'data-address': address, 'aria-label': `${zh} ${address}` },
    element('h3', {}, words(zh, en), element('span', { class: 'port' }, `地址 address ${address}`)),
    ...children,
  );
}

function keyRow(keys, press) {
  return element(
    'div',
    { class: 'pad-keys' },
    ...keys.map(([key, zh, en]) =>
      element(
        'button',
        { class: 'pad-key', onclick: () => press(key) },
        zh,
        element('small', { lang: 'en' }, en),
      ),
    ),
  );
}

/** What a key has come to: sent again and again until the host has taken it. */
function fate() {
  const view = element('p', { class: 'fate' });
  return {
    view,
    update({ waiting, acknowledged }) {
      view.classList.toggle('waiting', waiting !== null);
      view.replaceChildren(
        waiting === null
          ? words(`按键已收 ${acknowledged}`, `keys taken ${acknowledged}`)
          : words('按键未收，重复发送中', 'key not taken, sent again'),
      );
    },
  };
}

function digits(zh, en) {
  const shown = element('b');
  return {
    view: element('div', { class: 'digits' }, element('span', {}, words(zh, en)), shown),
    set: (text) => (shown.textContent = text),
    blink: (on) => shown.classList.toggle('blinking', on),
  };
}

/** A clerk's call pad with eight keys and two numbers. */
export function pad(address, press) {
  const waiting = digits('等候', 'waiting');
  const ticket = digits('票号', 'ticket');
  const beeps = element('p', { class: 'fate' });
  const keys = fate();
  return {
    view: unit(
      address,
      '呼叫器',
      'Pad',
      element(
        'div',
        { class: 'pad-body body' },
        element('div', { class: 'pad-display' }, waiting.view, ticket.view),
        keyRow(padKeys, press),
      ),
      element('div', { class: 'unit-foot' }, keys.view, beeps),
    ),
    update(state) {
      waiting.set(state.display.waiting);
      ticket.set(state.display.ticket);
      beeps.replaceChildren(words(`蜂鸣 ${state.beeps}`, `beeps ${state.beeps}`));
      keys.update(state);
    },
  };
}

/** A visitor's evaluator with four keys, five stars over them, and a light that asks. */
export function fourKeyEvaluator(address, press) {
  const light = lamp('请评价', 'please rate', 'warn');
  const keys = fate();
  const row = element(
    'div',
    { class: 'keys four' },
    ...fourLevels.map((level, at) => faceKey(level, () => press(String(at + 1)))),
  );
  const body = element(
    'div',
    { class: 'evaluator-body body' },
    element(
      'div',
      { class: 'four-top' },
      element('span', { class: 'stars', 'aria-hidden': 'true' }, '★★★★★'),
      light.view,
    ),
    row,
  );
  return {
    view: unit(
      address,
      '四键评价器',
      'Four-key evaluator',
      body,
      element('div', { class: 'unit-foot' }, keys.view),
    ),
    update(state) {
      light.set(state.evaluating);
      body.classList.toggle('open', state.evaluating);
      keys.update(state);
    },
  };
}

// 30 … 36, and with a beep 37 … 3D (evaluators.md §4). Which blinking one is red the page does not say: in the order of the steady ones.
const lamps = [
  ['off', '灯灭', 'dark'],
  ['red', '红灯', 'red'],
  ['green', '绿灯', 'green'],
  ['red fast', '红灯快闪', 'red, blinks fast'],
  ['green fast', '绿灯快闪', 'green, blinks fast'],
  ['red slow', '红灯慢闪', 'red, blinks slowly'],
  ['green slow', '绿灯慢闪', 'green, blinks slowly'],
];

/** A clerk's panel with three characters and a lamp of two colours. */
export function panel(address, press) {
  const text = digits('显示', 'shows');
  const light = element('span', { class: 'lamp' });
  const beeps = element('p', { class: 'fate' });
  return {
    view: unit(
      address,
      '呼叫面板',
      'Panel',
      element(
        'div',
        { class: 'pad-body body' },
        element('div', { class: 'pad-display' }, text.view, light),
        keyRow(panelKeys, press),
      ),
      element('div', { class: 'unit-foot' }, beeps),
    ),
    update(state) {
      text.set(state.text);
      text.blink(state.blink !== 0x20);
      const [how, zh, en] = lamps[(state.lamp - 0x30) % lamps.length] ?? lamps[0];
      light.className = how === 'off' ? 'lamp' : `lamp lit ${how}`;
      light.replaceChildren(words(zh, en));
      beeps.replaceChildren(words(`蜂鸣 ${state.beeps}`, `beeps ${state.beeps}`));
    },
  };
}
