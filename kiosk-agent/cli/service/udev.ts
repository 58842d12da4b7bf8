/** udev rules: who may open which device file, and names that stay with the physical socket. Pure. */
import type { ModelRow } from '../../device/models.ts';

export type UdevFacts = {
  /** USB adapters that are serial ports: vendor:product in lower-case hex → name */
  bridges: Readonly<Record<string, string>>;
  models: readonly ModelRow[];
  /** HID devices that one configuration names beyond the models, four hex digits each */
  hid: readonly { vendorId: string; productId: string; of: string }[];
  /** group of the user that runs the agent */
  group: string;
};

/** Where the file goes. Late in the order: brltty's own rule (85- or 90-) can only be taken back after it. */
export const UDEV_PATH = '/etc/udev/rules.d/99-public-service-hall.rules';

/** The rules file. Nothing in it lets everybody in: mode 0660, and only known ids. */
export function udevRules({ bridges, models, hid, group }: UdevFacts): string {
  const access = `GROUP="${group}", MODE="0660"`;
  return `# Device files of a public service hall, for the group ${group}. Made by \`hall service\`; do not edit: your own rules go into a file
# of their own behind this one, for example a name for the evaluator in a certain USB socket:
#   SUBSYSTEM=="tty", ENV{ID_PATH}=="pci-0000:00:14.0-usb-0:1.2:1.0", SYMLINK+="hall/evaluator1"
ACTION=="remove", GOTO="hall_end"

# Serial adapters. ModemManager sends modem commands to what it does not know, brltty takes a CH340 for a Braille display:
# both are told to leave them alone.
SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", GOTO="hall_adapter"
SUBSYSTEM=="tty", SUBSYSTEMS=="usb", GOTO="hall_tty"
GOTO="hall_others"

LABEL="hall_adapter"
${adapterRules('ATTR', bridges)}
ENV{ID_HALL_ADAPTER}=="?*", ENV{ID_MM_DEVICE_IGNORE}="1", ENV{BRLTTY_BRAILLE_DRIVER}="", ENV{SYSTEMD_WANTS}=""
GOTO="hall_end"

LABEL="hall_tty"
${adapterRules('ATTRS', bridges)}
ENV{ID_HALL_ADAPTER}!="?*", GOTO="hall_end"
${access}, ENV{ID_MM_DEVICE_IGNORE}="1", ENV{ID_MM_PORT_IGNORE}="1"
# Cheap adapters have no serial number: the socket is the only name that stays. hall/by-port/… in the configuration.
ENV{ID_PATH}=="", IMPORT{builtin}="path_id"
SUBSYSTEMS=="usb-serial", ENV{.HALL_PORT}="-port$attr{port_number}"
ENV{ID_PATH}=="?*", SYMLINK+="hall/by-port/$env{ID_PATH}$env{.HALL_PORT}"
GOTO="hall_end"

LABEL="hall_others"
# HID devices, by the name of the kernel's HID device: one that is simulated has no USB parent.
${[...hidRules(models, access), ...configuredHid(hid, access)].join('\n')}
# A keypad or scanner is known by what it does, which a rule cannot see; every keyboard would be let in. Name it in the
# configuration as hid:VENDOR:PRODUCT and run \`hall service --install\` again.

# USB printers
SUBSYSTEM=="usbmisc", KERNEL=="lp[0-9]*", ${access}

LABEL="hall_end"
`;
}

/** ATTR looks at the device itself, ATTRS also at what it hangs on. */
function adapterRules(key: 'ATTR' | 'ATTRS', bridges: UdevFacts['bridges']): string {
  return Object.entries(bridges)
    .map(([ids, name]) => {
      const [vendorId, productId] = ids.split(':');
      // Nothing that ends the quotes or means something to udev.
      const plain = name.replace(/[^A-Za-z0-9 ._/-]/g, '');
      return `${key}{idVendor}=="${vendorId}", ${key}{idProduct}=="${productId}", ENV{ID_HALL_ADAPTER}="${plain}"`;
    })
    .join('\n');
}

function hidRules(models: readonly ModelRow[], access: string): string[] {
  return models.flatMap((model) =>
    model.fingerprints.flatMap(({ vendorId, productId }) =>
      vendorId !== undefined && productId !== undefined && model.transports.includes('hid')
        ? [hidRule(vendorId, productId, model.id, access)]
        : [],
    ),
  );
}

function configuredHid(hid: UdevFacts['hid'], access: string): string[] {
  return hid.map(({ vendorId, productId, of }) => hidRule(vendorId, productId, of, access));
}

/** The kernel writes the ids in capitals: 0003 is USB, also for devices made through /dev/uhid. */
function hidRule(vendorId: string, productId: string, of: string, access: string): string {
  return `SUBSYSTEM=="hidraw", KERNELS=="0003:${vendorId.toUpperCase()}:${productId.toUpperCase()}.*", ENV{ID_HALL_DEVICE}="${of}", ${access}`;
}
