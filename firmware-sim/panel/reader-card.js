import { call } from './calls.js';
import { createCard, lamp, plugButton } from './card-parts.js';
import { element, words } from './element.js';
import { faultSwitches } from './faults.js';

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

/** As it stands where passers-by may look: the first sign of a name, and nothing of a number. */
function masked(name) {
  const [first = '', ...rest] = [...name];
  return rest.length > 0 ? `${first}${'＊'.repeat(Math.min(3, rest.length))}` : first;
}

/** An identity card reader with its plate; the cards are of people who do not exist. */
export function readerCard(device) {
  const card = createCard(device, ['身份证阅读器', 'ID reader']);
  const plug = plugButton(device);
  const faults = faultSwitches(device);
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

  function showPlate(lying) {
    const person = lying && device.people.find(({ id }) => id === lying.person);
    const wanted = JSON.stringify(lying);
    if (wanted === shown) return;
    shown = wanted;
    plate.classList.toggle('taken', lying !== null);
    if (!lying) {
      plate.replaceChildren(words('请放身份证', 'place the card here'));
      return;
    }
    const [zh, en] = types[lying.type] ?? [lying.type, lying.type];
    plate.replaceChildren(
      element(
        'div',
        { class: 'id-card' },
        element('b', {}, person ? masked(person.name) : zh),
        element('span', {}, zh),
        element('small', { lang: 'en' }, en),
        element('i', { class: 'chip', 'aria-hidden': 'true' }),
      ),
    );
  }

  card.add(
    element(
      'div',
      { class: 'reader-body body' },
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
  );
  return {
    view: card.view,
    tick() {},
    update(now) {
      const { state } = now;
      card.update(now, state.power);
      const step = state.card && (steps[state.card.step] ?? [state.card.step, state.card.step]);
      if (state.power === 'off') card.badge('bad', '已断电', 'no power');
      else if (!now.plugged) card.badge('bad', '线已拔下', 'unplugged');
      else if (state.sam !== 'well') card.badge('bad', '安全模块故障', 'SAM fault');
      else if (!state.hostPresent) card.badge('idle', '等待主机', 'waiting for host');
      else if (step) card.badge(state.card.step === 'done' ? '' : 'warn', step[0], step[1]);
      else card.badge('', '等待卡片', 'waiting for a card');
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
