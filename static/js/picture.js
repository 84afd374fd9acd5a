// Draws photos on a canvas, upright and on white, as the server sees them.

export const WHOLE = { left: 0, top: 0, right: 0, bottom: 0 };

// Draw the part of a photo inside margins, which are in percent, on a canvas. Return whether this
// browser can draw the photo. Most cannot draw HEIC, which the server can read.
export async function draw(photo, canvas, longest, margins = WHOLE) {
  const bitmap = await createImageBitmap(photo).catch(() => null);
  if (bitmap) paint(canvas, bitmap, inside(margins, bitmap), longest);
  bitmap?.close();
  return Boolean(bitmap);
}

// Return a drawn photo as a small JPEG.
export function reduced(canvas, longest) {
  const small = document.createElement("canvas");
  paint(small, canvas, inside(WHOLE, canvas), longest);
  return { picture: small.toDataURL("image/jpeg", 0.85), width: small.width, height: small.height };
}

// Return the left, the top, the width and the height of what margins leave of a picture.
export function inside({ left, top, right, bottom }, { width, height }) {
  const [across, down] = [width / 100, height / 100];
  return [left * across, top * down, (100 - left - right) * across, (100 - top - bottom) * down];
}

function paint(canvas, source, [x, y, width, height], longest) {
  const scale = Math.min(1, longest / Math.max(width, height));
  [canvas.width, canvas.height] = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(source, x, y, width, height, 0, 0, canvas.width, canvas.height);
}
