/* global document, Image, jsQR */
/** In the browser: draws an SVG document, one point a dot, on a grey desk, and reads the QR code in the picture; null when there is none. */
globalThis.readDrawn = async (source) => {
  const [, , width, height] = /viewBox="([^"]+)"/.exec(source)[1].split(' ').map(Number);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = width + 80;
  canvas.height = height + 80;
  const pen = canvas.getContext('2d');
  pen.fillStyle = '#999';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 40, 40, width, height);
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  return jsQR(data, canvas.width, canvas.height, { inversionAttempts: 'dontInvert' })?.data ?? null;
};
