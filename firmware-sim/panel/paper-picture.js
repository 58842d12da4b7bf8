/** Pictures of papers that stand by themselves: their fonts are in them. */

/** The page's own Chinese font comes in many small files, each for some characters. */
async function fontFaces() {
  const faces = [];
  for (const weight of [400, 700]) {
    const text = await (await fetch(`/fonts/${weight}.css`)).text();
    for (const [, body] of text.matchAll(/@font-face\s*\{([^}]*)\}/g)) {
      const url = /url\(([^)]*\.woff2)\)/.exec(body)?.[1];
      const range = /unicode-range:\s*([^;]*)/.exec(body)?.[1];
      if (url && range)
        faces.push({
          weight,
          url: new URL(url, `${location.origin}/fonts/`).href,
          ranges: readRanges(range),
          range,
        });
    }
  }
  return faces;
}
let allFaces;

function readRanges(text) {
  return text.split(',').map((part) => {
    const [, from, to = from] = /U\+([0-9A-F]+)(?:-([0-9A-F]+))?/i.exec(part.trim()) ?? [];
    return [Number.parseInt(from, 16), Number.parseInt(to, 16)];
  });
}

async function dataUrl(url) {
  const blob = await (await fetch(url)).blob();
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** The SVG with the fonts of its characters as data URLs: it looks the same on every computer. */
export async function paperWithFonts(svgText) {
  const drawing = new DOMParser().parseFromString(svgText, 'image/svg+xml').documentElement;
  const texts = [...drawing.querySelectorAll('text')];
  const used = (weight) =>
    new Set(
      texts
        .filter((text) => Number(text.getAttribute('font-weight') ?? 400) === weight)
        .flatMap((text) => [...text.textContent].map((sign) => sign.codePointAt(0))),
    );
  const signs = { 400: used(400), 700: used(700) };
  allFaces ??= fontFaces();
  const needed = (await allFaces).filter(({ weight, ranges }) =>
    [...signs[weight]].some((sign) => ranges.some(([from, to]) => sign >= from && sign <= to)),
  );
  const rules = await Promise.all(
    needed.map(
      async ({ weight, url, range }) =>
        `@font-face{font-family:"Noto Sans SC";font-weight:${weight};src:url(${await dataUrl(url)}) format("woff2");unicode-range:${range}}`,
    ),
  );
  return svgText.replace('<style>', () => `<style>${rules.join('')}`);
}

/** A PNG of a paper: a point of the picture is a dot of the printer. */
export async function paperPng(svgText) {
  const complete = await paperWithFonts(svgText);
  const [, , width, height] = /viewBox="([^"]*)"/.exec(complete)[1].split(' ').map(Number);
  // In dots: an image has no millimetres.
  const sized = complete.replace(/ width="[^"]*mm" height="[^"]*mm"/, ` width="${width}" height="${height}"`);
  const image = new Image();
  const url = URL.createObjectURL(new Blob([sized], { type: 'image/svg+xml' }));
  try {
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = Math.ceil(width);
    canvas.height = Math.ceil(height);
    canvas.getContext('2d').drawImage(image, 0, 0);
    return await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  } finally {
    URL.revokeObjectURL(url);
  }
}

export function saveFile(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
