/**
 * Complete USB devices inside the guest, made with the kernel's gadget framework on a dummy controller: the real drivers
 * (usblp, cdc-acm) see them as hardware. Linux only, needs root, configfs and dummy_hcd.
 */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';

const ROOT = '/sys/kernel/config/usb_gadget';

export type Gadget = {
  /** the device side: what the gadget's program reads and writes */
  device: string;
  plug(): void;
  unplug(): void;
};

/** A bidirectional USB printer; `controller` [0…3]. Plugged in when it returns. */
export function printerGadget(name: string, controller: number, serial: string): Gadget {
  const folder = begin(name, {
    vendorId: '0x1209',
    productId: '0x0003',
    product: 'Lab ticket printer',
    serial,
  });
  mkdirSync(`${folder}/functions/printer.0`);
  writeFileSync(`${folder}/functions/printer.0/pnp_string`, 'MFG:Lab;MDL:Ticket 80;CLS:PRINTER;CMD:ESC/POS;');
  writeFileSync(`${folder}/functions/printer.0/q_len`, '10');
  symlinkSync(`${folder}/functions/printer.0`, `${folder}/configs/c.1/printer.0`);
  return finish(folder, controller, '/dev/g_printer0');
}

/** A USB serial adapter of the class CDC-ACM, with the ids of a CH343, which is one. */
export function serialGadget(name: string, controller: number, serial: string): Gadget {
  const folder = begin(name, {
    vendorId: '0x1a86',
    productId: '0x55d3',
    product: 'USB Single Serial',
    serial,
  });
  mkdirSync(`${folder}/functions/acm.0`);
  symlinkSync(`${folder}/functions/acm.0`, `${folder}/configs/c.1/acm.0`);
  return finish(folder, controller, '/dev/ttyGS0');
}

function begin(
  name: string,
  says: { vendorId: string; productId: string; product: string; serial: string },
): string {
  const folder = `${ROOT}/${name}`;
  mkdirSync(folder);
  writeFileSync(`${folder}/idVendor`, says.vendorId);
  writeFileSync(`${folder}/idProduct`, says.productId);
  mkdirSync(`${folder}/strings/0x409`);
  writeFileSync(`${folder}/strings/0x409/manufacturer`, 'Lab');
  writeFileSync(`${folder}/strings/0x409/product`, says.product);
  writeFileSync(`${folder}/strings/0x409/serialnumber`, says.serial);
  mkdirSync(`${folder}/configs/c.1`);
  return folder;
}

function finish(folder: string, controller: number, device: string): Gadget {
  const gadget: Gadget = {
    device,
    plug: () => writeFileSync(`${folder}/UDC`, `dummy_udc.${controller}`),
    unplug: () => writeFileSync(`${folder}/UDC`, '\n'),
  };
  gadget.plug();
  return gadget;
}
