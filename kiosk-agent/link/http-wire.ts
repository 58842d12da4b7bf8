/** HTTP requests of one connection: sockets that are kept, the system's certificates, proxies of the environment, an end to every wait. */
import http from 'node:http';
import https from 'node:https';
import { getCACertificates } from 'node:tls';

/** Events in their turn, the open request for commands, and the answers to commands. */
const SOCKETS = 4;
/** An answer is a receipt or a command with its data. */
const ANSWER_MAX_BYTES = 1024 * 1024;

export type Answer = {
  status: number;
  /** what the JSON says; null when it is none */
  body: unknown;
  /** the far end's time, as its header says */
  date: string | undefined;
};
type Asking = {
  headers?: Record<string, string>;
  body?: Buffer;
  /** for the whole answer, in ms; without it until the wire is closed */
  timeoutMs?: number;
};

export class HttpWire {
  readonly #base: string;
  readonly #headers: Record<string, string>;
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;
  readonly #open = new Set<http.ClientRequest>();
  #closed = false;

  /** `base`: what stands before every path. HTTPS_PROXY, HTTP_PROXY and NO_PROXY count. */
  constructor(base: string, headers: Record<string, string>) {
    this.#base = base;
    this.#headers = headers;
    const options = { keepAlive: true, maxSockets: SOCKETS, proxyEnv: process.env };
    const secure = base.startsWith('https:');
    this.#request = secure ? https.request : http.request;
    this.#agent = secure ? new https.Agent({ ...options, ca: authorities() }) : new http.Agent(options);
  }

  /** Asks once; again when the kept socket turns out to have been closed meanwhile. Rejects when no answer came. */
  async ask(method: 'GET' | 'HEAD' | 'POST', path: string, asking: Asking): Promise<Answer> {
    const tried = { reused: false };
    const since = performance.now();
    try {
      return await this.#once(method, path, asking, tried);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (this.#closed || !tried.reused || (code !== 'ECONNRESET' && code !== 'EPIPE')) throw error;
      // The wait is one: what broke off late is not waited for a second time.
      const left = asking.timeoutMs && Math.max(1, asking.timeoutMs - (performance.now() - since));
      return this.#once(method, path, left === undefined ? asking : { ...asking, timeoutMs: left }, tried);
    }
  }

  /** Ends what is under way, and takes nothing more. May be called twice. */
  close(): void {
    this.#closed = true;
    for (const request of this.#open) request.destroy(new Error('closed'));
    this.#agent.destroy();
  }

  #once(
    method: string,
    path: string,
    { headers, body, timeoutMs }: Asking,
    tried: { reused: boolean },
  ): Promise<Answer> {
    if (this.#closed) return Promise.reject(new Error('closed'));
    return new Promise((resolve, reject) => {
      const length = body ? { 'content-length': body.length } : {};
      const request = this.#request(`${this.#base}${path}`, {
        method,
        agent: this.#agent,
        headers: { accept: 'application/json', ...this.#headers, ...headers, ...length },
      });
      this.#open.add(request);
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(() => request.destroy(new Error('no answer in time')), timeoutMs);
      const fail = (error: Error) => {
        tried.reused = request.reusedSocket;
        reject(error);
      };
      request.on('error', fail);
      request.once('close', () => {
        clearTimeout(timer);
        this.#open.delete(request);
        reject(new Error('the connection ended before the answer'));
      });
      request.once('response', (response) => {
        const parts: Buffer[] = [];
        let bytes = 0;
        response.on('error', fail);
        response.on('data', (part: Buffer) => {
          parts.push(part);
          bytes += part.length;
          if (bytes > ANSWER_MAX_BYTES) request.destroy(new Error('the answer does not end'));
        });
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: jsonOf(Buffer.concat(parts)),
            date: response.headers.date,
          }),
        );
      });
      request.end(body);
    });
  }
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return null;
  }
}

let known: string[] | undefined;
/** Node's own and NODE_EXTRA_CA_CERTS, and those of the system: an office's own authority is installed there. */
function authorities(): string[] {
  known ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
  return known;
}
