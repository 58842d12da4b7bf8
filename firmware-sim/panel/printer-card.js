import { call, read } from './calls.js';
import { element, svgElement, words } from './element.js';
import { cardHead, faultSwitches, lamp, plugButton, wireView } from './fold-outs.js';
import { paperPng, saveFile } from './paper-picture.js';

const inStrip = 24;

async function paperSvg(id, n) {
  const response = await fetch(`/api/devices/${encodeURIComponent(id)}/papers/${n}.svg`);
  return response.ok ? response.text() : undefined;
}

function showPaper(id, n, svg) {
  const viewer = document.getElementById('viewer');
  const name = `${id}-${n}`;
  viewer.replaceChildren(
    element(
      'div',
      { class: 'viewer-bar' },
      element('h2', {}, words(`第 ${n} 张`, `paper ${n} · ${id}`)),
      element(
        'button',
        { onclick: () => saveFile(new Blob([svg], { type: 'image/svg+xml' }), `${name}.svg`) },
        words('存为', 'SVG'),
      ),
      element(
        'button',
        { onclick: async () => saveFile(await paperPng(svg), `${name}.png`) },
        words('存为', 'PNG'),
      ),
      element('button', { class: 'main', onclick: () => viewer.close() }, words('关闭', 'Close')),
    ),
    element('div', { class: 'viewer-paper' }, svgElement(svg)),
  );
  viewer.showModal();
}

/** A printer: lamps, slot, the paper as it comes out, and everything it has printed. */
export function printerCard(device) {
  const head = cardHead(device, '打印机', `Printer ${device.width} mm`);
  const power = lamp('电源', 'power', 'good');
  const error = lamp('故障', 'error', 'bad');
  const paper = lamp('纸', 'paper', 'warn');
  const bar = element('i');
  const rollText = element('span');
  const outlet = element('div', { class: device.width === 58 ? 'outlet narrow' : 'outlet' });
  const strip = element('div', { class: 'strip' });
  const count = element('small');
  const errors = element('div', { class: 'errors', hidden: true });
  const plug = plugButton(device);
  const faults = faultSwitches(device);
  const wire = wireView(device);
  const load = element(
    'button',
    { onclick: () => void call(device.id, 'load-paper') },
    words('装纸', 'Load paper'),
  );
  const cover = element('button', {
    onclick: () => void call(device.id, open ? 'close-cover' : 'open-cover'),
  });
  const tear = element(
    'button',
    { onclick: () => void call(device.id, 'tear-off') },
    words('撕下', 'Tear off'),
  );
  const take = element(
    'button',
    { onclick: () => void call(device.id, 'take-ticket') },
    words('取走号票', 'Take ticket'),
  );
  let open;
  const known = new Set();
  let lastCut;
  let reading = false;

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

  async function readStrip() {
    if (reading) return;
    reading = true;
    try {
      const papers = await read(`devices/${encodeURIComponent(device.id)}/papers`);
      for (const { n, at } of papers.slice(-inStrip)) {
        if (known.has(n)) continue;
        const svg = await paperSvg(device.id, n);
        if (!svg) continue;
        known.add(n);
        lastCut = svg;
        const thumb = element('div', { class: 'thumb' });
        thumb.append(svgElement(svg));
        const time = at ? new Date(at).toLocaleTimeString('zh-CN', { hour12: false }) : '空白 blank';
        strip.prepend(
          element(
            'button',
            { onclick: () => showPaper(device.id, n, svg), title: `放大 enlarge ${n}` },
            thumb,
            element('b', {}, `№ ${n}`),
            element('span', {}, time),
          ),
        );
      }
      while (strip.children.length > inStrip) strip.lastElementChild.remove();
      if (lastCut && blankNow) hang(lastCut);
    } finally {
      reading = false;
    }
  }
  let blankNow = true;
  nothing();

  return {
    view: element(
      'article',
      { class: 'card' },
      head.view,
      element(
        'div',
        {},
        outlet,
        element('div', { class: 'slot' }),
        element(
          'div',
          { class: 'printer-body' },
          power.view,
          error.view,
          paper.view,
          element('div', { class: 'roll' }, rollText, element('div', { class: 'bar' }, bar)),
        ),
      ),
      element('div', { class: 'buttons' }, plug.view, load, cover, tear, take),
      errors,
      element('div', {}, element('div', { class: 'strip-head' }, element('b', {}, '已出纸'), count), strip),
      faults.view,
      wire.view,
    ),
    wire: wire.add,
    tick() {},
    paper({ svg }) {
      blankNow = !/<(path|text)[^>]*>/.test(svg.slice(svg.indexOf('<g ')));
      if (!blankNow) hang(svg);
      else if (lastCut) hang(lastCut);
    },
    update(now) {
      const { state } = now;
      if (state.power === 'off') head.set('bad', '已断电', 'no power');
      else if (!now.plugged) head.set('bad', '线已拔下', 'unplugged');
      else if (state.error === 'jam') head.set('bad', '卡纸', 'paper jam');
      else if (state.error !== 'none') head.set('bad', '切刀故障', 'cutter error');
      else if (state.head === 'hot') head.set('bad', '打印头过热', 'head too hot');
      else if (state.cover === 'open') head.set('bad', '上盖打开', 'cover open');
      else if (state.paper.startsWith('out')) head.set('bad', '缺纸', 'paper out');
      else if (state.printing) head.set('warn', '正在打印', 'printing');
      else if (state.paper === 'near-end') head.set('warn', '纸将尽', 'paper near end');
      else if (state.ticket === 'waiting') head.set('warn', '号票未取', 'ticket not taken');
      else head.set('', '就绪', 'ready');
      take.hidden = state.ticket !== 'waiting';
      power.set(state.power === 'on');
      error.set(state.power === 'on' && !state.online);
      paper.set(state.power === 'on' && state.paper !== 'in');
      const share = Math.round((100 * state.rollMm) / state.rollFullMm);
      bar.style.width = `${share}%`;
      bar.className = state.paper === 'in' ? '' : 'low';
      rollText.textContent = `纸卷 roll ${(state.rollMm / 1000).toFixed(1)} m`;
      if (open !== (state.cover === 'open')) {
        open = state.cover === 'open';
        cover.replaceChildren(open ? words('合上盖', 'Close cover') : words('开盖', 'Open cover'));
      }
      count.textContent = state.papers
        ? `${state.papers} 张 · ${state.papers} papers, click to enlarge`
        : '还没有 · none yet';
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
      if (state.papers > 0 && !known.has(state.currentPaper - 1)) void readStrip();
    },
  };
}
