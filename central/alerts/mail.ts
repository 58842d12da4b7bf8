/** Messages by e-mail: one mail a group of halls, to all recipients of the channel. */
import { readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
import { secretOf } from '../secrets.ts';
import type { EmailChannel } from './settings.ts';
import type { Sending, Sent } from './webhook.ts';
import { subjectOf, textOf } from './words.ts';

const USUAL_PORT = { starttls: 587, implicit: 465, none: 25 };
/** A server may be slow on purpose with those that it does not know yet. */
const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 15_000, socketTimeout: 30_000 };

type Refusal = { responseCode?: number; response?: string; recipient?: string; code?: string };

/** Sends it to `to` (all of the channel's, unless some have it already); never rejects. 4xx and no answer: again; 5xx: refused. */
export async function sendMail(
  channel: EmailChannel,
  { id, message, names, page }: Sending,
  to: string[],
  environment: NodeJS.ProcessEnv,
): Promise<Sent> {
  try {
    const { tls, user, password, ca } = channel;
    const transport = createTransport({
      ...{ host: channel.host, port: channel.port ?? USUAL_PORT[tls], ...TIMEOUTS },
      ...{ secure: tls === 'implicit', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
      ...{ disableFileAccess: true, disableUrlAccess: true },
      ...(user === undefined
        ? {}
        : { auth: { user, pass: password ? secretOf(password, environment) : '' } }),
      ...(ca === undefined ? {} : { tls: { ca: readFileSync(ca) } }),
    });
    const sent = (await transport.sendMail({
      ...{ from: channel.from, to: channel.to.join(', '), envelope: { from: channel.from, to } },
      subject: subjectOf(message, names, channel.language),
      text: textOf(message, names, channel.language, { page }),
      // The same again after a doubtful end: a mail program shows it once.
      messageId: `<${id}@${channel.from.split('@')[1]}>`,
      headers: { 'auto-submitted': 'auto-generated' },
    })) as { response?: string; rejectedErrors?: Refusal[] };
    return ofSome(sent.response ?? '', sent.rejectedErrors ?? [], to.length);
  } catch (error) {
    const { responseCode, response, code } = error as Refusal;
    const all = (error as { rejectedErrors?: Refusal[] }).rejectedErrors ?? [];
    if (all.length > 0) return ofSome('', all, to.length);
    const said = withoutAddresses(
      response ?? (code ? `${code}: ${(error as Error).message}` : String(error)),
    );
    return responseCode !== undefined && responseCode >= 500
      ? { state: 'refused', said }
      : { state: 'again', said };
  }
}

/** What became of it when the server took it for some recipients and not for others. */
function ofSome(response: string, refused: Refusal[], recipients: number): Sent {
  if (refused.length === 0) return { state: 'answered', said: withoutAddresses(response) };
  const later = refused.filter(({ responseCode = 0 }) => responseCode < 500);
  const said = withoutAddresses(
    `${refused.length} of ${recipients} recipients not taken: ${refused[0]!.response ?? refused[0]!.code}`,
  );
  if (later.length > 0)
    return { state: 'again', said, leftTo: later.flatMap(({ recipient }) => recipient ?? []) };
  return { state: 'refused', said };
}

/** The page and the log show no one's address. */
function withoutAddresses(text: string): string {
  return text.replace(/[^\s<>]+@[^\s<>]+/g, '…').slice(0, 200);
}
