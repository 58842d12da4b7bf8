/** What a fault can be told: a number, or one of `choices`. */
export type FaultOption = {
  name: 'rate' | 'bytes' | 'ms' | 'key';
  zh: string;
  en: string;
  unit?: string;
  value?: number;
  most?: number;
  choices?: readonly (readonly [value: number, words: string])[];
};
export function groupedFaults(names: readonly string[]): { zh: string; en: string; names: string[] }[];
export function faultOption(kind: string, name: string): FaultOption | undefined;
export function isOfOneAddress(name: string): boolean;
export function canEnd(name: string): boolean;
