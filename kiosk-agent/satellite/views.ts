/** What this satellite's screens see: the hub's view with this computer's own printer and disk, or the last one while the hub is away. */
import type { Config } from '../config.ts';
import type { PublicView, ServiceView, StaffView } from '../contract/live.ts';
import { localTime } from '../hall/day.ts';
import type { LiveViews } from '../web/live.ts';
import { isTaking } from '../web/opening.ts';
import type { DeviceRoom } from '../web/parts.ts';
import { formsOf, mapAddress } from '../web/pictures.ts';
import { hallInfo, printerState, readerStates, realNameOf } from '../web/views.ts';
import type { LinkStatus } from '../contract/link.ts';
import type { Hub } from './hub.ts';
import type { HubView } from './hub-view.ts';
import type { OfflineKiosk } from './offline-kiosk.ts';

export type ViewParts = {
  config: Config;
  hub: Hub;
  hubView: HubView;
  devices: DeviceRoom;
  links: () => LinkStatus[];
  journalState: () => PublicView['day']['journal'];
  kiosk: OfflineKiosk;
  /** something that a view shows may have changed */
  watch: (changed: () => void) => () => void;
};

export function satelliteViews(parts: ViewParts): LiveViews {
  return {
    public: () => publicView(parts),
    staff: (shared): StaffView => ({
      ...shared,
      tickets: parts.kiosk.needHand(),
      devices: Object.fromEntries(parts.devices.list().map((device) => [device.id, device])),
      links: Object.fromEntries(parts.links().map((link) => [link.name, link])),
    }),
    watch: parts.watch,
  };
}

/** While the hub is away nothing is promised: no waits, and nobody knows how many stand in line. */
export function publicView(parts: ViewParts): PublicView {
  const { config, hub, hubView } = parts;
  const { timeZone } = config.hall;
  const latest = hubView.latest;
  const away = !hub.reachable;
  const today = localTime(hub.now, timeZone).slice(0, 10);
  const base = latest?.view ?? fromConfiguration(config, today);
  const since = hub.awaySince;
  return {
    ...base,
    hall: { ...base.hall, map: mapAddress(config) },
    services: ownForms(config, away ? withoutWaits(base.services) : base.services),
    calls: away ? [] : base.calls,
    day: {
      ...base.day,
      taking: away ? isTaking(config.hall, hub.now, hubView.extendedUntil(today)) : base.day.taking,
      printer: printerState(parts),
      readers: readerStates(parts),
      journal: parts.journalState(),
    },
    hub: {
      state: away ? 'away' : 'here',
      since: since && localTime(since, timeZone),
      // Only what a screen needs while it is cut off: else it would change with every change.
      asOf: away && latest ? localTime(latest.at, timeZone) : null,
    },
  };
}

/** Pictures come from this PC's own disk. */
function ownForms(config: Config, services: PublicView['services']): PublicView['services'] {
  return Object.fromEntries(
    Object.entries(services).map(([id, { forms: _forms, ...service }]) => {
      const forms = formsOf(config, id);
      return [id, forms.length > 0 ? { ...service, forms } : service];
    }),
  );
}

function withoutWaits(services: PublicView['services']): PublicView['services'] {
  return Object.fromEntries(
    Object.entries(services).map(([id, { servedToday: _servedToday, ...service }]) => [
      id,
      { ...service, waitMinS: null, waitMaxS: null },
    ]),
  );
}

function fromConfiguration(config: Config, day: string): PublicView {
  return {
    hall: hallInfo(config),
    day: {
      day,
      served: 0,
      windowsOpen: 0,
      windowsTotal: config.windows.length,
      taking: false,
      printer: null,
      readers: { kiosk: null, query: null },
      journal: 'ok',
    },
    services: Object.fromEntries(
      config.services.map((service): [string, ServiceView] => [
        service.id,
        {
          service: service.id,
          prefix: service.prefix,
          name: service.name,
          description: service.description ?? null,
          area: service.area ?? null,
          waiting: 0,
          windowsOpen: 0,
          waitMinS: null,
          waitMaxS: null,
          ...realNameOf(service, config.rules.realName.mode),
          materials: service.materials,
          timeLimit: service.timeLimit ?? null,
          fee: service.fee ?? null,
        },
      ]),
    ),
    windows: {},
    calls: [],
  };
}
