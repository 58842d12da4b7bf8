import { call } from './calls.js';
import { createCard, plugButton } from './card-parts.js';
import { element, words } from './element.js';
import { faultSwitches } from './faults.js';
import { fourKeyEvaluator, pad, panel } from './pad-units.js';

/** A line of call pads and four-key evaluators, or of panels: one plug, and a unit at each address. */
export function padsCard(device) {
  const ub485 = device.kind === 'ub485-bus';
  const card = createCard(
    device,
    ub485 ? ['面板总线', 'UB485 panels'] : ['呼叫器总线', 'FF68 pads and evaluators'],
    { wide: true },
  );
  const statesOf = (now) => (ub485 ? now.state.panels : now.state.devices);
  const units = new Map(
    Object.entries(statesOf(device)).map(([address, state]) => {
      const make = ub485 ? panel : state.role === 'pad' ? pad : fourKeyEvaluator;
      return [
        address,
        make(Number(address), (key) => void call(device.id, 'key', { address: Number(address), key })),
      ];
    }),
  );
  const plug = plugButton(device);
  const faults = faultSwitches(device, [...units.keys()].map(Number));
  const collisions = element('p', { class: 'fate' });
  card.add(
    element('div', { class: 'units' }, ...[...units.values()].map(({ view }) => view)),
    element('div', { class: 'buttons' }, plug.view, collisions),
    faults.view,
  );
  return {
    view: card.view,
    tick() {},
    update(now) {
      card.update(now);
      if (!now.plugged) card.badge('bad', '线已拔下', 'unplugged');
      else if (!now.state.hostPresent) card.badge('idle', '等待主机', 'waiting for host');
      else card.badge('', '就绪', 'ready');
      const powerOff = now.faultsOn.find(({ name }) => name === 'power-off');
      for (const [address, state] of Object.entries(statesOf(now))) {
        const unit = units.get(address);
        const off = powerOff && (powerOff.options.address ?? Number(address)) === Number(address);
        unit?.view.classList.toggle('no-power', Boolean(off));
        unit?.update(state);
      }
      collisions.hidden = now.state.collisions === 0;
      collisions.replaceChildren(
        words(`同时发送 ${now.state.collisions} 次`, `two spoke at once: ${now.state.collisions}`),
      );
      plug.update(now);
      faults.update(now);
    },
  };
}
