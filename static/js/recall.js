// Shows the person's own photo where a page mentions it; only the browser tab remembers it.

import { draw, inside, WHOLE } from "./picture.js";
import { marked, recalled, remember } from "./photos.js";

function show({ picture, width, height }, canvas, margins) {
  const [, , across, down] = inside(margins, { width, height });
  [canvas.width, canvas.height] = [across, down]; // first, so that the page does not shift later
  const bytes = Uint8Array.from(atob(picture.split(",")[1]), (one) => one.charCodeAt(0));
  const copy = new Blob([bytes], { type: "image/jpeg" });
  draw(copy, canvas, 1024, margins);
  return copy;
}

// A result says whose photo it was asked with. The server can only guess by where the reader came
// from; a tab that was opened with a shared link remembers that.
const heading = document.querySelector("h1[data-anyones]");

function nameOwner(isMine) {
  const words = isMine ? heading.dataset.mine : heading.dataset.anyones;
  document.title = document.title.replace(heading.textContent, words);
  heading.textContent = words;
}

for (const figure of document.querySelectorAll("[data-own]")) {
  const part = (selector) => figure.querySelector(selector);
  const photo = recalled(figure.dataset.own);
  // After a photo was shared to the installed app its result's address says so, once.
  const handedOver = location.hash === "#mine";
  if (handedOver) history.replaceState(history.state, "", location.pathname + location.search);
  const shared = !handedOver && (photo?.shared ?? heading.textContent === heading.dataset.anyones);
  remember(figure.dataset.own, { url: location.pathname + location.search, shared });
  nameOwner(Boolean(photo?.name) || !shared);
  figure.hidden = !photo?.name;
  part(".mat").hidden = !photo?.picture;
  part(".undrawn").hidden = photo?.picture;
  part("b").textContent = photo?.name;
  part("canvas").ariaLabel = `Your photo, ${photo?.name}`;
  if (photo?.picture) {
    const copy = show(photo, part("canvas"), WHOLE);
    import("./reframe.js").then(({ letMove }) => letMove(figure, photo, copy));
  }
}

for (const step of document.querySelectorAll("[data-photo]")) {
  const photo = marked(step.dataset.photo);
  const words = step.querySelector(".words"); // only a step of the trail has them
  if (photo && words) step.href = photo.url;
  if (photo?.name && words) words.textContent = "Your photo";
  if (!photo?.picture) continue;
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { role: "img", ariaLabel: `Your photo, ${photo.name}` });
  (step.querySelector(".mat") ?? step).replaceChildren(canvas);
  show(photo, canvas, photo.cut ?? WHOLE);
}

// The way back to the result, with all that was chosen there.
for (const way of document.querySelectorAll("[data-back]")) way.href = marked(way.dataset.back)?.url ?? way.href;
