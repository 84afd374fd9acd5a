// A person's own photo on the page of its result, and in a trail: from the memory of their tab.

import { draw } from "./picture.js";
import { marked, recalled, remember } from "./photos.js";

function show(photo, canvas) {
  // The size at once, so that nothing moves when the pixels come.
  Object.assign(canvas, { width: photo.width, height: photo.height });
  const bytes = Uint8Array.from(atob(photo.picture.split(",")[1]), (one) => one.charCodeAt(0));
  return draw(new Blob([bytes], { type: "image/jpeg" }), canvas, 640);
}

function showOwn(figure) {
  const fingerprint = figure.dataset.own;
  const photo = recalled(fingerprint);
  remember(fingerprint, { url: location.pathname + location.search });
  if (!photo?.name) return;
  const [mat, undrawn] = [figure.querySelector(".mat"), figure.querySelector(".undrawn")];
  figure.hidden = false;
  mat.hidden = !photo.picture;
  undrawn.hidden = Boolean(photo.picture);
  undrawn.querySelector("b").textContent = photo.name;
  if (!photo.picture) return;
  const canvas = mat.querySelector("canvas");
  canvas.setAttribute("aria-label", `Your photo, ${photo.name}`);
  show(photo, canvas);
}

function lead(step) {
  const photo = marked(step.dataset.photo);
  if (!photo?.url) return;
  step.href = photo.url;
  if (!photo.name) return;
  step.lastElementChild.textContent = "Your photo";
  if (!photo.picture) return;
  const canvas = document.createElement("canvas");
  step.firstElementChild.replaceChildren(canvas);
  show(photo, canvas);
}

document.querySelectorAll("[data-own]").forEach(showOwn);
document.querySelectorAll("[data-photo]").forEach(lead);
