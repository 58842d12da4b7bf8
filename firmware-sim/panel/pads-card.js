import { call } from './calls.js';
import { element, svgElement, words } from './element.js';
import { cardHead, faultSwitches, lamp, plugButton, wireView } from './fold-outs.js';

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
// What is printed under the keys; which level a key means is a setting of the host.
const fourKeys = [
  ['1', '非常满意', 'Very satisfied', '#0b7a4b', 'M7 13.5c1.2 3 3 4.2 5 4.2s3.8-1.2 5-4.2z'],
  ['2', '满意', 'Satisfied', '#3f8f2f', 'M7.5 14c1.1 1.9 2.6 2.8 4.5 2.8s3.4-.9 4.5-2.8'],
  ['3', '不满意', 'Dissatisfied', '#c46a00', 'M7.8 16.6c1.1-1.5 2.5-2.2 4.2-2.2s3.1.7 4.2 2.2'],
  ['4', '非常不满意', 'Very dissatisfied', '#b3261e', 'M7.5 17.6c1-2.6 2.6-3.8 4.5-3.8s3.5 1.2 4.5 3.8z'],
];

function unit(address, zh, en, ...children) {
  return element(
    'section',
    { class: 'unit', 'data-address': address, 'aria-label': `${zh} ${address}` },
    element('h3', {}, words(zh, en), element('span', { class: 'port' }, `地址 address ${address}`)),
    ...children,
  );
}

function keyRow(device, address, keys) {
  return element(
    'div',
    { class: 'pad-keys' },
    ...keys.map(([key, zh, en]) =>
      element(
        'button',
        { class: 'pad-key', onclick: () => void call(device.id, 'key', { address, key }) },
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
  };
}

function pad(device, address) {
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
        { class: 'pad-body' },
        element('div', { class: 'pad-display' }, waiting.view, ticket.view),
        keyRow(device, address, padKeys),
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

function fourKeyEvaluator(device, address) {
  const light = lamp('请评价', 'please rate', 'warn');
  const keys = fate();
  const row = element('div', { class: 'keys four' });
  for (const [key, zh, en, tone, mouth] of fourKeys) {
    const button = element(
      'button',
      { class: 'key', onclick: () => void call(device.id, 'key', { address, key }) },
      svgElement(
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="${tone}" stroke-width="1.7" stroke-linecap="round" aria-hidden="true"><circle cx="12" cy="12" r="9.6"/><path d="M8.5 9v1M15.5 9v1"/><path d="${mouth}"/></svg>`,
      ),
      zh,
      element('small', { lang: 'en' }, en),
    );
    button.style.setProperty('--tone', tone);
    row.append(button);
  }
  const body = element('div', { class: 'evaluator-body' }, light.view, row);
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

function panel(device, address) {
  const text = digits('显示', 'shows');
  const light = lamp('灯', 'lamp', 'good');
  const beeps = element('p', { class: 'fate' });
  return {
    view: unit(
      address,
      '呼叫面板',
      'Panel',
      element(
        'div',
        { class: 'pad-body' },
        element('div', { class: 'pad-display' }, text.view, light.view),
        keyRow(device, address, panelKeys),
      ),
      element('div', { class: 'unit-foot' }, beeps),
    ),
    update(state) {
      text.set(state.text);
      // 30 and 37 are off, the second with a beep.
      light.set(state.lamp !== 0x30 && state.lamp !== 0x37);
      beeps.replaceChildren(words(`蜂鸣 ${state.beeps}`, `beeps ${state.beeps}`));
    },
  };
}

/** A line of call pads and four-key evaluators, or of panels: one plug, and a unit at each address. */
export function padsCard(device) {
  const ub485 = device.kind === 'ub485-bus';
  const head = cardHead(
    device,
    ub485 ? '面板总线' : '呼叫器总线',
    ub485 ? 'UB485 panels' : 'FF68 pads and evaluators',
  );
  const plug = plugButton(device);
  const faults = faultSwitches(device);
  const wire = wireView(device);
  const statesOf = (now) => (ub485 ? now.state.panels : now.state.devices);
  const units = new Map(
    Object.entries(statesOf(device)).map(([address, state]) => {
      const make = ub485 ? panel : state.role === 'pad' ? pad : fourKeyEvaluator;
      return [address, make(device, Number(address))];
    }),
  );
  const collisions = element('p', { class: 'fate' });
  return {
    view: element(
      'article',
      { class: 'card wide' },
      head.view,
      element('div', { class: 'units' }, ...[...units.values()].map(({ view }) => view)),
      element('div', { class: 'buttons' }, plug.view, collisions),
      faults.view,
      wire.view,
    ),
    wire: wire.add,
    tick() {},
    update(now) {
      if (!now.plugged) head.set('bad', '线已拔下', 'unplugged');
      else if (!now.state.hostPresent) head.set('idle', '等待主机', 'waiting for host');
      else head.set('', '就绪', 'ready');
      for (const [address, state] of Object.entries(statesOf(now))) units.get(address)?.update(state);
      collisions.replaceChildren(
        words(`同时发送 ${now.state.collisions} 次`, `two spoke at once: ${now.state.collisions}`),
      );
      collisions.hidden = now.state.collisions === 0;
      plug.update(now);
      faults.update(now);
    },
  };
}
