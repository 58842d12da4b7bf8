/** Who is told of what: the section `alerts` of the far end's configuration. Without channels nobody is told anything. */
import { z } from 'zod';
import { secretOf, secretReference } from '../secrets.ts';
import { regionCode } from '../regions.ts';

const webAddress = z.string().regex(/^https?:\/\/\S+$/, 'an address that begins with https:// or http://');
const language = z.enum(['zh', 'en', 'both']);

/** A program of one's own: CloudEvents, signed after the Standard Webhooks scheme. */
const webhook = z.strictObject({
  kind: z.literal('webhook'),
  format: z.literal('standard').default('standard'),
  url: z.union([secretReference, webAddress]),
  secret: secretReference,
});
/** A group's robot of WeCom (企业微信) or DingTalk (钉钉). Whoever has its address can write to the group: it is a secret. */
const wecom = z.strictObject({
  kind: z.literal('webhook'),
  format: z.literal('wecom'),
  url: secretReference,
  language: language.default('zh'),
});
const dingtalk = z.strictObject({
  kind: z.literal('webhook'),
  format: z.literal('dingtalk'),
  url: secretReference,
  /** of its safety setting 加签; without it the group must let in this server's address */
  secret: secretReference.optional(),
  language: language.default('zh'),
});
const email = z.strictObject({
  kind: z.literal('email'),
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).optional(),
  /** starttls: refused when the server has none; none: for a server on this machine */
  tls: z.enum(['starttls', 'implicit', 'none']).default('starttls'),
  /** PEM file of the authority that has signed the server's certificate, where that is one's own */
  ca: z.string().min(1).optional(),
  user: z.string().min(1).optional(),
  password: secretReference.optional(),
  from: z.email(),
  to: z.array(z.email()).min(1).max(50),
  language: language.default('both'),
});
const channel = z.union([webhook, wecom, dingtalk, email]);
export type Channel = z.infer<typeof channel>;
export type EmailChannel = z.infer<typeof email>;
export type WebhookChannel = Exclude<Channel, EmailChannel>;

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'HH:mm');
const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'small letters, digits and "-", at most 40 characters');

const common = {
  /** tells rules of one kind apart */
  name: name.optional(),
  /** 12-digit codes; all halls when there is none. Each region has messages of its own; without any each province has */
  regions: z.array(regionCode).max(100).default([]),
  /** all channels when none is named */
  channels: z.array(name).optional(),
  /** nothing is said then, and all of it afterwards */
  quiet: z.strictObject({ from: timeOfDay, to: timeOfDay }).optional(),
  /** what is still so is said again after that; null: never */
  repeatHours: z.number().min(0.25).max(720).nullable().default(24),
};
const minutes = (usual: number) => z.int().min(0).max(10_080).default(usual);
const rule = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('hall-silent'), minutes: minutes(30), ...common }),
  z.strictObject({ kind: z.literal('device-down'), minutes: minutes(10), ...common }),
  z.strictObject({ kind: z.literal('paper-out'), minutes: minutes(2), ...common }),
  z.strictObject({ kind: z.literal('chain-alarm'), ...common }),
  z.strictObject({ kind: z.literal('totals-differ'), ...common }),
  z.strictObject({
    kind: z.literal('wait-above'),
    waitMinutes: z.int().min(1).max(1_440).default(60),
    minutes: minutes(10),
    ...common,
  }),
  z.strictObject({ kind: z.literal('bad-rating-due'), ...common }),
  z.strictObject({ kind: z.literal('bad-rating-overdue'), ...common }),
  z.strictObject({ kind: z.literal('opinion-overdue'), ...common }),
  z.strictObject({
    kind: z.literal('backlog-above'),
    records: z.int().min(1).default(5_000),
    minutes: minutes(30),
    ...common,
  }),
  z.strictObject({
    kind: z.literal('export-unanswered'),
    hours: z.number().min(0.1).max(720).default(4),
    ...common,
  }),
  z.strictObject({ kind: z.literal('configuration-refused'), ...common }),
]);
type WrittenRule = z.infer<typeof rule>;
/** A rule as it is worked by: with its name and channels. */
export type Rule = WrittenRule & { name: string; channels: string[] };

/** What is told where channels stand and no rules: everything that somebody must act on. */
const USUAL: z.input<typeof rule>[] = [
  { kind: 'hall-silent' },
  { kind: 'device-down' },
  { kind: 'paper-out' },
  { kind: 'chain-alarm' },
  { kind: 'totals-differ' },
  { kind: 'wait-above' },
  { kind: 'bad-rating-overdue' },
  { kind: 'opinion-overdue' },
  { kind: 'backlog-above' },
  { kind: 'export-unanswered' },
  { kind: 'configuration-refused' },
];

export const alertSettings = z
  .strictObject({
    channels: z.record(name, channel).default({}),
    rules: z.array(rule).max(200).optional(),
    /** of the quiet hours, and of the times in messages that are of no one hall */
    timeZone: z.string().refine(isTimeZone, 'a time zone such as Asia/Shanghai').default('Asia/Shanghai'),
    /** the address of this server's page as the readers of messages reach it */
    page: webAddress.optional(),
  })
  .superRefine(({ channels, rules = [] }, context) => {
    const names = new Set<string>();
    for (const [at, one] of rules.entries()) {
      const called = one.name ?? one.kind;
      const wrong = (field: string, message: string) =>
        context.addIssue({ code: 'custom', path: ['rules', at, field], message });
      if (names.has(called)) wrong('name', `two rules are called ${called}: give each a name of its own`);
      names.add(called);
      for (const each of one.channels ?? [])
        if (!(each in channels)) wrong('channels', `there is no channel ${each}`);
    }
  })
  .transform(({ rules, ...rest }) => ({
    ...rest,
    rules: (rules ?? USUAL.map((each) => rule.parse(each))).map((each): Rule => ({
      ...each,
      name: each.name ?? each.kind,
      channels: each.channels ?? Object.keys(rest.channels),
    })),
  }));
export type AlertSettings = z.infer<typeof alertSettings>;

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** Throws BadConfiguration when a channel names a secret that is not there: better when the server starts than at night. */
export function checkSecrets({ channels }: AlertSettings, environment: NodeJS.ProcessEnv): void {
  for (const channel of Object.values(channels)) {
    const named =
      channel.kind === 'email'
        ? [channel.password]
        : [channel.url, 'secret' in channel ? channel.secret : undefined];
    for (const reference of named)
      if (reference !== undefined && /^(env|file):/.test(reference)) secretOf(reference, environment);
  }
}
