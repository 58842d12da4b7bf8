import { call } from './calls.js';
import { element, words } from './element.js';
import { cardHead, faultSwitches, lamp, plugButton, wireView } from './fold-outs.js';

const types = {
  citizen: ['居民身份证', 'resident'],
  'hong-kong-macau-taiwan': ['港澳台居民居住证', 'Hong Kong, Macau, Taiwan'],
  'foreigner-2017': ['外国人永久居留证 2017', 'foreigner 2017'],
  'foreigner-2023': ['外国人永久居留证 2023', 'foreigner 2023'],
};
const steps = {
  laid: ['卡已放上', 'card laid down'],
  found: ['已找到卡', 'card found'],
  selected: ['已选卡', 'card selected'],
  done: ['已读完，请取走', 'read, take away'],
};

/** An identity card reader with its plate; the cards are of people who do not exist. */
export function readerCard(device) {
  const head = cardHead(device, '身份证阅读器', 'ID reader');
  const plug = plugButton(device);
  const faults = faultSwitches(device);
  const wire = wireView(device);
  const reading = lamp('读卡', 'reading', 'good');
  const error = lamp('异常', 'error', 'bad');
  const plate = element('div', { class: 'plate' });
  const facts = element('div', { class: 'facts' });
  const choice = element(
    'select',
    { 'aria-label': '样例人物 sample person' },
    ...device.people.map(({ id, type, name }) =>
      element('option', { value: id }, `${name} · ${(types[type] ?? [type])[0]} · ${id}`),
    ),
  );
  const put = element(
    'button',
    { onclick: () => void call(device.id, 'card', { person: choice.value }) },
    words('放上', 'Put card'),
  );
  const lift = element('button', { onclick: () => void call(device.id, 'lift') }, words('取走', 'Lift card'));
  let shown;

  function showPlate(card) {
    const person = card && device.people.find(({ id }) => id === card.person);
    const wanted = JSON.stringify(card);
    if (wanted === shown) return;
    shown = wanted;
    plate.classList.toggle('taken', card !== null);
    if (!card) {
      plate.replaceChildren(words('请放身份证', 'place the card here'));
      return;
    }
    const [zh, en] = types[card.type] ?? [card.type, card.type];
    plate.replaceChildren(
      element(
        'div',
        { class: 'id-card' },
        element('b', {}, person?.name ?? zh),
        element('span', {}, zh),
        element('small', { lang: 'en' }, en),
      ),
    );
  }

  return {
    view: element(
      'article',
      { class: 'card' },
      head.view,
      element(
        'div',
        { class: 'reader-body' },
        plate,
        element('div', { class: 'lamps' }, reading.view, error.view),
      ),
      element(
        'label',
        { class: 'field' },
        element('span', {}, words('样例卡片（人物均为虚构）', 'sample cards, nobody real')),
        choice,
      ),
      element('div', { class: 'buttons' }, plug.view, put, lift),
      facts,
      faults.view,
      wire.view,
    ),
    wire: wire.add,
    tick() {},
    update(now) {
      const { state } = now;
      const step = state.card && (steps[state.card.step] ?? [state.card.step, state.card.step]);
      if (state.power === 'off') head.set('bad', '已断电', 'no power');
      else if (!now.plugged) head.set('bad', '线已拔下', 'unplugged');
      else if (state.sam !== 'well') head.set('bad', '安全模块故障', 'SAM fault');
      else if (!state.hostPresent) head.set('idle', '等待主机', 'waiting for host');
      else if (step) head.set(state.card.step === 'done' ? '' : 'warn', step[0], step[1]);
      else head.set('', '等待卡片', 'waiting for a card');
      showPlate(state.card);
      lift.disabled = state.card === null;
      reading.set(state.card !== null && state.card.step !== 'laid' && state.power === 'on');
      error.set(state.power === 'on' && state.sam !== 'well');
      const { find, select, read } = state.requests;
      facts.replaceChildren(
        element('span', {}, '已读 read ', element('b', {}, String(state.cardsRead))),
        element('span', {}, '找卡 find ', element('b', {}, String(find))),
        element('span', {}, '选卡 select ', element('b', {}, String(select))),
        element('span', {}, '读卡 reading ', element('b', {}, String(read))),
      );
      plug.update(now);
      faults.update(now);
    },
  };
}
