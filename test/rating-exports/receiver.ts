/** A province's receiver for tests: strict about what it takes, and everything that can go wrong with one. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How it behaves; `lost` takes what comes and cuts the line before it answers. */
export type Mood = 'well' | 'away' | 'failing' | 'slow' | 'garbage' | 'lost';
type Batch = { records: { id: string; record: Record<string, unknown> }[] };

export type Receiver = Awaited<ReturnType<typeof startReceiver>>;

/** `format` records: this program's own; xml: one record, answered with code and evaluateUnid. */
export async function startReceiver(format: 'records' | 'xml') {
  /** id (or, in XML, the whole record) → how often it was taken as new, and what it was */
  const taken = new Map<string, { times: number; body: string }>();
  const order: string[] = [];
  const self = {
    mood: 'well' as Mood,
    requests: 0,
    atOnce: 0,
    mostAtOnce: 0,
    taken,
    order,
    /** records with this number are refused */
    refuses: (_text: string) => false,
    /** its answer is 500 for these alone */
    chokesOn: (_text: string) => false,
    url: '',
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  function take(id: string, body: string): boolean {
    if (self.refuses(body)) return false;
    const before = taken.get(id);
    if (before && before.body !== body) throw new Error(`${id} came again as another record`);
    taken.set(id, { times: (before?.times ?? 0) + 1, body });
    if (!before) order.push(id);
    return true;
  }
  function answerTo(body: string): string {
    if (format === 'records') {
      const { records } = JSON.parse(body) as Batch;
      return JSON.stringify({
        answers: records.map(({ id, record }) =>
          take(id, JSON.stringify(record))
            ? { id, taken: true, receipt: `R-${id}` }
            : { id, taken: false, why: 'unknown item' },
        ),
      });
    }
    const level = /<alternate>([1-5])<\/alternate>/.exec(body)?.[1];
    const time = /<assessTime>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d<\/assessTime>/.test(body);
    if (!level || !time || !take(body, body)) return '<r><code>401</code><message>字段不符</message></r>';
    return `<r><code>200</code><data><evaluateUnid>U-${order.length}</evaluateUnid></data></r>`;
  }
  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    self.requests += 1;
    self.mostAtOnce = Math.max(self.mostAtOnce, (self.atOnce += 1));
    response.on('close', () => (self.atOnce -= 1));
    if (self.mood === 'away') return void request.socket.destroy();
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString('utf8');
    if (self.mood === 'slow') return;
    if (self.mood === 'failing' || self.chokesOn(body))
      return void response.writeHead(500).end('out of memory');
    if (self.mood === 'garbage') return void response.writeHead(200).end('<html>login please</html>');
    const answer = answerTo(body);
    if (self.mood === 'lost') return void request.socket.destroy();
    response.writeHead(200).end(answer);
  }
  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  self.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/report`;
  return self;
}
