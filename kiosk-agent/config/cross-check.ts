/** What one setting must know of another: addresses, templates, and what a surge names. */
import type { z } from 'zod';
import { platformFault } from '../platform/address.ts';
import { videoFault } from '../video.ts';
import type { platformSection, videoSection } from './connections.ts';
import type { rulesSection } from './rules.ts';

type Checked = {
  services: { id: string }[];
  windows: { number: number }[];
  rules: z.infer<typeof rulesSection>;
  platform?: z.infer<typeof platformSection> | undefined;
  video?: z.infer<typeof videoSection> | undefined;
};
/** Path of the setting and what is wrong with it. */
export type CrossFault = { path: (string | number)[]; message: string };

/** Every fault, in the order of the file. */
export function crossFaults({ services, windows, rules, platform, video }: Checked): CrossFault[] {
  const faults: CrossFault[] = [];
  const known = new Set(services.map(({ id }) => id));
  const numbers = new Set(windows.map(({ number }) => number));
  rules.surge.auto?.measures.windows?.forEach((each, index) => {
    const path = ['rules', 'surge', 'auto', 'measures', 'windows', index];
    if (!numbers.has(each.window))
      faults.push({ path: [...path, 'window'], message: `no window ${each.window} under windows:` });
    each.services.forEach((service, s) => {
      if (!known.has(service))
        faults.push({ path: [...path, 'services', s], message: `no service ${service} under services:` });
    });
  });
  const codes = new Set<string>();
  rules.followUp.options.forEach(({ code }, index) => {
    if (codes.has(code))
      faults.push({
        path: ['rules', 'followUp', 'options', index, 'code'],
        message: `${code} is used twice`,
      });
    codes.add(code);
  });
  const address = platform && platformFault(platform.url);
  if (address) faults.push({ path: ['platform', 'url'], message: address.replace('platform.url: ', '') });
  const template = video && videoFault(video);
  if (template) faults.push({ path: ['video'], message: template });
  return faults;
}
