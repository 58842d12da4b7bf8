/** A real SMTP server with STARTTLS whose moods can be set. */
import { once } from 'node:events';
import { SMTPServer, type SMTPServerAddress } from 'smtp-server';
import { CERTIFICATE, KEY } from './mail-certificate.ts';

export type Mail = { to: string[]; secure: boolean; user: unknown; text: string };
export type MailServer = Awaited<ReturnType<typeof startMailServer>>;

/** Takes mail for `user`/`word` on `port` (0: any). `moods`: the code with which a recipient, or the whole mail (`*`), is refused. */
export async function startMailServer(port = 0) {
  const mails: Mail[] = [];
  const moods = new Map<string, number>();
  const refusal = (name: string): Error | undefined => {
    const code = moods.get(name);
    return code === undefined
      ? undefined
      : Object.assign(new Error(`${name} is not taken now`), { responseCode: code });
  };
  const server = new SMTPServer({
    ...{ cert: CERTIFICATE, key: KEY, disableReverseLookup: true, logger: false },
    onAuth: ({ username, password }, _session, done) =>
      username === 'user' && password === 'word'
        ? done(null, { user: username })
        : done(Object.assign(new Error('who is that'), { responseCode: 535 })),
    onRcptTo: ({ address }: SMTPServerAddress, _session, done) => done(refusal(address)),
    onData: (stream, session, done) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const refused = refusal('*');
        if (!refused)
          mails.push({
            to: session.envelope.rcptTo.map(({ address }) => address),
            ...{ secure: session.secure, user: session.user, text: Buffer.concat(parts).toString() },
          });
        done(refused);
      });
    },
  });
  server.on('error', () => undefined);
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
  const address = server.server.address();
  return {
    ...{ mails, moods },
    port: typeof address === 'object' && address ? address.port : 0,
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
