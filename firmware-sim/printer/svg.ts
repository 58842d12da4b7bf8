import { type Cell, dotsPerMm, type Paper, type PaperLine } from './paper.ts';

const ink = '#1c1c22';
const white = '#fffdf8';
/** Unprinted margin each side, dots: 80 mm paper has 72 mm of print, 58 mm paper 48 mm. */
const marginDots: Record<number, number> = { 576: 32, 384: 40 };

function escapeXml(text: string) {
  return text.replace(/[&<>"\u0000-\u001f]/g, (sign) =>
    sign === '&' ? '&amp;' : sign === '<' ? '&lt;' : sign === '>' ? '&gt;' : sign === '"' ? '&quot;' : ' ',
  );
}

type TextLine = Extract<PaperLine, { kind: 'text' }>;

/** Cells that look alike and stand side by side, as one <text> whose every character has its own place: columns are exact in any font. */
function drawText(line: TextLine): string {
  if (!line.upsideDown) return drawCells(line, line.cells);
  // Turned about (0, middle of the line): what is drawn at -x - width comes out at x.
  const cells = line.cells.map((cell) => ({ ...cell, x: -cell.x - cell.width }));
  return `<g transform="rotate(180 0 ${line.y + line.height / 2})">${drawCells(line, cells)}</g>`;
}

const alike = ['w', 'h', 'bold', 'inverse', 'width', 'height'] as const;

function drawCells(line: TextLine, cells: Cell[]): string {
  const groups: Cell[][] = [];
  for (const cell of cells) {
    const last = groups[groups.length - 1];
    const first = last?.[0];
    if (first && alike.every((trait) => first[trait] === cell[trait])) last.push(cell);
    else groups.push([cell]);
  }
  return groups.map((group) => drawGroup(line.y + line.height, group)).join('');
}

function drawGroup(foot: number, group: Cell[]): string {
  const [first] = group;
  if (!first) return '';
  const { w, h, bold, inverse, height } = first;
  const shown = group.filter((cell) => cell.char !== ' ');
  const chinese = first.width / w > 12;
  const small = height / h < 24;
  const places = shown.map((cell) => (cell.x + cell.width / 2) / w).join(' ');
  const box = (cell: Cell, y: number, tall: number) =>
    `<rect x="${cell.x}" y="${y}" width="${cell.width}" height="${tall}"/>`;
  const text = shown.length
    ? `<text transform="translate(0 ${foot}) scale(${w} ${h})" x="${places}" y="${small ? -4 : -5}"` +
      ` font-size="${chinese ? 23 : small ? 15 : 20}" class="${chinese ? 'c' : 'a'}"` +
      `${bold ? ' font-weight="700"' : ''}${inverse ? ` fill="${white}"` : ''}>` +
      `${shown.map((cell) => escapeXml(cell.char)).join('')}</text>`
    : '';
  const ground = inverse
    ? `<g shape-rendering="crispEdges">${group.map((cell) => box(cell, foot - height, height)).join('')}</g>`
    : '';
  // White on black has no underline.
  const under = inverse
    ? ''
    : group
        .filter((cell) => cell.underline)
        .map((cell) => box(cell, foot - 2, 2))
        .join('');
  return ground + text + under;
}

/** Runs of dark points in a row, as path steps. */
function runs(row: string, x: number, y: number, width: number, height: number): string {
  return [...row.matchAll(/1+/g)]
    .map(
      (run) => `M${x + run.index * width} ${y}h${run[0].length * width}v${height}h-${run[0].length * width}z`,
    )
    .join('');
}

function binary(hex: string, width: number) {
  return [...hex]
    .map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0'))
    .join('')
    .slice(0, width);
}

function drawLine(line: PaperLine): string {
  switch (line.kind) {
    case 'text':
      return drawText(line);
    case 'qr':
      return `<path d="${line.rows.map((row, y) => runs(row, line.x, line.y + y * line.moduleDots, line.moduleDots, line.moduleDots)).join('')}"/>`;
    case 'barcode':
      return `<path d="${line.bars.map(([x, width]) => `M${x} ${line.y}h${width}v${line.height}h-${width}z`).join('')}"/>`;
    case 'image':
      return `<path d="${line.rows.map((row, y) => runs(binary(row, line.width), line.x, line.y + y * line.scaleY, line.scaleX, line.scaleY)).join('')}"/>`;
  }
}

/** The outline of the paper: a full cut is straight, a partial cut leaves a tab in the middle, a torn edge is rough. */
function outline(paper: Paper, width: number, height: number): string {
  let foot = `L${width} ${height}L0 ${height}`;
  if (paper.cut === 'partial') {
    const middle = width / 2;
    foot = `L${width} ${height}L${middle + 10} ${height}l-3 7l-14 0l-3 -7L0 ${height}`;
  }
  if (paper.cut === 'torn') {
    const teeth = Array.from(
      { length: Math.ceil(width / 16) },
      (_, tooth) =>
        `L${Math.max(0, width - tooth * 16 - 8)} ${height + 7}L${Math.max(0, width - tooth * 16 - 16)} ${height}`,
    );
    foot = `L${width} ${height}${teeth.join('')}`;
  }
  return `M0 0L${width} 0${foot}z`;
}

/** Draws a paper in dots (8 a millimetre), with its margins and its cut edge, as a complete SVG document. */
export function paperSvg(paper: Paper): string {
  const margin = marginDots[paper.width] ?? 32;
  const width = paper.width + 2 * margin;
  const height = Math.max(paper.height, 40);
  const full = height + (paper.cut && paper.cut !== 'full' ? 8 : 0);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${full}" width="${width / dotsPerMm}mm" height="${full / dotsPerMm}mm" role="img" aria-label="paper ${paper.n}">` +
    `<style>text{text-anchor:middle;white-space:pre}.c{font-family:"Noto Sans SC","Source Han Sans SC","Microsoft YaHei",sans-serif}.a{font-family:"DejaVu Sans Mono","Menlo","Consolas","Noto Sans SC",monospace}</style>` +
    `<path d="${outline(paper, width, height)}" fill="${white}"/>` +
    `<g transform="translate(${margin} 0)" fill="${ink}">${paper.lines.map(drawLine).join('')}</g></svg>`
  );
}
