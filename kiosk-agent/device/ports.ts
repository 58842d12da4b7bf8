/** What serial ports this computer has, as the serial library lists them. */
import { SerialPort } from 'serialport';

export type FoundPort = {
  path: string;
  manufacturer?: string;
  serialNumber?: string;
  /** four hex digits */
  vendorId?: string;
  productId?: string;
  locationId?: string;
};
/** Linux needs `udevadm` for the list; without it `why` says so, and ports can still be opened by name. */
export type PortList = { ok: true; ports: FoundPort[] } | { ok: false; why: string };

/** Lists serial ports with what their USB adapters say of themselves. Never rejects. */
export async function listPorts(list: () => Promise<FoundPort[]> = SerialPort.list): Promise<PortList> {
  try {
    const ports = await list();
    return {
      ok: true,
      ports: ports.map(({ path, manufacturer, serialNumber, vendorId, productId, locationId }) => ({
        path,
        ...(manufacturer && { manufacturer }),
        ...(serialNumber && { serialNumber }),
        ...(vendorId && { vendorId }),
        ...(productId && { productId }),
        ...(locationId && { locationId }),
      })),
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const hint = /udevadm/.test(message)
      ? ' (install udev to list ports; opening them by name works without)'
      : '';
    return { ok: false, why: `serial ports cannot be listed: ${message}${hint}` };
  }
}
