import { createCard, plugButton } from './card-parts.js';
import { element, svgElement } from './element.js';
import { faultSwitches } from './faults.js';

function drawing(plugged) {
  const gap = plugged ? 0 : 46;
  const tone = plugged ? '#0b4aa2' : '#46597a';
  return svgElement(`<svg xmlns="http://www.w3.org/2000/svg" class="cable-drawing" viewBox="0 0 480 74" aria-hidden="true">
    <g fill="none" stroke="${tone}" stroke-width="5" stroke-linecap="round">
      <path d="M6 40 C 60 70, 90 14, ${164 - gap / 2} 37"/><path d="M474 40 C 420 10, 390 66, ${316 + gap / 2} 37"/></g>
    <g transform="translate(${164 - gap / 2} 37)"><rect x="0" y="-17" width="50" height="34" rx="6" fill="${tone}"/><rect x="50" y="-11" width="18" height="22" rx="2" fill="#fff" stroke="${tone}" stroke-width="3"/>
      <path d="M55 -6v12M60 -6v12" stroke="#c48a00" stroke-width="2"/></g>
    <g transform="translate(${232 + gap / 2} 37)"><rect x="0" y="-21" width="84" height="42" rx="8" fill="#fff" stroke="${tone}" stroke-width="4"/><rect x="2" y="-13" width="22" height="26" fill="#dce4ef"/>
      <circle cx="64" cy="0" r="7" fill="${plugged ? '#20c47c' : '#e5483e'}"/></g></svg>`);
}

/** The network cable between a hall and its centre. */
export function cableCard(device) {
  const card = createCard(device, ['网线', 'Network cable']);
  const picture = element('div');
  const facts = element('div', { class: 'facts' });
  const plug = plugButton(device);
  let shown;
  const faults = faultSwitches(device);
  card.add(picture, facts, element('div', { class: 'buttons' }, plug.view), faults.view);
  return {
    view: card.view,
    tick() {},
    update(now) {
      card.update(now);
      if (now.plugged !== shown) {
        shown = now.plugged;
        picture.replaceChildren(drawing(shown));
      }
      if (now.plugged) card.badge('', '已插上', 'plugged in');
      else card.badge('bad', '已拔下', 'unplugged');
      const { state } = now;
      facts.replaceChildren(
        element('span', {}, '通往 to ', element('b', {}, state.to)),
        element('span', {}, '连接 open ', element('b', {}, String(state.open))),
        element('span', {}, '上行 up ', element('b', {}, `${state.bytesUp} B`)),
        element('span', {}, '下行 down ', element('b', {}, `${state.bytesDown} B`)),
      );
      plug.update(now);
      faults.update(now);
    },
  };
}
