/** The device room with the satellites' devices in its list. What is done by hand to one of them is done at its own computer. */
import type { DeviceView } from '../contract/live.ts';

type Room = { list(): DeviceView[]; view(id: string): DeviceView };

/** `room` with `devices` listed after its own. */
export function withSatellites<T extends Room>(room: T, devices: () => DeviceView[]): T {
  return {
    ...room,
    list: () => [...room.list(), ...devices()],
    view: (id: string) => devices().find((each) => each.id === id) ?? room.view(id),
  };
}
