/** What regions, halls and services are called: as the server knows them, else by their code. */
import { shallowRef } from 'vue';
import type { Names } from '../../kiosk-agent/contract/far-end.ts';
import { say } from '../messages/index.ts';
import { farEnd } from './calls.ts';

const names = shallowRef<Names>({ regions: {}, halls: {}, services: {} });

/** Asks the server for its names; the codes have to do until then. */
export async function loadNames(): Promise<void> {
  const answer = await farEnd.names();
  if (answer.ok) names.value = answer.value;
}

const named = (of: Names[keyof Names], key: string): string =>
  (Object.prototype.hasOwnProperty.call(of, key) && say(of[key])) || key;

export const regionName = (code: string): string => named(names.value.regions, code);
export const serviceName = (id: string): string => named(names.value.services, id);
export const hallName = (hall: string | null, agentId = ''): string =>
  hall === null ? agentId : named(names.value.halls, hall);
