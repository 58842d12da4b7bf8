import { svgElement } from './element.js';

function numbers(text) {
  return (text.match(/-?[\d.]+/g) ?? []).map(Number);
}

/** Draws the simulator's own kind of SVG (path, rect, text with a place for each character) on a canvas, with the page's fonts. */
function draw(context, node, fill) {
  const tone = node.getAttribute('fill') ?? fill;
  context.save();
  const transform = node.getAttribute('transform') ?? '';
  const move = /translate\(([^)]*)\)/.exec(transform);
  const scale = /scale\(([^)]*)\)/.exec(transform);
  if (move) context.translate(...numbers(move[1]));
  if (scale) context.scale(...numbers(scale[1]));
  context.fillStyle = tone;
  if (node.tagName === 'path') context.fill(new Path2D(node.getAttribute('d')));
  if (node.tagName === 'rect')
    context.fillRect(...['x', 'y', 'width', 'height'].map((name) => Number(node.getAttribute(name))));
  if (node.tagName === 'text') {
    const family =
      node.getAttribute('class') === 'c'
        ? '"Noto Sans SC", sans-serif'
        : '"DejaVu Sans Mono", Menlo, Consolas, "Noto Sans SC", monospace';
    context.font = `${node.getAttribute('font-weight') ?? 400} ${node.getAttribute('font-size')}px ${family}`;
    context.textAlign = 'center';
    const places = numbers(node.getAttribute('x'));
    for (const [index, sign] of [...node.textContent].entries())
      context.fillText(sign, places[index], Number(node.getAttribute('y')));
  }
  for (const child of node.children) draw(context, child, tone);
  context.restore();
}

/** Makes a PNG of a paper, two points a dot. */
export async function paperPng(svgText) {
  const svg = svgElement(svgText);
  const [, , width, height] = numbers(svg.getAttribute('viewBox'));
  const canvas = document.createElement('canvas');
  canvas.width = width * 2;
  canvas.height = height * 2;
  const context = canvas.getContext('2d');
  context.scale(2, 2);
  await document.fonts.ready;
  draw(context, svg, '#000');
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

export function saveFile(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
