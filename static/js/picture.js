// A photo drawn on a canvas, upright and on white, as the server sees it.

export async function draw(photo, canvas, longest) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(photo);
  } catch {
    return false; // HEIC, for one, is beyond most browsers, and not beyond the server
  }
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const size = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  paint(canvas, bitmap, [0, 0, bitmap.width, bitmap.height], size);
  bitmap.close();
  return true;
}

// The part of a drawn photo inside margins in percent, as a small JPEG.
export function reduced(canvas, { left, top, right, bottom }, longest) {
  const part = [left, top, 100 - left - right, 100 - top - bottom];
  const [x, y, width, height] = part.map((share, n) => (share / 100) * (n % 2 ? canvas.height : canvas.width));
  const scale = Math.min(1, longest / Math.max(width, height));
  const small = document.createElement("canvas");
  paint(small, canvas, [x, y, width, height], [width, height].map((side) => Math.max(1, Math.round(side * scale))));
  return { picture: small.toDataURL("image/jpeg", 0.8), width: small.width, height: small.height };
}

function paint(canvas, source, part, [width, height]) {
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  pen.drawImage(source, ...part, 0, 0, width, height);
}
