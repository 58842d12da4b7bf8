/** What a device answers, by its view. Pure. */
import type { Bilingual, DeviceStateName, DeviceView } from '../../contract/live.ts';
import { adviceFor } from '../../device/advice.ts';
import type { Check } from './check.ts';

export type SeenDevice = Pick<DeviceView, 'id' | 'kind' | 'model' | 'port' | 'state' | 'notes'> &
  Partial<Pick<DeviceView, 'fault' | 'advice' | 'serial' | 'firmware' | 'lastSeenAt' | 'bound'>>;

const STATES: Record<DeviceStateName, Bilingual> = {
  opening: { zh: '正在连接', en: 'connecting' },
  ready: { zh: '就绪', en: 'ready' },
  silent: { zh: '不回答', en: 'answers nothing' },
  lost: { zh: '断开', en: 'gone' },
  missing: { zh: '没有端口', en: 'no such port' },
  busy: { zh: '端口被占用', en: 'the port is held by another program' },
  denied: { zh: '没有权限', en: 'no permission' },
  refused: { zh: '不接受连接', en: 'takes no connection' },
  ambiguous: { zh: '有多个可能的设备', en: 'several devices could be meant' },
  'wrong-settings': { zh: '收到的数据无法识别', en: 'what it sends makes no sense' },
  faulted: { zh: '故障', en: 'faulted' },
};

/** The device's own answer: state, firmware, serial number. */
export function deviceAnswer(view: SeenDevice): Check {
  const { id, model, port, bound, state, fault, firmware, serial, lastSeenAt } = view;
  const facts = (words: { firmware: string; serial: string; heard: string }): string =>
    [
      model,
      bound?.path ?? port,
      firmware && `${words.firmware} ${firmware}`,
      serial && `${words.serial} ${serial}`,
      state !== 'ready' && lastSeenAt && `${words.heard} ${lastSeenAt.slice(0, 19).replace('T', ' ')} UTC`,
    ]
      .filter(Boolean)
      .join(', ');
  const what = fault === undefined ? '' : ` ${fault}`;
  const advice = view.advice ?? adviceFor(state, fault);
  return {
    check: 'device',
    subject: id,
    state: state === 'ready' ? 'good' : state === 'opening' ? 'unknown' : 'trouble',
    sentence: {
      zh: `${STATES[state].zh}${what}（${facts({ firmware: '固件', serial: '序列号', heard: '最后消息' })}）`,
      en: `${STATES[state].en}${what} (${facts({ firmware: 'firmware', serial: 'serial', heard: 'last heard' })})`,
    },
    ...(advice && state !== 'ready' && { advice }),
  };
}

const NO_PAPER: ReadonlySet<string> = new Set(['paper-out', 'paper-jam', 'cover-open', 'cutter-error']);

/** The paper of a printer; null for other devices, and where the device's own line has said it. */
export function paper({ id, kind, state, fault, notes }: SeenDevice): Check | null {
  if (kind !== 'printer') return null;
  const head = { check: 'paper', subject: id } as const;
  if (state === 'faulted' && NO_PAPER.has(fault ?? '')) return null;
  if (state !== 'ready')
    return {
      ...head,
      state: 'unknown',
      sentence: { zh: '打印机不能回答', en: 'the printer cannot be asked' },
    };
  if (notes.includes('paper-near-end'))
    return {
      ...head,
      state: 'unknown',
      sentence: { zh: '快用完了', en: 'near its end' },
      advice: { zh: '准备好新纸卷。', en: 'Have a new roll at hand.' },
    };
  return { ...head, state: 'good', sentence: { zh: '有纸', en: 'there' } };
}

/** A device of the file that the running agent does not know. */
export function unknownToAgent(id: string): Check {
  return {
    check: 'device',
    subject: id,
    state: 'trouble',
    sentence: { zh: '正在运行的程序没有这个设备', en: 'the running agent does not know it' },
    advice: {
      zh: '程序是用另一个配置文件，或在修改之前启动的：重新启动。',
      en: 'It was started with another file, or before the change: start it again.',
    },
  };
}
