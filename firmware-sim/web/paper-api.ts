/** The calls of hands on printers, and of eyes on their paper. */
import { Router } from 'express';
import type { PrintedPaper } from '../printer/printer.ts';
import { actionsOf, findDevice, type Hall } from './lookup.ts';
import { sendProblem } from './problem.ts';

export function paperApi(hall: Hall): Router {
  const router = Router();
  const action = actionsOf(router, hall);
  action('load-paper', ['printer'], (device) => device.loadPaper());
  action('open-cover', ['printer'], (device) => device.openCover());
  action('close-cover', ['printer'], (device) => device.closeCover());
  action('tear-off', ['printer'], (device) => device.tearOff());
  action('take-ticket', ['printer'], (device) => device.takeTicket());

  router.get('/devices/:id/papers', (request, response) => {
    const device = findDevice(hall, request.params.id, ['printer'], response);
    if (device) response.json(device.papers());
  });
  router.get('/devices/:id/papers/current', (request, response) => {
    const device = findDevice(hall, request.params.id, ['printer'], response);
    if (device) response.json(device.currentPaper());
  });
  router.get('/devices/:id/papers/:file', (request, response) => {
    const device = findDevice(hall, request.params.id, ['printer'], response);
    if (!device) return;
    const [, name, svg] = /^(\d{1,9}|current)(\.svg)?$/.exec(request.params.file) ?? [];
    const current = device.currentPaper();
    const n = name === 'current' ? current.n : Number(name);
    const paper = n === current.n ? current : device.papers().find((one) => one.n === n);
    const drawing = svg && device.svg(n);
    if (!name || !paper || (svg && !drawing))
      return sendProblem(
        response,
        404,
        'no-paper',
        'No such paper',
        `${device.id} has no paper ${request.params.file}`,
      );
    if (drawing) response.type('image/svg+xml').send(drawing);
    else response.json(read(paper));
  });
  return router;
}

/** What a person reads on a paper; where each dot stands is in its drawing. */
function read({ lines, ...paper }: PrintedPaper) {
  const barcodes = lines.flatMap((line) => (line.kind === 'barcode' ? [line.data] : []));
  return { ...paper, barcodes };
}
