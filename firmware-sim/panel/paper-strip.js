import { read } from './calls.js';
import { element, svgElement, words } from './element.js';
import { showPaper } from './paper-viewer.js';

const inStrip = 24;

async function paperSvg(id, n) {
  const response = await fetch(`/api/devices/${encodeURIComponent(id)}/papers/${n}.svg`);
  return response.ok ? response.text() : undefined;
}

/** The papers that a printer has finished, newest first; `onFinished` gets each as SVG. */
export function paperStrip(device, onFinished) {
  const list = element('div', { class: 'strip' });
  const count = element('small');
  const known = new Set();
  let reading = false;
  let wanted = { papers: 0, currentPaper: 1 };

  async function add(n) {
    const [svg, { at }] = await Promise.all([
      paperSvg(device.id, n),
      read(`devices/${encodeURIComponent(device.id)}/papers/${n}`),
    ]);
    if (!svg) return;
    // A picture in the page's eyes: its letters are read in the viewer.
    const thumb = element('div', { class: 'thumb', role: 'img', 'aria-label': `第 ${n} 张 paper ${n}` });
    thumb.append(svgElement(svg));
    const time = at ? new Date(at).toLocaleTimeString('zh-CN', { hour12: false }) : '空白 blank';
    list.prepend(
      element(
        'button',
        { onclick: () => void showPaper(device.id, n) },
        thumb,
        element('b', {}, `№ ${n}`),
        element('span', {}, time),
      ),
    );
    onFinished(svg);
  }
  async function readNew() {
    if (reading) return;
    reading = true;
    try {
      for (;;) {
        const { papers, currentPaper } = wanted;
        const first = currentPaper - Math.min(papers, inStrip);
        const n = Array.from({ length: currentPaper - first }, (_, at) => first + at).find(
          (one) => !known.has(one),
        );
        if (n === undefined) break;
        known.add(n);
        // A paper that has gone meanwhile: two hundred newer ones are there.
        await add(n).catch(() => {});
      }
      while (list.children.length > inStrip) list.lastElementChild.remove();
    } finally {
      reading = false;
    }
  }
  return {
    view: element(
      'div',
      {},
      element('div', { class: 'strip-head' }, element('b', {}, words('已出纸', 'Papers')), count),
      list,
    ),
    update(state) {
      wanted = state;
      count.textContent = state.papers
        ? `${state.papers} 张，点开放大 · click to enlarge`
        : '还没有 · none yet';
      void readNew();
    },
  };
}
