/** The panel's HTTP (docs/simulator.md): the hands on the simulated devices. */
import { z } from 'zod';
import { type Answer, createCaller, NoAnswer, refusalOf } from './http.ts';

const device = z.looseObject({
  id: z.string(),
  kind: z.string(),
  plugged: z.boolean(),
  faults: z.array(z.string()),
  faultNames: z.array(z.string()),
  serial: z.string().optional(),
  state: z.looseObject({}),
});
export type PanelDevice = z.output<typeof device>;

/** What an evaluator of its own says of itself. */
const evaluatorState = z.looseObject({
  boot: z.string(),
  session: z.looseObject({ number: z.number() }).nullable(),
  pressesWaiting: z.number(),
  pressesAcknowledged: z.number(),
});
const lineState = z.looseObject({
  devices: z.record(
    z.string(),
    z.looseObject({
      role: z.string(),
      acknowledged: z.number(),
      waiting: z.array(z.number()).nullable(),
    }),
  ),
});
const paper = z.looseObject({ n: z.number(), text: z.string(), cut: z.string().nullable() });
/** `cut`: full, partial or torn; null while it hangs in the printer. */
export type Paper = { n: number; text: string; cut: string | null };

export const evaluatorOf = (one: PanelDevice) => evaluatorState.parse(one.state);
export const unitOf = (one: PanelDevice, address: number) => lineState.parse(one.state).devices[address];

export type Panel = ReturnType<typeof createPanel>;

/** `base`: the panel's address, as http://127.0.0.1:8470/. Every call throws with a sentence when it is not done. */
export function createPanel(base: string, signal: AbortSignal, patienceMs = 20_000) {
  const caller = createCaller({ base: new URL('api/', base).href, signal, patienceMs });
  const read = <T>(schema: z.ZodType<T>, answer: Answer, what: string): T => {
    if (answer.kind === 'lost') throw new NoAnswer(`the panel does not answer (${what}): ${answer.why}`);
    if (!answer.ok) throw new Error(`the panel refuses ${what}: ${refusalOf(answer)}`);
    return schema.parse(answer.body);
  };
  /** What may be done twice. */
  const act = async (id: string, action: string, content: object = {}) =>
    read(device, await caller.again('POST', `devices/${id}/${action}`, content), `${id} ${action}`);
  const get = async (id: string) => read(device, await caller.again('GET', `devices/${id}`), id);

  return {
    devices: async () => read(z.array(device), await caller.again('GET', 'devices'), 'devices'),
    get,
    act,
    setFault: (id: string, fault: string, on: boolean, options: object) =>
      act(id, `faults/${fault}`, on ? { on, ...options } : { on }),
    /** A finger is no call that may be repeated: null when nobody knows whether it was pressed. */
    async press(id: string, level: number) {
      const answer = await caller.once('POST', `devices/${id}/press`, { level });
      if (answer.kind === 'lost') return null;
      const pressed = z.looseObject({ taken: z.boolean() });
      return { ...read(pressed, answer, `a key of ${id}`), device: read(device, answer, `a key of ${id}`) };
    },
    async key(id: string, address: number, key: string) {
      const answer = await caller.once('POST', `devices/${id}/key`, { address, key });
      if (answer.kind === 'lost') return false;
      read(device, answer, `a key of ${id}`);
      return true;
    },
    papers: async (id: string): Promise<Paper[]> =>
      read(z.array(paper), await caller.again('GET', `devices/${id}/papers`), `papers of ${id}`),
    currentPaper: async (id: string): Promise<Paper> =>
      read(paper, await caller.again('GET', `devices/${id}/papers/current`), `the paper in ${id}`),
  };
}
