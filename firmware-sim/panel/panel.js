import { io } from '/live/socket.io.esm.min.js';
import { cableCard } from './cable-card.js';
import { element, words } from './element.js';
import { evaluatorCard } from './evaluator-card.js';
import { padsCard } from './pads-card.js';
import { printerCard } from './printer-card.js';
import { readerCard } from './reader-card.js';
import { scannerCard } from './scanner-card.js';
import { signCard } from './sign-card.js';

/** Kind → its card and its column, in the order in which they stand there. */
const kinds = {
  evaluator: [evaluatorCard, 'left'],
  cable: [cableCard, 'left'],
  'ff68-bus': [padsCard, 'left'],
  'ub485-bus': [padsCard, 'left'],
  'sign-line': [signCard, 'left'],
  printer: [printerCard, 'right'],
  reader: [readerCard, 'right'],
  scanner: [scannerCard, 'right'],
};
const order = Object.keys(kinds);
const cards = new Map();
const link = document.getElementById('link');
const live = io({ path: '/live', transports: ['websocket'] });

function showLink(on) {
  link.className = on ? 'link on' : 'link';
  link.replaceChildren(
    on ? words('已连接', 'live') : words('连接中断，显示的是旧状态', 'cut off, state is old'),
  );
}

live.on('connect', () => showLink(true));
live.on('disconnect', () => showLink(false));
live.on('devices', (devices) => {
  cards.clear();
  for (const place of ['left', 'right']) document.getElementById(place).replaceChildren();
  for (const device of devices.toSorted(
    (one, other) => order.indexOf(one.kind) - order.indexOf(other.kind),
  )) {
    const [make, place] = kinds[device.kind];
    const card = make(device);
    cards.set(device.id, card);
    document.getElementById(place).append(card.view);
    card.update(device);
  }
  const empty = devices.length === 0;
  document.getElementById('counts').textContent = empty
    ? ''
    : `${devices.length} 台设备 · ${devices.length} devices`;
  if (empty) {
    document
      .getElementById('left')
      .append(
        element(
          'p',
          { class: 'card empty' },
          '没有设备',
          element(
            'small',
            { lang: 'en' },
            'no devices: start with --evaluator, --printer … (hall-sim panel --help)',
          ),
        ),
      );
  }
});
live.on('device', (device) => cards.get(device.id)?.update(device));
live.on('paper', (paper) => cards.get(paper.id)?.paper?.(paper));
live.on('wire', ({ id, entry }) => cards.get(id)?.wire(entry));
const ticking = setInterval(() => {
  for (const card of cards.values()) card.tick();
}, 250);
window.addEventListener('pagehide', () => clearInterval(ticking));
