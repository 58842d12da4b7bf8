import { call } from './calls.js';
import { createCard, lamp, plugButton } from './card-parts.js';
import { element, svgElement, words } from './element.js';
import { faultSwitches } from './faults.js';
import { paperStrip } from './paper-strip.js';

/** The roll under the cover: as big as what is left on it. */
function rollPicture(share, isOpen, isOut) {
  const radius = 7 + 15 * Math.sqrt(share);
  const lid = isOpen ? 'M6 22 L30 -14 L66 -6' : 'M4 24 Q4 4 36 4 Q68 4 68 24';
  const roll = isOut
    ? `<circle cx="36" cy="30" r="7" fill="none" stroke="#8fa1bb" stroke-width="3" stroke-dasharray="3 3"/>`
    : `<circle cx="36" cy="30" r="${radius}" fill="#fdf8ee" stroke="#b6c3d5" stroke-width="1.5"/><circle cx="36" cy="30" r="5" fill="#56657d"/>`;
  return svgElement(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -16 72 72" class="roll-picture" aria-hidden="true">${roll}<path d="${lid}" fill="none" stroke="${isOpen ? '#ff9a3c' : '#9fb2cc'}" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/><path d="M4 54h64" stroke="#9fb2cc" stroke-width="4" stroke-linecap="round"/></svg>`,
  );
}

const button = (device, action, zh, en) =>
  element('button', { onclick: () => void call(device.id, action) }, words(zh, en));

/** A printer: lamps, slot, roll and cover, the paper as it comes out, and everything it has printed. */
export function printerCard(device) {
  const card = createCard(device, ['打印机', `Printer ${device.width} mm`]);
  const power = lamp('电源', 'power', 'good');
  const error = lamp('故障', 'error', 'bad');
  const paper = lamp('纸', 'paper', 'warn');
  const rollText = element('span');
  const picture = element('div');
  const cutter = element('p', { class: 'cutter', hidden: true });
  const outlet = element('div', { class: device.width === 58 ? 'outlet narrow' : 'outlet' });
  const errors = element('div', {
    class: 'errors',
    hidden: true,
    tabindex: 0,
    role: 'group',
    'aria-label': '命令错误 command errors',
  });
  const plug = plugButton(device);
  const faults = faultSwitches(device);
  const strip = paperStrip(device, hangFinished);
  const cover = element('button', {
    onclick: () => void call(device.id, isOpen ? 'close-cover' : 'open-cover'),
  });
  const take = button(device, 'take-ticket', '取走号票', 'Take ticket');
  let isOpen;
  let isBlank = true;
  let lastFinished;
  let rollShown;

  function nothing() {
    outlet.classList.add('waiting');
    outlet.replaceChildren(
      element('p', { class: 'empty' }, '还没有打印', element('small', { lang: 'en' }, 'nothing printed yet')),
    );
  }
  function hang(svg) {
    outlet.classList.remove('waiting');
    outlet.replaceChildren(svgElement(svg));
  }
  /** The last finished paper lies there until the next one comes. */
  function hangFinished(svg) {
    lastFinished = svg;
    if (isBlank) hang(svg);
  }

  card.add(
    element(
      'div',
      { class: 'body' },
      outlet,
      cutter,
      element('div', { class: 'slot' }),
      element(
        'div',
        { class: 'printer-body' },
        element('div', { class: 'printer-lamps' }, power.view, error.view, paper.view),
        element('div', { class: 'roll' }, picture, rollText),
      ),
    ),
    element(
      'div',
      { class: 'buttons' },
      plug.view,
      button(device, 'load-paper', '装纸', 'Load paper'),
      cover,
      button(device, 'tear-off', '撕下', 'Tear off'),
      take,
    ),
    errors,
    strip.view,
    faults.view,
  );
  nothing();

  return {
    view: card.view,
    tick() {},
    paper({ svg }) {
      isBlank = !/<(path|text|rect)[ >]/.test(svg.slice(svg.indexOf('<g ')));
      if (!isBlank) hang(svg);
      else if (lastFinished) hang(lastFinished);
    },
    update(now) {
      const { state } = now;
      const off = state.power === 'off';
      card.update(now, state.power);
      if (off) card.badge('bad', '已断电', 'no power');
      else if (!now.plugged) card.badge('bad', '线已拔下', 'unplugged');
      else if (state.error === 'jam') card.badge('bad', '卡纸', 'paper jam');
      else if (state.error !== 'none') card.badge('bad', '切刀故障', 'cutter error');
      else if (state.head === 'hot') card.badge('bad', '打印头过热', 'head too hot');
      else if (state.cover === 'open') card.badge('bad', '上盖打开', 'cover open');
      else if (state.paper.startsWith('out')) card.badge('bad', '缺纸', 'paper out');
      else if (state.printing) card.badge('warn', '正在打印', 'printing');
      else if (state.paper === 'near-end') card.badge('warn', '纸将尽', 'paper near end');
      else if (state.ticket === 'waiting') card.badge('warn', '号票未取', 'ticket not taken');
      else card.badge('', '就绪', 'ready');
      take.hidden = state.ticket !== 'waiting';
      power.set(!off);
      error.set(!off && !state.online);
      paper.set(!off && state.paper !== 'in');
      const jammed = state.error === 'jam';
      cutter.hidden = state.error === 'none';
      cutter.replaceChildren(
        jammed ? words('纸卡在里面', 'paper is stuck inside') : words('切刀卡住', 'the knife is stuck'),
      );
      const out = state.paper.startsWith('out');
      const roll = `${Math.round((40 * state.rollMm) / state.rollFullMm)} ${state.cover} ${out}`;
      if (roll !== rollShown)
        picture.replaceChildren(rollPicture(state.rollMm / state.rollFullMm, state.cover === 'open', out));
      rollShown = roll;
      rollText.replaceChildren(
        out
          ? words('没有纸', 'no paper')
          : words(
              `纸卷 ${(state.rollMm / 1000).toFixed(1)} m`,
              state.cover === 'open' ? 'cover open' : 'roll',
            ),
      );
      if (isOpen !== (state.cover === 'open')) {
        isOpen = state.cover === 'open';
        cover.replaceChildren(isOpen ? words('合上盖', 'Close cover') : words('开盖', 'Open cover'));
      }
      errors.hidden = state.commandErrors.length === 0;
      errors.replaceChildren(
        element('b', {}, `命令错误 ${state.errors} · command errors`),
        ...state.commandErrors
          .slice(-6)
          .reverse()
          .map((one) => element('div', {}, `${one.reason} ${one.hex} @${one.offset}`)),
      );
      plug.update(now);
      faults.update(now);
      strip.update(state);
    },
  };
}
