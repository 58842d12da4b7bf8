/** From where a device stands to how its port is opened. */
import type { PortAddress } from '../contract/port.ts';
import type { Found } from './found.ts';
import type { ModelRow } from './models.ts';
import { fileTransport } from './transport/file.ts';
import type { HidBackend } from './transport/hid-backend.ts';
import { hidTransport } from './transport/hid.ts';
import { serialTransport } from './transport/serial.ts';
import { tcpTransport } from './transport/tcp.ts';
import type { OpenTransport } from './transport/transport.ts';

/** Opens the port that the configuration names; `bound` is not one, see {@link openFound}. */
export function openAddress(
  address: Exclude<PortAddress, { kind: 'bound' }>,
  model: ModelRow,
  hid: HidBackend,
): OpenTransport {
  switch (address.kind) {
    case 'serial':
      return serialTransport(address.path, { ...model.line, ...address.line });
    case 'tcp':
      return tcpTransport(address);
    case 'file':
      return fileTransport(address.path);
    case 'hid':
      return hidTransport(address, model.fingerprints[0] ?? {}, hid);
  }
}

/** Opens something that is plugged in, with the line settings of the configuration or the model. */
export function openFound(
  found: Found,
  model: ModelRow,
  address: PortAddress,
  hid: HidBackend,
): OpenTransport {
  switch (found.kind) {
    case 'serial':
      return serialTransport(found.path, { ...model.line, ...(address.kind === 'serial' && address.line) });
    case 'file':
      return fileTransport(found.path);
    case 'hid':
      return (signal) => hid.open(found.path, signal);
  }
}
