/** A hall with one printer: visitors take numbers at the real API, and whatever is said of their paper is looked up on it. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startPrinter, type PrinterOptions, type WireEntry } from '../../firmware-sim/index.ts';
import { hallYaml, startHall } from '../harness/hall.ts';
import { temporaryFolder, until } from '../harness/programs.ts';

type Ticket = { ticketId: string; number: string; state: string; printed: boolean; paperFault?: string };
type Printer = { state: string; fault?: string; notes: string[]; counters: Record<string, number> };

/** As `until`, less often: some thirty halls are asked at the same time. */
const pollMs = 200;
async function untilHall<T>(what: string, look: () => Promise<T | null>, ms = 25_000): Promise<T> {
  for (const end = performance.now() + ms; ; await new Promise((resolve) => setTimeout(resolve, pollMs))) {
    const seen = await look();
    if (seen !== null) return seen;
    if (performance.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
  }
}

/** DLE EOT 1–4, which stand in front of every sheet, and about a third of one. */
export const inTheMiddle = { bytes: 12 + 120 };
/** The first and the last line of a whole sheet. */
const whole = /^测试大厅\n[^]*扫描二维码查看排队进度$/;

export async function printingHall(
  place: 'tcp' | 'pty',
  more: Partial<PrinterOptions> & { model?: string } = {},
) {
  const { model = 'escpos-80', ...options } = more;
  const folder = temporaryFolder('matrix-printer');
  const wire: WireEntry[] = [];
  const printer = await startPrinter({
    id: 'printer-1',
    port: place === 'tcp' ? 'tcp:0' : `pty:${join(folder.path, 'printer')}`,
    speed: 300,
    onWire: (entry) => wire.push(entry),
    ...options,
  });
  const hall = await startHall(
    join(folder.path, 'state'),
    hallYaml(`devices: [{id: printer-1, model: ${model}, port: "${printer.port}"}]`),
  );
  const taken: string[] = [];

  const view = async () => (await hall.as('technician')('GET', 'devices/printer-1')).body as Printer;
  const is = (what: string, condition: (view: Printer) => boolean) =>
    untilHall(`the printer to be ${what}`, async () => {
      const now = await view();
      return condition(now) ? now : null;
    });
  /** `what`: states or codes of faults, with | between them. */
  const reaches = (what: string) => is(what, ({ fault, state }) => what.split('|').includes(fault ?? state));
  const ask = async (path: string, content?: object): Promise<Ticket> => {
    const answer = await hall.as('kiosk')('POST', path, content ?? {});
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
    return answer.body as Ticket;
  };
  /** What the answer does not wait for is told later. */
  const settled = ({ ticketId }: Ticket) =>
    untilHall('the fate of its paper', async () => {
      const ticket = (await hall.as('kiosk')('GET', `tickets/${ticketId}`)).body as Ticket;
      return ['reserved', 'printing'].includes(ticket.state) ? null : ticket;
    });
  const take = async () => {
    const ticket = await ask('tickets', { service: 'transfer', idempotencyKey: randomUUID() });
    taken.push(ticket.ticketId);
    return settled(ticket);
  };
  const sheets = (number: string) =>
    [...printer.papers(), printer.currentPaper()]
      .map(({ text }) => text)
      .filter(
        (text) => whole.test(text.replace(/^[^]*?(?=测试大厅\n)/, '')) && text.includes(`\n${number}\n`),
      )
      .filter((text) => !text.includes('作废'));
  const marked = (number: string) => sheets(number).filter((text) => text.includes('补打')).length;
  const unmarked = (number: string) => sheets(number).length - marked(number);

  /** What holds at any time for every number: in line by its paper only with it, and never two papers that look the same. */
  async function papersAreTrue() {
    for (const id of taken) {
      const ticket = (await hall.as('kiosk')('GET', `tickets/${id}`)).body as Ticket;
      const { number, state, printed } = ticket;
      if (state === 'waiting') expect(printed, number).toBe(true);
      if (printed) expect(sheets(number).length, `${number} is said to be printed`).toBeGreaterThan(0);
      expect(unmarked(number), `${number}, ${state}: papers without 补打`).toBeLessThanOrEqual(1);
    }
  }

  return {
    printer,
    /** All that went over the printer's wire. */
    wire,
    view,
    public: async () => (await hall.as(null)('GET', 'queue')).body['day'],
    is,
    reaches,
    take,
    sheets,
    unmarked,
    papersAreTrue,
    /** Takes a number; `trouble` comes when its first line is on the paper. */
    async takeAnd(trouble: () => unknown) {
      const before = printer.state().lines;
      const fate = take();
      await until('the first line', () => printer.state().lines > before);
      await trouble();
      return fate;
    },
    /** A number whose paper did not come for sure, or perhaps: it gets one, which says 补打 unless it is the first. */
    async printAgain({ ticketId, number, state }: Ticket) {
      if (state === 'waiting') return;
      const before = marked(number);
      const again = await settled(
        state === 'unconfirmed'
          ? await ask(`tickets/${ticketId}/paper`, { out: false })
          : await ask(`tickets/${ticketId}/reprint`),
      );
      expect(again, 'the second try').toMatchObject({ number, state: 'waiting', printed: true });
      expect(marked(number) - before, 'new papers with 补打').toBe(state === 'unconfirmed' ? 1 : 0);
      if (state === 'print-failed') expect(sheets(number).length, 'failed, and then one paper').toBe(1);
      await papersAreTrue();
    },
    /** Ready by itself, and the next visitor's number comes out once. */
    async isWell() {
      await reaches('ready');
      const next = await take();
      expect(next).toMatchObject({ state: 'waiting', printed: true });
      expect(sheets(next.number).length).toBe(1);
      expect(unmarked(next.number)).toBe(1);
      await papersAreTrue();
    },
    async [Symbol.asyncDispose]() {
      await hall.close();
      await printer.close();
      folder[Symbol.dispose]();
    },
  };
}
export type PrintingHall = Awaited<ReturnType<typeof printingHall>>;
