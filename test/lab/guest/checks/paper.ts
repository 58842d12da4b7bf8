/** Everything that can happen to a sheet of paper in a USB printer; docs/devices.md says what holds then. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { TicketView } from '../../../../kiosk-agent/contract/live.ts';
import { until } from '../../../harness/programs.ts';
import { check, LIMIT_MS } from '../check.ts';
import type { PrinterHandle } from '../../../../firmware-sim/index.ts';
import { SOCKETS, type Hardware } from '../hardware.ts';
import { printerFile } from '../printer-file.ts';
import { attachByTool, detachByTool, portOf } from '../usbip-tool.ts';
import { wholePapers, type Front } from '../visit.ts';

/** A ticket has some 330 bytes, and the questions before it 12. */
const IN_THE_SHEET_BYTES = 150;

/**
 * The visitor answers what he sees, until the ticket is out; answers the papers with its number, and whether a second sheet
 * was asked for. On a loaded computer the answers of a printer may come too late to be believed: he is asked again.
 */
async function settle(front: Front, printer: PrinterHandle, ticket: TicketView) {
  const { ticketId, number } = ticket;
  let again = false;
  for (let { state } = ticket; state !== 'waiting'; state = (await front.paperFate(ticketId)).state) {
    if (state === 'unconfirmed') {
      const out = wholePapers(printer, number).length > 0;
      again ||= !out;
      await front.call('kiosk', 'POST', `tickets/${ticketId}/paper`, { out });
    } else await front.call('kiosk', 'POST', `tickets/${ticketId}/reprint`, {});
  }
  return { papers: wholePapers(printer, number), again };
}

export async function checkSheets(front: Front, { printer }: Hardware): Promise<void> {
  await check(
    'paper is out: the ticket fails before its first byte, and comes out once when there is paper',
    async () => {
      await printer.setFault('paper-out', true);
      assert.equal((await front.is('printer-1', 'faulted')).fault, 'paper-out');
      const ticket = await front.takeTicket();
      assert.deepEqual([ticket.state, ticket.paperFault], ['print-failed', 'paper-out']);
      printer.loadPaper();
      await front.is('printer-1', 'ready');
      const { papers, again } = await settle(front, printer, ticket);
      assert.equal(papers.length, 1);
      assert.equal((papers[0]?.text ?? '').includes('补打'), again);
    },
  );

  await check('paper is near its end: that is noted, and tickets come out', async () => {
    await printer.setFault('paper-near-end', true);
    await until(
      'it to be noted',
      async () => (await front.device('printer-1')).notes.includes('paper-near-end'),
      LIMIT_MS,
    );
    const { papers } = await settle(front, printer, await front.takeTicket());
    assert.equal(papers.length, 1);
    printer.loadPaper();
    await until('a new roll', async () => (await front.device('printer-1')).notes.length === 0, LIMIT_MS);
  });

  for (const { fault, why, repair } of [
    { fault: 'cover-open-after-bytes', why: 'cover-open', repair: () => printer.closeCover() },
    {
      fault: 'paper-jam-after-bytes',
      // This model tells a jam as an error that it cannot name.
      why: 'printer-error',
      async repair() {
        printer.openCover();
        await printer.setFault('paper-jam', false);
        printer.closeCover();
      },
    },
  ] as const)
    await check(
      `${fault.replace('-after-bytes', '')} in the middle of a sheet: not said to be printed, and one whole ticket in the end`,
      async () => {
        await printer.setFault(fault, true, { bytes: IN_THE_SHEET_BYTES });
        const ticket = await front.takeTicket();
        assert.ok(['print-failed', 'unconfirmed'].includes(ticket.state), ticket.state);
        assert.equal(ticket.paperFault, why);
        assert.equal((await front.is('printer-1', 'faulted')).fault, why);
        await repair();
        await front.is('printer-1', 'ready');
        assert.equal((await settle(front, printer, ticket)).papers.length, 1);
      },
    );

  for (const { what, fault, back } of [
    { what: 'is unplugged', fault: 'unplug-after-bytes', back: () => printer.plug() },
    {
      what: 'loses its power and leaves the bus',
      fault: 'power-off-after-bytes',
      back: () => printer.setFault('power-off', false),
    },
  ] as const)
    await check(
      `the printer ${what} in the middle of a sheet: nobody claims it, and one whole ticket comes out`,
      async () => {
        // One before it, so that the driver has cleared up what happened last.
        await settle(front, printer, await front.takeTicket());
        const before = printer.papers().length;
        await printer.setFault(fault, true, { bytes: IN_THE_SHEET_BYTES });
        const ticket = await front.takeTicket();
        assert.ok(['print-failed', 'unconfirmed'].includes(ticket.state), ticket.state);
        assert.equal(printer.papers().length, before);
        await front.is('printer-1', 'lost', 'missing');
        await until('its file to be gone', async () => (await printerFile('PRN-LAB-1')) === null, LIMIT_MS);
        await back();
        await front.is('printer-1', 'ready');
        const { papers, again } = await settle(front, printer, ticket);
        assert.equal(papers.length, 1);
        // It says so where something of a first sheet may have come out.
        assert.equal((papers[0]?.text ?? '').includes('补打'), again);
      },
    );
}

/** A printer that stands first in the configuration's name is another one now. */
export async function checkStrangerAtItsName(
  front: Front,
  { printer, sparePrinter }: Hardware,
): Promise<void> {
  const socket = SOCKETS.sparePrinter;
  await check(
    'a printer that is bound is found by its serial number; the stranger at /dev/usb/lp0 prints nothing',
    async () => {
      const papers = sparePrinter.papers().length;
      await front.bind('printer-1', '/dev/usb/lp0');
      await front.is('printer-1', 'ready');
      await printer.unplug();
      await until('lp0 to be gone', () => !existsSync('/dev/usb/lp0'), LIMIT_MS);
      await attachByTool('127.0.0.1', socket);
      await until(
        'another printer at lp0',
        async () => (await printerFile('PRN-SPARE')) === '/dev/usb/lp0',
        LIMIT_MS,
      );
      assert.equal((await front.is('printer-1', 'lost', 'missing')).bound?.path, '/dev/usb/lp0');
      await printer.plug();
      const { bound } = await front.is('printer-1', 'ready');
      assert.match(bound?.path ?? '', /^\/dev\/usb\/lp[1-9]$/);
      const settled = await settle(front, printer, await front.takeTicket());
      assert.equal(settled.papers.length, 1);
      assert.equal(sparePrinter.papers().length, papers);
      assert.equal(sparePrinter.currentPaper().text, '');
      await detachByTool((await portOf(socket))!);
    },
  );
}
