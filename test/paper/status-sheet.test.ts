/** The technician's status ticket: what the agent says of itself, on both papers. */
import { describe, expect, it } from 'vitest';
import type { LinkStatus } from '../../kiosk-agent/contract/link.ts';
import type { DeviceView } from '../../kiosk-agent/contract/live.ts';
import { statusSheet } from '../../kiosk-agent/reactions/ticket-paper.ts';
import { configOf, hallYaml } from '../harness/hall.ts';
import { measure } from './measure.ts';

const device = (id: string, more: Partial<DeviceView>): DeviceView => ({
  id,
  kind: 'printer',
  model: 'escpos-80',
  port: 'tcp:127.0.0.1:9100',
  window: null,
  state: 'ready',
  notes: [],
  counters: {},
  ...more,
});
const link = (name: string, state: LinkStatus['state'], lagEvents: number): LinkStatus => ({
  name,
  state,
  ackedSeq: 0,
  lagEvents,
});

function printed(columns: 48 | 32, timeZone: string, links: LinkStatus[]) {
  const sheet = statusSheet({
    config: configOf(hallYaml().replace('Asia/Shanghai', timeZone)),
    version: '0.1.0',
    devices: [device('printer-1', {}), device('printer-2', { state: 'faulted', fault: 'paper-jam' })],
    links,
    url: 'http://192.168.1.20:8480/',
    now: new Date('2026-11-23T02:05:33Z'),
  })(columns);
  const { lines, qr } = measure(sheet);
  return { text: lines.map((line) => line.text.replace(/ +/g, ' ').trim()).join('\n'), qr, lines };
}

describe('the status ticket', () => {
  it.each([48, 32] as const)('tells address, devices, link, backlog and clock on %i columns', (columns) => {
    const { text, qr, lines } = printed(columns, 'Asia/Shanghai', [
      link('central', 'away', 41),
      link('city', 'sending', 1),
    ]);
    for (const line of lines) expect(line.columns).toBeLessThanOrEqual(columns);
    expect(text).toContain('终端 hub-1');
    expect(text).toContain('地址 http://192.168.1.20:8480/');
    expect(text).toMatch(/上行\s+central away, city sending/);
    expect(text).toContain('待发 42');
    expect(text).toContain('时钟 2026-11-23 10:05:33 +08:00');
    expect(text).toContain('printer-1 ready');
    expect(text).toContain('printer-2 faulted paper-jam');
    expect(qr).toHaveLength(1);
  });

  it('tells the clock of the hall’s own zone, whatever the computer’s', () => {
    expect(printed(48, 'Asia/Urumqi', []).text).toContain('时钟 2026-11-23 08:05:33 +06:00');
    expect(printed(48, 'America/St_Johns', []).text).toContain('时钟 2026-11-22 22:35:33 -03:30');
  });

  it('says that there is no link where none is configured', () => {
    expect(printed(48, 'Asia/Shanghai', []).text).toContain('上行 -');
  });
});
