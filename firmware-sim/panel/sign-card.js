import { call } from './calls.js';
import { element, words } from './element.js';
import { cardHead, faultSwitches, plugButton, wireView } from './fold-outs.js';

const colours = { red: '红', green: '绿', yellow: '黄' };

function sign(address) {
  const strip = element('div', { class: 'led', role: 'img' });
  const facts = element('small');
  let shown;
  return {
    view: element(
      'section',
      { class: 'sign', 'data-address': address },
      element('h3', {}, words(`${address} 号屏`, `sign ${address}`), facts),
      strip,
    ),
    update(state) {
      const { power, lines, colour, flashing, running } = state;
      const wanted = JSON.stringify([power, lines, colour, flashing, running]);
      facts.textContent =
        power === 'off'
          ? '断电 no power'
          : [`亮度 brightness ${state.brightness}`, state.refused && `拒绝 refused ${state.refused}`]
              .filter(Boolean)
              .join(' · ');
      // Drawn anew, a text would begin to run from its start.
      if (wanted === shown) return;
      shown = wanted;
      const lit = lines.filter((line) => line !== null);
      strip.className = `led ${colour ?? ''}${flashing ? ' flashing' : ''}${running ? ' running' : ''}`;
      const said = lit.length > 0 ? lit.join(' / ') : '黑屏 dark';
      strip.setAttribute(
        'aria-label',
        [said, colours[colour] && `${colours[colour]}色 ${colour}`, flashing && '闪烁 flashing']
          .filter(Boolean)
          .join('，'),
      );
      strip.replaceChildren(...lit.map((line) => element('span', {}, line)));
    },
  };
}

/** A line of signs over the windows, as people see them from below. */
export function signCard(device) {
  const head = cardHead(device, '窗口条屏', device.protocol === 'strip' ? 'Window signs' : 'Number displays');
  const plug = plugButton(device);
  const faults = faultSwitches(device);
  const wire = wireView(device);
  const signs = new Map(Object.keys(device.state.signs).map((address) => [address, sign(Number(address))]));
  const cycle = element(
    'button',
    { onclick: () => void call(device.id, 'power-cycle') },
    words('重新上电', 'Power cycle'),
  );
  const line = element('p', { class: 'fate' });
  return {
    view: element(
      'article',
      { class: 'card wide' },
      head.view,
      element('div', { class: 'signs' }, ...[...signs.values()].map(({ view }) => view)),
      element('div', { class: 'buttons' }, plug.view, cycle, line),
      faults.view,
      wire.view,
    ),
    wire: wire.add,
    tick() {},
    update(now) {
      const { requests, tooSoon, collisions } = now.state.line;
      if (!now.plugged) head.set('bad', '线已拔下', 'unplugged');
      else if (requests === 0) head.set('idle', '等待主机', 'waiting for host');
      else head.set('', '就绪', 'ready');
      for (const [address, state] of Object.entries(now.state.signs)) signs.get(address)?.update(state);
      const early = tooSoon + collisions;
      line.hidden = early === 0;
      line.replaceChildren(words(`主机抢发 ${early} 次`, `host spoke too soon: ${early}`));
      plug.update(now);
      faults.update(now);
    },
  };
}
