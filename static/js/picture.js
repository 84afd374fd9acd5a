// Draws photos on a canvas, upright and on white, as the server sees them.

// Return whether this browser can draw the photo. Most cannot draw HEIC, which the server can read.
export async function draw(photo, canvas, longest) {
  const bitmap = await createImageBitmap(photo).catch(() => null);
  if (bitmap) paint(canvas, bitmap, [0, 0, bitmap.width, bitmap.height], longest);
  bitmap?.close();
  return Boolean(bitmap);
}

// Return the part of a drawn photo inside the margins, which are in percent, as a small JPEG.
export function reduced({ canvas, margins }, longest) {
  const { left, top, right, bottom } = margins;
  const [across, down] = [canvas.width / 100, canvas.height / 100];
  const small = document.createElement("canvas");
  const part = [left * across, top * down, (100 - left - right) * across, (100 - top - bottom) * down];
  paint(small, canvas, part, longest);
  return { picture: small.toDataURL("image/jpeg", 0.8), width: small.width, height: small.height };
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
