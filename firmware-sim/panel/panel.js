import { io } from '/live/socket.io.esm.min.js';
import { cableCard } from './cable-card.js';
import { post } from './calls.js';
import { element, words } from './element.js';
import { asciiEvaluatorCard, evaluatorCard } from './evaluator-card.js';
import { keypadCard } from './keypad-card.js';
import { padsCard } from './pads-card.js';
import { printerCard } from './printer-card.js';
import { readerCard } from './reader-card.js';
import { scannerCard } from './scanner-card.js';
import { scenarioSection } from './scenario-section.js';
import { signCard } from './sign-card.js';
import { usbSection } from './usb-section.js';
import { startWireDock } from './wire-dock.js';

/** Kind → its card and its column, in the order in which they stand there. */
const kinds = {
  evaluator: [evaluatorCard, 'left'],
  'ascii-evaluator': [asciiEvaluatorCard, 'left'],
  keypad: [keypadCard, 'left'],
  cable: [cableCard, 'left'],
  'ff68-bus': [padsCard, 'left'],
  'ub485-bus': [padsCard, 'left'],
  'sign-line': [signCard, 'left'],
  printer: [printerCard, 'right'],
  reader: [readerCard, 'right'],
  scanner: [scannerCard, 'right'],
};
const order = Object.keys(kinds);
const place = (id) => document.getElementById(id);
const cards = new Map();
/** What is said of each device, the newest. */
const devices = new Map();
const live = io({ path: '/live', transports: ['websocket'] });
const scenarios = scenarioSection(place('below'));
const usb = usbSection(place('below'));
startWireDock(live, () => [...devices.values()]);

/** ms of this machine since when nothing comes; undefined while connected. */
let cutSince;
function showLink(on) {
  cutSince = on ? undefined : (cutSince ?? performance.now());
  document.body.classList.toggle('cut-off', !on);
  place('link').className = on ? 'link on' : 'link';
  if (on) place('link').replaceChildren(words('已连接', 'live'));
  else showAge();
}
function showAge() {
  const seconds = Math.floor((performance.now() - cutSince) / 1000);
  const [n, zh, en] = seconds < 60 ? [seconds, '秒', 's'] : [Math.floor(seconds / 60), '分钟', 'min'];
  const text = `连接中断 ${n} ${zh}，显示的是旧状态`;
  if (place('link').dataset.text === text) return;
  place('link').dataset.text = text;
  place('link').replaceChildren(words(text, `cut off for ${n} ${en}, what you see is old`));
}

function showCounts() {
  const all = [...devices.values()];
  const broken = all.filter(({ id, faults }) =>
    faults.some((name) => !devices.get(id).ownFaults.includes(name)),
  ).length;
  place('counts').replaceChildren(
    words(`${all.length} 台设备`, `${all.length} devices`),
    ...(broken > 0
      ? [
          element(
            'button',
            { class: 'small mend', onclick: () => void post('faults-off') },
            words(`${broken} 台有故障，全部恢复`, 'mend all'),
          ),
        ]
      : []),
  );
}

function addCard(device) {
  const [make, column] = kinds[device.kind] ?? [];
  if (!make) return;
  const card = make(device);
  card.view.id = device.id;
  cards.set(device.id, card);
  place(column).append(card.view);
  card.update(device);
}

live.on('connect', () => {
  showLink(true);
  scenarios.list();
});
live.on('disconnect', () => showLink(false));
live.on('connect_error', () => showLink(false));
live.on('devices', (all) => {
  cards.clear();
  devices.clear();
  for (const column of ['left', 'right']) place(column).replaceChildren();
  for (const device of all) devices.set(device.id, device);
  for (const device of [...all].sort((one, other) => order.indexOf(one.kind) - order.indexOf(other.kind)))
    addCard(device);
  for (const column of ['left', 'right']) place(column).hidden = place(column).children.length === 0;
  place('none').hidden = all.length > 0;
  showCounts();
});
live.on('changes', (changes) => {
  for (const change of changes) {
    const device = { ...devices.get(change.id), ...change };
    devices.set(change.id, device);
    cards.get(change.id)?.update(device);
  }
  showCounts();
});
live.on('paper', (paper) => cards.get(paper.id)?.paper?.(paper));
live.on('usb', (now) => usb.update(now));
live.on('scenario', (now) => scenarios.update(now));
const ticking = setInterval(() => {
  for (const card of cards.values()) card.tick();
  if (cutSince !== undefined) showAge();
}, 250);
window.addEventListener('pagehide', () => clearInterval(ticking));
