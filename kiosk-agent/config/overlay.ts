/** The central office's part of a configuration, laid over the hall's own file. Pure. */
import type { OfficeConfiguration } from '../contract/office.ts';

/**
 * The content of the file with the office's settings over it: maps are joined, lists and values replaced; services are known by
 * their id. `leftOut`: the office's services that the file does not have. A calendar of the office stands for the file's own and
 * for the one that it names.
 */
export function overlay(file: unknown, office: OfficeConfiguration): { content: unknown; leftOut: string[] } {
  if (!isMap(file)) return { content: file, leftOut: [] };
  const wanted = office.services ?? {};
  const own = Array.isArray(file['services']) ? (file['services'] as unknown[]) : [];
  const services = own.map((each) => {
    const id = isMap(each) ? String(each['id']) : '';
    return Object.hasOwn(wanted, id) ? joined(each, wanted[id]) : each;
  });
  const has = new Set(own.map((each) => (isMap(each) ? String(each['id']) : '')));
  const hall = office.hall ? joined(file['hall'], office.hall) : file['hall'];
  if (office.hall?.calendar && isMap(hall) && isMap(hall['calendar'])) {
    const { file: _named, ...calendar } = hall['calendar'];
    hall['calendar'] = calendar;
  }
  return {
    content: {
      ...file,
      ...(office.hall ? { hall } : {}),
      ...(office.services && own.length > 0 ? { services } : {}),
      ...(office.rules ? { rules: joined(file['rules'], office.rules) } : {}),
    },
    leftOut: Object.keys(wanted).filter((id) => !has.has(id)),
  };
}

function joined(below: unknown, over: unknown): unknown {
  if (!isMap(below) || !isMap(over)) return over;
  const all = { ...below };
  for (const [key, value] of Object.entries(over))
    if (value !== undefined) all[key] = joined(all[key], value);
  return all;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
