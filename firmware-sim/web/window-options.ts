/** What stands at the windows, as options of the panel: evaluators, lines of pads, signs, the cable to the centre. */
import {
  choose,
  readAddresses,
  readSettings,
  readStanding,
  readUnits,
  type Standing,
} from './device-options.ts';

export type EvaluatorOption = Standing &
  (
    | { protocol: 'elp1' | 'ehr1'; model?: string }
    /** what keys 1 to 5 send */
    | { protocol: 'ascii'; characters?: string }
  );
export type PadsOption = Standing &
  (
    | { protocol: 'ff68'; addresses: Record<number, 'pad' | 'evaluator'> }
    | { protocol: 'ub485'; addresses: number[] }
  );
export type SignOption = Standing & { protocol: 'strip' | 'xunpeng'; addresses: number[]; columns: number };
export type CableOption = { id: string; port: number; to: { host: string; port: number } };

/** Reads `ID=PLACE[,protocol=elp1|ehr1|ascii][,serial=…][,model=…][,chip=…][,characters=12345]`. */
export function readEvaluatorOption(text: string): EvaluatorOption {
  const settings = readSettings(text, ['protocol', 'model', 'characters']);
  const { id, values } = settings;
  const protocol = choose(id, 'protocol', values.get('protocol'), ['elp1', 'ehr1', 'ascii']) ?? 'elp1';
  const standing = readStanding(settings, protocol === 'ehr1' ? 'hid' : 'line', protocol !== 'ascii');
  const model = values.get('model');
  const characters = values.get('characters');
  if (protocol === 'ascii') {
    if (model !== undefined) throw new RangeError(`${id}: model: an ascii evaluator says nothing of itself`);
    return { ...standing, protocol, ...(characters !== undefined && { characters }) };
  }
  if (characters !== undefined) throw new RangeError(`${id}: characters are of protocol=ascii`);
  return { ...standing, protocol, ...(model !== undefined && { model }) };
}

/** Reads `ID=PLACE,addresses=1:pad;2:evaluator`, or `ID=PLACE,protocol=ub485,addresses=1;2`; `[,chip=…]`. */
export function readPadsOption(text: string): PadsOption {
  const settings = readSettings(text, ['protocol', 'addresses']);
  const { id, values } = settings;
  const protocol = choose(id, 'protocol', values.get('protocol'), ['ff68', 'ub485']) ?? 'ff68';
  const standing = readStanding(settings, 'line');
  const addresses = values.get('addresses');
  return protocol === 'ff68'
    ? { ...standing, protocol, addresses: readUnits(id, addresses) }
    : { ...standing, protocol, addresses: readAddresses(id, addresses, 0, 255) };
}

/** Reads `ID=PLACE[,protocol=strip|xunpeng],addresses=1;2[,columns=16][,chip=…]`. */
export function readSignOption(text: string): SignOption {
  const settings = readSettings(text, ['protocol', 'addresses', 'columns']);
  const { id, values } = settings;
  const columns = Number(values.get('columns') ?? 16);
  if (!Number.isInteger(columns) || columns < 1 || columns > 255)
    throw new RangeError(`${id}: columns ${values.get('columns')}: 1 to 255`);
  return {
    ...readStanding(settings, 'line'),
    protocol: choose(id, 'protocol', values.get('protocol'), ['strip', 'xunpeng']) ?? 'strip',
    addresses: readAddresses(id, values.get('addresses'), 1, 247),
    columns,
  };
}

/** Reads `ID=PORT:HOST:PORT`. */
export function readCableOption(text: string): CableOption {
  const match = /^([A-Za-z0-9][A-Za-z0-9._-]{0,39})=(\d{1,5}):(.+):(\d{1,5})$/.exec(text);
  const [, id, port, host, to] = match ?? [];
  if (!id || !host || Number(port) > 65535 || Number(to) > 65535)
    throw new RangeError(`"${text}": expected ID=PORT:HOST:PORT`);
  return { id, port: Number(port), to: { host, port: Number(to) } };
}
