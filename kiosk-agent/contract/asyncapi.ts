/** The events of a hall and the commands to it as an AsyncAPI 3.0 document: channels of the link, one message an event type. */
import { z } from 'zod';
import { appointmentsCommand } from './appointments.ts';
import { eventData, eventEnvelope, type EventType } from './events.ts';
import { BATCH_MAX_EVENTS, LINK_PATH, linkCommand, linkCommandAnswer, receipt } from './link.ts';
import { configurationCommand, noticeCommand, slotsCommand } from './office.ts';
import { surgeWish } from './surge.ts';

type Json = Record<string, unknown>;

const DESCRIPTION = `Each hall keeps every event in its own log and offers it to the far end in order, in batches of at most
${BATCH_MAX_EVENTS}, until a receipt names it. An event is a CloudEvents 1.0 JSON document with the chain in it: \`seq\` counts from 1 in each
\`epoch\`, \`prev\` is the SHA-256 of the event before over its canonical JSON (RFC 8785). It carries no name and no ID number. Unknown
types may come from a newer agent and are kept. The HTTP and MQTT bindings carry the same batches, receipts and commands.`;

/** Commands of the far end, by name; `slots` is answered with data. */
export const farEndCommands = {
  appointments: appointmentsCommand,
  surge: surgeWish,
  configuration: configurationCommand,
  notice: noticeCommand,
  slots: slotsCommand,
} as const;

const ref = (path: string): Json => ({ $ref: `#/${path}` });

/** The document, as it stands in docs/events.asyncapi.json. */
export function asyncapiDocument(): Json {
  const types = Object.keys(eventData) as EventType[];
  const commands = Object.keys(farEndCommands);
  const messages: Json = {
    batch: {
      summary: 'Events in order, answered with a receipt after the commit',
      contentType: 'application/json',
      payload: {
        type: 'array',
        minItems: 1,
        maxItems: BATCH_MAX_EVENTS,
        items: { anyOf: types.map((type) => ref(`components/schemas/${type}`)) },
      },
    },
    receipt: { contentType: 'application/json', payload: schemaOf(receipt) },
    answer: { contentType: 'application/json', payload: schemaOf(linkCommandAnswer) },
  };
  for (const type of types)
    messages[type] = {
      name: type,
      contentType: 'application/cloudevents+json',
      payload: ref(`components/schemas/${type}`),
    };
  for (const name of commands)
    messages[`command.${name}`] = {
      name,
      summary: `Command ${name}; past its deadline it has no effect`,
      contentType: 'application/json',
      payload: ref(`components/schemas/command.${name}`),
    };
  const channel = (address: string, description: string, of: string[]): Json => ({
    ...{ address, description },
    messages: Object.fromEntries(of.map((name) => [name, ref(`components/messages/${name}`)])),
  });
  const inChannel = (name: string, of: string[]) =>
    of.map((message) => ref(`channels/${name}/messages/${message}`));
  const downward = commands.map((name) => `command.${name}`);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Public service hall: events and commands over the link',
      version: '1.0.0',
      description: DESCRIPTION,
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      farEnd: {
        host: 'far-end.example:8490',
        protocol: 'wss',
        pathname: LINK_PATH,
        description: 'Socket.IO 4, transport websocket; `auth` {agentId, epoch, token, last}',
      },
    },
    channels: {
      events: channel('events', 'Socket.IO event `events`: a batch, acknowledged with a receipt', [
        ...['batch', 'receipt'],
        ...types,
      ]),
      command: channel('command', 'Socket.IO event `command`, acknowledged with an answer', [
        ...downward,
        'answer',
      ]),
    },
    operations: {
      takeEvents: {
        action: 'receive',
        summary: 'The far end takes events',
        channel: ref('channels/events'),
        messages: inChannel('events', ['batch']),
        reply: { channel: ref('channels/events'), messages: inChannel('events', ['receipt']) },
      },
      sendCommand: {
        action: 'send',
        summary: 'The far end sends a command to a hall',
        channel: ref('channels/command'),
        messages: inChannel('command', downward),
        reply: { channel: ref('channels/command'), messages: inChannel('command', ['answer']) },
      },
    },
    components: {
      messages,
      schemas: {
        ...Object.fromEntries(types.map((type) => [type, eventSchema(type)])),
        ...Object.fromEntries(
          Object.entries(farEndCommands).map(([name, data]) => [
            `command.${name}`,
            schemaOf(linkCommand.extend({ name: z.literal(name), data: data as z.ZodType<Json> })),
          ]),
        ),
      },
    },
  };
}

/** The JSON Schema of one event type, envelope and data. */
function eventSchema(type: EventType): Json {
  return schemaOf(eventEnvelope.extend({ type: z.literal(type), data: eventData[type] as never }));
}

/** AsyncAPI reads schemas of draft 7 where none is named. */
function schemaOf(schema: z.ZodType): Json {
  const { $schema: _draft, ...rest } = z.toJSONSchema(schema, {
    ...{ io: 'input', unrepresentable: 'any', target: 'draft-7' },
  }) as Json;
  return rest;
}
