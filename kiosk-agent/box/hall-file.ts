/** The box's own hall: the example hall with its devices and its link pointed at what the box has started. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isMap, isSeq, parseDocument } from 'yaml';

export type BoxAddresses = {
  listen: string;
  /** device id → port string */
  ports: Record<string, string>;
  /** link url */
  central: string;
  /** file with the link's token */
  linkToken: string;
  /** file with the secret by which persons are known; the hub and its satellite share it */
  identity: string;
};

/** A device of a hall file, as far as the simulator and the crowd must know it. */
export type HallDevice = {
  id: string;
  model: string;
  port: string;
  window?: number;
  addresses?: Record<string, { window?: number; as?: string }>;
};

/** The devices that a hall file names. */
export function devicesOf(file: string): HallDevice[] {
  const hall = parseDocument(readFileSync(file, 'utf8')).toJS() as { devices?: HallDevice[] };
  return hall.devices ?? [];
}

/** The region code and agent id of a hall file. */
export function agentOf(file: string): { agentId: string; region: string } {
  const hall = parseDocument(readFileSync(file, 'utf8')).toJS() as {
    agent: { id: string };
    hall: { region: string };
  };
  return { agentId: hall.agent.id, region: hall.hall.region };
}

/** Writes the box's copy. It is open round the clock: whoever tries it may be in any time zone. */
export function writeBoxHall(source: string, target: string, box: BoxAddresses): void {
  const document = boxCopy(source, box);
  document.setIn(
    ['links'],
    document.createNode([
      { name: 'central', url: `socketio:${box.central}`, token: `file:${box.linkToken}` },
    ]),
  );
  writeFileSync(target, document.toString());
}

/** The same for a satellite's file: its link leads to the hub at `hub`; devices that the hub has are left out. */
export function writeBoxSatellite(
  source: string,
  target: string,
  box: Omit<BoxAddresses, 'central'> & { hub: string; publicUrl: string; hubDevices: readonly string[] },
): void {
  const document = boxCopy(source, box);
  document.setIn(['agent', 'publicUrl'], box.publicUrl);
  const devices = document.get('devices');
  if (isSeq(devices))
    devices.items = devices.items.filter(
      (one) => isMap(one) && !box.hubDevices.includes(String(one.get('id'))),
    );
  document.setIn(
    ['links'],
    document.createNode([{ name: 'hub', url: `socketio:${box.hub}`, token: `file:${box.linkToken}` }]),
  );
  writeFileSync(target, document.toString());
}

function boxCopy(
  source: string,
  { listen, ports, identity }: Pick<BoxAddresses, 'listen' | 'ports' | 'identity'>,
) {
  const document = parseDocument(readFileSync(source, 'utf8'));
  document.commentBefore = ' Made by `npm start` from the example hall; written again at each start.';
  document.setIn(['agent', 'listen'], listen);
  document.deleteIn(['hall', 'opening']);
  const services = document.get('services');
  const forms = (isSeq(services) ? services.items : []).flatMap((service, s) => {
    const list = isMap(service) ? service.get('forms') : undefined;
    return isSeq(list) ? list.items.map((_form, f) => ['services', s, 'forms', f, 'file']) : [];
  });
  for (const path of [['hall', 'calendar', 'file'], ['hall', 'map', 'file'], ...forms]) {
    const file = document.getIn(path);
    if (typeof file === 'string') document.setIn(path, resolve(dirname(source), file));
  }
  document.setIn(['identity'], document.createNode({ secret: `file:${identity}` }));
  const devices = document.get('devices');
  if (isSeq(devices))
    for (const device of devices.items)
      if (isMap(device)) {
        const port = ports[String(device.get('id'))];
        if (port !== undefined) device.set('port', port);
      }
  return document;
}
