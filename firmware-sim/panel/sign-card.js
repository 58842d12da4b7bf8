import { call } from './calls.js';
import { createCard, plugButton } from './card-parts.js';
import { element, words } from './element.js';
import { faultSwitches } from './faults.js';

const colours = { red: '红色 red', green: '绿色 green', yellow: '黄色 yellow' };

function sign(address, isNumber) {
  const strip = element('div', { class: 'led', role: 'img' });
  const facts = element('small');
  const view = element(
    'section',
    { class: isNumber ? 'sign number-sign' : 'sign', 'data-address': address },
    element('h3', {}, words(`${address} 号屏`, `sign ${address}`), facts),
    strip,
  );
  let shown;
  return {
    view,
    update(state) {
      const { power, lines, colour, flashing, running } = state;
      const wanted = JSON.stringify([power, lines, colour, flashing, running]);
      view.classList.toggle('no-power', power === 'off');
      facts.textContent =
        power === 'off'
          ? '断电 no power'
          : [
              !isNumber && `亮度 brightness ${state.brightness}`,
              state.refused > 0 && `拒绝 refused ${state.refused}`,
            ]
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
        [said, lit.length > 0 && colours[colour], flashing && '闪烁 flashing'].filter(Boolean).join('，'),
      );
      strip.replaceChildren(...lit.map((line) => element('span', {}, line)));
    },
  };
}

/** A line of signs over the windows, as people see them from below. */
export function signCard(device) {
  const isNumber = device.protocol === 'xunpeng';
  const card = createCard(
    device,
    isNumber ? ['窗口数字屏', 'Number displays'] : ['窗口条屏', 'Window signs'],
    {
      wide: true,
    },
  );
  const plug = plugButton(device);
  const signs = new Map(
    Object.keys(device.state.signs).map((address) => [address, sign(Number(address), isNumber)]),
  );
  const faults = faultSwitches(device, [...signs.keys()].map(Number));
  const cycle = element(
    'button',
    { onclick: () => void call(device.id, 'power-cycle') },
    words('重新上电', 'Power cycle'),
  );
  const line = element('p', { class: 'fate' });
  card.add(
    element('div', { class: 'signs body' }, ...[...signs.values()].map(({ view }) => view)),
    element('div', { class: 'buttons' }, plug.view, cycle, line),
    faults.view,
  );
  return {
    view: card.view,
    tick() {},
    update(now) {
      const { requests, tooSoon, collisions } = now.state.line;
      card.update(now);
      if (!now.plugged) card.badge('bad', '线已拔下', 'unplugged');
      else if (requests === 0) card.badge('idle', '等待主机', 'waiting for host');
      else card.badge('', '就绪', 'ready');
      for (const [address, state] of Object.entries(now.state.signs)) signs.get(address)?.update(state);
      const early = tooSoon + collisions;
      line.hidden = early === 0;
      line.replaceChildren(words(`主机抢发 ${early} 次`, `host spoke too soon: ${early}`));
      plug.update(now);
      faults.update(now);
    },
  };
}
