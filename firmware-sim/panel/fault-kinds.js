/** How faults are grouped on a card, and what can be said when one is switched on. */

const groups = [
  ['cable', '线缆', 'Cable', /^(unplug|wrong-baud|adapter-echo|turn-bytes)/],
  ['paper', '纸张与机芯', 'Paper and mechanics', /^(paper|cover|cutter|head|no-process-id)/],
  ['card', '证件', 'Card', /^(card|sam)-/],
  [
    'line',
    '数据',
    'Data on the line',
    /^(silent|noise|babble|lost-|doubled|merged|split|delayed|corrupted|wrong-checksum|garbage)/,
  ],
  ['device', '设备本身', 'The device itself', /./],
];
/** The order in which groups stand on a card. */
const order = ['cable', 'line', 'device', 'paper', 'card'];

/** The faults of a device by group: [{ zh, en, names }]; a name that nobody has grouped is one of the device itself. */
export function groupedFaults(names) {
  const found = new Map(order.map((group) => [group, []]));
  for (const name of names) found.get(groups.find(([, , , pattern]) => pattern.test(name))[0]).push(name);
  return order
    .filter((group) => found.get(group).length > 0)
    .map((group) => {
      const [, zh, en] = groups.find(([id]) => id === group);
      return { zh, en, names: found.get(group) };
    });
}

const share = { name: 'rate', zh: '比例', en: 'share', unit: '%', value: 50, most: 100 };
const ms = (value, zh, en) => ({ name: 'ms', zh, en, unit: 'ms', value, most: 86_400_000 });
const bytes = { name: 'bytes', zh: '字节数', en: 'bytes', unit: 'B', value: 200, most: 10_000_000 };

const options = {
  'lost-frames': share,
  'doubled-frames': share,
  corrupted: share,
  'wrong-checksum': share,
  'split-frames': ms(7, '间隔', 'pause'),
  'delayed-frames': ms(120, '延迟', 'delay'),
  clock: ms(3_600_000, '快', 'ahead'),
};
const slow = {
  evaluator: ms(300, '每条', 'each'),
  reader: ms(500, '每条', 'each'),
  cable: ms(100, '每千字节', 'per 1000 bytes'),
};
const keys = {
  evaluator: [1, 2, 3, 4, 5].map((key) => [key, `${key}`]),
  'ascii-evaluator': [1, 2, 3, 4, 5].map((key) => [key, `${key}`]),
  keypad: [1, 2, 3, 4, 5, 6, 7, 8, 9, 0].map((key) => [key, `${key}`]),
  'ff68-bus': [
    [0x0c, '顺呼 next'],
    [0x0b, '评价 rate'],
    [0x0d, '重呼 recall'],
    [0x12, '暂停 pause'],
    [0x00, '键1 key 1'],
    [0x01, '键2 key 2'],
    [0x02, '键3 key 3'],
    [0x03, '键4 key 4'],
  ],
  'ub485-bus': [
    [0x31, '呼叫 call'],
    [0x32, '开始 start'],
    [0x33, '转移 redirect'],
    [0x34, '结束 finish'],
  ],
};

/** What a fault of a device of this kind can be told; undefined: nothing. */
export function faultOption(kind, name) {
  if (name.endsWith('-after-bytes')) return bytes;
  if (name === 'stuck-key') return keys[kind] && { name: 'key', zh: '按键', en: 'key', choices: keys[kind] };
  if (name === 'slow') return slow[kind];
  return options[name];
}

/** Faults of a whole line, wherever a device stands on it; and what happens once needs no end. */
const wholeLine = /^(unplug|wrong-baud|adapter-echo|babble|power-off-after-bytes)/;
export const isOfOneAddress = (name) => !wholeLine.test(name);
export const canEnd = (name) => !name.endsWith('-after-bytes');
