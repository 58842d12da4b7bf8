import { element, words } from './element.js';

/** What goes over the wire of one device, at the foot of the page: hex and what it means, side by side. */

const kept = 200;
/** Bytes of a long frame that are shown before it is unfolded. */
const shownBytes = 32;
const speakers = {
  in: ['主机', 'host', '←'],
  out: ['设备', 'device', '→'],
};

let live;
let devices = () => [];
let watched;
let entries = [];
let waiting = [];
let paused = false;
let filter = 'all';

const list = element('div', { class: 'wire', tabindex: 0, role: 'log', 'aria-label': '线路数据 wire' });
const choice = element('select', { 'aria-label': '设备 device', onchange: () => openWire(choice.value) });
const pause = element('button', { class: 'small', onclick: () => setPaused(!paused) });
const save = element('a', { class: 'small button', download: '' }, words('存为抓包', 'Save capture'));
const filters = ['all', 'in', 'out'].map((one) =>
  element(
    'label',
    {},
    element('input', {
      type: 'radio',
      name: 'wire-filter',
      value: one,
      checked: one === 'all',
      onchange() {
        filter = one;
        draw();
      },
    }),
    element(
      'span',
      {},
      one === 'all' ? words('全部', 'all') : words(`${speakers[one][0]}说`, speakers[one][1]),
    ),
  ),
);
const dock = element(
  'section',
  { class: 'dock', 'aria-label': '线路数据 Wire', hidden: true },
  element(
    'div',
    { class: 'dock-bar' },
    element('h2', {}, words('线路数据', 'Wire')),
    choice,
    element('div', { class: 'filters', role: 'radiogroup', 'aria-label': '方向 direction' }, ...filters),
    pause,
    save,
    element('button', { class: 'small', onclick: closeWire }, words('关闭', 'Close')),
  ),
  list,
);

/** Puts the dock into the page. */
export function startWireDock(connection, allDevices) {
  live = connection;
  devices = allDevices;
  document.body.append(dock);
  dock.addEventListener('keydown', (pressed) => pressed.key === 'Escape' && closeWire());
  live.on('wire', ({ id, entries: more, whole }) => {
    if (id !== watched) return;
    if (whole) {
      entries = [];
      waiting = [];
      add(more);
    } else if (paused) waiting = [...waiting, ...more].slice(-kept);
    else add(more);
    showPause();
  });
  // A new connection knows nothing of what was open.
  live.on('connect', () => watched !== undefined && live.emit('watch', watched, true));
}

export function openWire(id) {
  if (watched !== undefined && watched !== id) live.emit('watch', watched, false);
  watched = id;
  choice.replaceChildren(
    ...devices()
      .filter(({ kind }) => kind !== 'cable')
      .map((one) => element('option', { value: one.id, selected: one.id === id }, one.id)),
  );
  save.href = `/api/devices/${encodeURIComponent(id)}/capture`;
  dock.hidden = false;
  document.body.classList.add('with-dock');
  paused = false;
  waiting = [];
  showPause();
  live.emit('watch', id, true);
}

function closeWire() {
  live.emit('watch', watched, false);
  watched = undefined;
  entries = [];
  dock.hidden = true;
  document.body.classList.remove('with-dock');
}

function setPaused(on) {
  paused = on;
  if (!on) add(waiting.splice(0));
  showPause();
}

function showPause() {
  pause.classList.toggle('on', paused);
  pause.replaceChildren(
    paused
      ? words(`继续（${waiting.length} 条等候）`, `go on, ${waiting.length} waiting`)
      : words('暂停', 'Pause'),
  );
}

const isShown = ({ direction }) => filter === 'all' || direction === filter;

/** Puts more entries at the foot; who has scrolled up stays where he is. */
function add(more) {
  const before = entries.length;
  entries = [...entries, ...more].slice(-kept);
  if (before === 0 || more.length >= kept) return draw();
  keepFoot(() => {
    list.querySelector('.empty')?.remove();
    list.append(...more.filter(isShown).map(row));
    while (list.children.length > entries.filter(isShown).length) list.firstElementChild.remove();
  });
}

function draw() {
  const shown = entries.filter(isShown);
  const nothing = element(
    'p',
    { class: 'empty' },
    '还没有数据 · ',
    element('small', { lang: 'en' }, 'nothing yet'),
  );
  keepFoot(() => list.replaceChildren(...(shown.length > 0 ? shown.map(row) : [nothing])));
}

function keepFoot(change) {
  const atFoot = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  change();
  if (atFoot) list.scrollTop = list.scrollHeight;
}

function row(entry) {
  const [zh, en, arrow] = speakers[entry.direction];
  const time = new Date(entry.at).toLocaleTimeString('zh-CN', { hour12: false });
  return element(
    'p',
    { class: entry.direction },
    element('time', { datetime: entry.at }, `${time}.${entry.at.slice(20, 23)}`),
    element('b', {}, `${arrow} ${zh}`, element('small', { lang: 'en' }, ` ${en}`)),
    hex(entry.hex),
    element('span', { class: 'meaning' }, entry.decoded),
  );
}

function hex(text) {
  const bytes = text.match(/../g) ?? [];
  const short = bytes.slice(0, shownBytes).join(' ');
  if (bytes.length <= shownBytes) return element('code', {}, short);
  return element(
    'details',
    { class: 'hex' },
    element('summary', {}, element('code', {}, short), ` … ${bytes.length} B`),
    element('code', {}, bytes.slice(shownBytes).join(' ')),
  );
}
