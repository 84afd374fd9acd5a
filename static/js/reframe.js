// The frame on a person's own photo, beside its result. Moved there, it searches with that part of the
// photo: the copy in this browser tab is sent, so nothing needs to be chosen again.

import { CropFrame } from "./crop.js";
import { WHOLE } from "./picture.js";
import { resultAt } from "./result.js";
import { Refused } from "./sending.js";

// `photo`: what this tab remembers of it. `copy`: its picture as a file.
export function letMove(figure, photo, copy) {
  const part = (selector) => figure.querySelector(selector);
  const [form, stage, move, status, failure] = ["form", ".stage", ".move", "[role=status]", ".failure"].map(part);
  const frame = new CropFrame(stage, form);
  const before = photo.cut && Object.values(photo.cut).some(Boolean) ? photo.cut : found() ?? WHOLE;
  let stopper = new AbortController();

  function begin() {
    figure.classList.add("moving");
    [move.hidden, failure.hidden] = [true, true];
  }

  function leave() {
    stopper.abort();
    frame.margins = before;
    figure.classList.remove("moving");
    [move.hidden, failure.hidden, form.inert, status.textContent] = [false, true, false, ""];
  }

  async function search() {
    begin();
    stopper = new AbortController();
    const { signal } = stopper;
    const body = new FormData(form);
    body.set("image", copy, photo.name);
    [form.inert, status.textContent] = [true, "Looking at this part"];
    const { name, picture, width, height } = photo;
    const facts = async () => ({ name, picture, width, height, cut: frame.margins });
    try {
      const watch = { signal, onProgress: () => {} };
      location.assign(await resultAt(location.href, form.dataset.fingerprints, body, watch, facts));
    } catch (error) {
      if (signal.aborted) return;
      [form.inert, status.textContent] = [false, ""];
      if (!(error instanceof Refused)) throw error;
      [failure.textContent, failure.hidden] = [error.message, false];
    }
  }

  const acts = { whole: () => { frame.margins = WHOLE; }, leave: () => { leave(); move.focus(); } };
  form.addEventListener("click", ({ target }) => acts[target.dataset.act]?.());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  stage.addEventListener("pointerdown", begin);
  stage.addEventListener("keydown", ({ key }) => { if (key === "Enter") search(); });
  move.addEventListener("click", () => {
    begin();
    stage.querySelector("[role=slider]").focus({ preventScroll: true });
  });
  // The browser's Back may show the page just as it was left, still asking.
  addEventListener("pageshow", ({ persisted }) => { if (persisted) leave(); });

  // The parts that the page names can be searched with at once.
  for (const link of document.querySelectorAll(".taken a")) {
    const sides = new URL(link.href).searchParams;
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const sideOf = (side) => [side, Number(sides.get(`cut_${side}`) ?? 0)];
      frame.margins = Object.fromEntries(Object.keys(WHOLE).map(sideOf));
      search();
    });
  }
  const taken = document.querySelector(".taken");
  if (taken) {
    taken.querySelector(".again").hidden = true;
    const isFramed = before !== photo.cut; // then the frame on the photo says where the bag is
    taken.classList.toggle("framed", isFramed);
    if (isFramed) taken.querySelector(".where").textContent = "what is framed";
  }
  leave();
}

// Return the margins around the largest bag that was found in the photo; the address has it.
function found() {
  const sides = new URLSearchParams(location.search).get("frame")?.split(",").map(Number);
  if (!sides) return null;
  const [x, y, width, height] = sides.map((side) => side * 100);
  return { left: x, top: y, right: Math.max(0, 100 - x - width), bottom: Math.max(0, 100 - y - height) };
}
