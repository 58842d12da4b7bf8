/** Records as bytes for the wire. Pure. */
import { createCipheriv, createHash } from 'node:crypto';
import type { Transport } from './profile.ts';
import type { Sent } from './record.ts';

export type Outgoing = { id: string; record: Sent };
export type Message = { body: string; headers: Record<string, string> };

const CONTENT = {
  json: 'application/json; charset=utf-8',
  records: 'application/json; charset=utf-8',
  form: 'application/x-www-form-urlencoded; charset=utf-8',
  xml: 'application/xml; charset=utf-8',
};

/** The message for these records (one, but for `records`). Throws RangeError on a key that is none. */
export function encode(records: Outgoing[], transport: Transport, secrets: Record<string, string>): Message {
  const [first] = records;
  const plain = transport.format === 'records' ? JSON.stringify({ records }) : one(first!.record, transport);
  const closed = transport.encryption ? encrypt(plain, transport.encryption, secrets) : plain;
  const body = transport.envelope ? transport.envelope.replaceAll('{body}', () => escapeXml(closed)) : closed;
  const headers: Record<string, string> = {
    'content-type':
      transport.contentType ?? (transport.envelope ? 'text/xml; charset=utf-8' : CONTENT[transport.format]),
    // The same record again is the same key: whoever looks at it takes it once.
    'idempotency-key': createHash('sha256')
      .update(records.map(({ id }) => id).join('\n'))
      .digest('hex'),
  };
  for (const [name, value] of Object.entries(transport.headers))
    headers[name.toLowerCase()] = value.replace(/\{secret\.([^}]+)\}/g, (_, secret: string) =>
      secretNamed(secrets, secret),
    );
  return { body, headers };
}

/** The secrets that a transport names. */
export function secretsIn({ headers, encryption }: Transport): string[] {
  const inHeaders = Object.values(headers).flatMap((value) =>
    [...value.matchAll(/\{secret\.([^}]+)\}/g)].map((found) => found[1]!),
  );
  return [...inHeaders, ...(encryption ? [encryption.key.secret] : [])];
}

function one(record: Sent, { format, root }: Transport): string {
  if (format === 'form')
    return new URLSearchParams(
      Object.entries(record).map(([name, value]): [string, string] => [name, String(value)]),
    ).toString();
  if (format === 'xml')
    return `<?xml version="1.0" encoding="UTF-8"?><${root}>${Object.entries(record)
      .map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`)
      .join('')}</${root}>`;
  return JSON.stringify(record);
}

/** SM4 (GB/T 32907) with PKCS#7 padding. */
export function encrypt(
  text: string,
  { cipher, key, iv, encoding }: NonNullable<Transport['encryption']>,
  secrets: Record<string, string>,
): string {
  const secret = secretNamed(secrets, key.secret);
  if (key.as === 'hex' && !/^[0-9a-fA-F]{32}$/.test(secret))
    throw new RangeError(`the secret ${key.secret} must be 32 hex digits`);
  const bytes = key.as === 'hex' ? Buffer.from(secret, 'hex') : createHash('md5').update(secret).digest();
  const machine = createCipheriv(cipher, bytes, cipher === 'sm4-cbc' ? Buffer.from(iv!, 'hex') : null);
  return Buffer.concat([machine.update(text, 'utf8'), machine.final()]).toString(encoding);
}

function secretNamed(secrets: Record<string, string>, name: string): string {
  const value = secrets[name];
  if (value === undefined) throw new RangeError(`the export has no secret ${name}`);
  return value;
}

/** What XML 1.0 cannot hold is left out. */
function escapeXml(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`);
}
