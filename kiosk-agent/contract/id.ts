/** Short names that people give in the configuration: halls, services, devices, links. */
import { z } from 'zod';

export const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens, at most 63');
