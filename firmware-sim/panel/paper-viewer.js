import { read } from './calls.js';
import { element, svgElement, words } from './element.js';
import { notice } from './notice.js';
import { paperPng, paperWithFonts, saveFile } from './paper-picture.js';

const cuts = { full: '全切 full cut', partial: '半切 partial cut', torn: '撕下 torn' };

/** Opens a paper in the middle of the page: its picture, what it says, and ways to keep both. */
export async function showPaper(id, n) {
  const path = `devices/${encodeURIComponent(id)}/papers/${n}`;
  const viewer = document.getElementById('viewer');
  let paper;
  let svg;
  try {
    paper = await read(path);
    svg = await (await fetch(`/api/${path}.svg`)).text();
  } catch {
    notice(`第 ${n} 张已经不在了 · paper ${n} is there no longer`);
    return;
  }
  const name = `${id}-${n}`;
  const save = (kind, make) =>
    element(
      'button',
      { onclick: async () => saveFile(await make(), `${name}.${kind}`) },
      words('存为', kind.toUpperCase()),
    );
  const copy = element(
    'button',
    {
      async onclick() {
        await navigator.clipboard.writeText(paper.text);
        copy.replaceChildren(words('已复制', 'copied'));
      },
    },
    words('复制文字', 'Copy text'),
  );
  const codes = [
    ...paper.qr.map((data) => ['二维码', 'QR code', data]),
    ...paper.barcodes.map((data) => ['条码', 'Barcode', data]),
  ];
  viewer.replaceChildren(
    element(
      'div',
      { class: 'viewer-bar' },
      element('h2', {}, words(`第 ${n} 张`, `paper ${n} · ${id}`)),
      save('svg', async () => new Blob([await paperWithFonts(svg)], { type: 'image/svg+xml' })),
      save('png', () => paperPng(svg)),
      copy,
      element('button', { class: 'main', onclick: () => viewer.close() }, words('关闭', 'Close')),
    ),
    element(
      'div',
      { class: 'viewer-body' },
      element('div', { class: 'viewer-paper' }, svgElement(svg)),
      element(
        'div',
        { class: 'viewer-text' },
        element(
          'p',
          { class: 'facts' },
          paper.at && element('span', {}, new Date(paper.at).toLocaleString('zh-CN', { hour12: false })),
          element('span', {}, `${Math.round(paper.height / 8)} mm`),
          element('span', {}, cuts[paper.cut] ?? '还挂着 still hanging'),
        ),
        ...codes.map(([zh, en, data]) =>
          element('p', { class: 'code' }, element('b', {}, words(zh, en)), element('code', {}, data)),
        ),
        element('h3', {}, words('文字', 'Text')),
        element('pre', {}, paper.text),
      ),
    ),
  );
  viewer.showModal();
}
