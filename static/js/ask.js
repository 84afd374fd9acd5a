// The form that searches with a photo, on its own page or in the dialog of any other page. It shows
// the photo, sends it for its fingerprint with the progress in view, and opens the result of that
// fingerprint. After an error the photo and its frame are still there.

import { CropFrame } from "./crop.js";
import { draw, reduced, WHOLE } from "./picture.js";
import { resultAt } from "./result.js";
import { Refused } from "./sending.js";
import { addLine } from "./several.js";

const KEPT_PIXELS = 1024; // the longer side of the copy: a part of it still says enough

const form = document.querySelector(".upload");
const dialog = form.closest("dialog");
const part = (selector) => form.querySelector(selector);
const [ways, chooser, picked, stage, canvas] = [".ways", "input", ".picked", ".stage", "canvas"].map(part);
const [failure, button, sending, asked] = [".failure", "[type=submit]", ".sending", ".asked"].map(part);
const [status, far, bar] = ["[role=status]", ".far", "progress"].map(part);
const frame = new CropFrame(stage, form);

// A page with the dialog has not loaded its style yet. It goes before the sheet of all pages, whose
// rules for fingers and forced colours must come last.
const sheets = dialog?.dataset.sheets.split(" ") ?? [];
await Promise.all(sheets.map((href) => new Promise((resolve, reject) => {
  const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  sheet.addEventListener("load", resolve);
  sheet.addEventListener("error", reject);
  document.querySelector("link[rel=stylesheet]").before(sheet);
})));

let photo = null; // the file that is shown
let drawn = null; // a promise that says whether this browser can show it
let stopper = new AbortController(); // stops the sending
const queue = []; // one function for each of several photos; the first one is running

// Take the photos that were chosen, dropped or pasted. One is shown first; several are sent one
// after another.
export function offer(files) {
  if (!files.length) return;
  if (files.length === 1) stop();
  if (dialog && !dialog.open) dialog.showModal();
  if (files.length > 1) askEach(files);
  else show(files[0]);
}

async function show(file) {
  if (photo) frame.margins = WHOLE;
  [photo, drawn] = [file, draw(file, canvas, 1280)];
  swap();
  button.focus({ preventScroll: true });
  const done = await drawn;
  if (photo !== file) return; // another photo was chosen meanwhile
  canvas.ariaLabel = `Your photo, ${file.name}`;
  [stage.hidden, part(".undrawn").hidden] = [!done, done];
  part(".undrawn b").textContent = file.name;
  picked.scrollIntoView({ block: "nearest" });
}

// Show either the photo or the ways to choose one.
function swap() {
  [ways.hidden, picked.hidden, button.hidden] = [photo, !photo, !photo && !asked.hidden];
  say("");
}

function another() {
  photo = null;
  frame.margins = WHOLE;
  swap();
}

async function search() {
  say(photo ? "" : "Choose a photo first.");
  if (!photo) return chooser.focus();
  const seen = { canvas, drawn, margins: frame.margins };
  const body = new FormData(form);
  const { signal } = start(`Sending ${photo.name}`);
  try {
    location.assign(await resultOf(photo, seen, { signal, onProgress }, body));
    status.textContent = "Opening the result";
  } catch (error) {
    if (stopper.signal === signal) rest();
    if (error instanceof Refused) say(error.message);
    else if (!signal.aborted) throw error;
  }
}

function askEach(files) {
  asked.hidden = false;
  another();
  enqueue(files.map((file) => addLine(asked, file, WHOLE, resultOf, (again) => enqueue([again]))));
}

async function enqueue(more) {
  queue.push(...more);
  if (queue.length > more.length) return; // the running loop below will reach them
  const { signal } = start("");
  for (let done = 0; queue.length; done += 1) {
    const all = done + queue.length;
    status.textContent = `Photo ${done + 1} of ${all}`;
    bar.value = done / all;
    await queue[0](signal);
    queue.shift();
  }
  if (stopper.signal === signal) rest();
}

// Send a photo for its fingerprint, remember the photo and its margins, return its result's address.
function resultOf(file, seen, watch, body = new FormData()) {
  body.set("image", file, file.name);
  return resultAt(form.action, form.dataset.fingerprints, body, watch, async () => {
    const small = await seen.drawn && reduced(seen.canvas, KEPT_PIXELS);
    return { name: file.name, cut: seen.margins, ...small };
  });
}

function start(words) {
  stopper = new AbortController();
  [status.textContent, far.textContent, bar.value] = [words, "", 0];
  [sending.hidden, button.hidden, picked.inert] = [false, true, true];
  part("[data-act=cancel]").focus();
  return stopper;
}

function onProgress(loaded, total) {
  const [sent, all] = [loaded, total].map((bytes) => (bytes / 1e6).toFixed(1));
  bar.value = loaded / total;
  far.textContent = `${sent} of ${all} MB`;
  if (loaded === total) status.textContent = "Reading the photo";
}

function rest() {
  [sending.hidden, button.hidden, picked.inert] = [true, !photo && !asked.hidden, false];
  (photo ? button : asked.querySelector("a") ?? chooser).focus({ preventScroll: true });
}

function stop() {
  stopper.abort();
  if (!sending.hidden) rest();
}

function say(words) {
  [failure.textContent, failure.hidden] = [words, !words];
}

const acts = {
  whole: () => { frame.margins = WHOLE; },
  another: () => { another(); chooser.focus(); },
  cancel: stop,
  close: () => dialog.close(),
};

(dialog ?? form).addEventListener("click", ({ target }) => acts[target.dataset.act]?.());
dialog?.addEventListener("close", stop);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  search();
});
// The browser's Back may show the page just as it was left, still sending.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  stop();
  dialog?.close();
});

chooser.multiple = true;
for (const input of form.querySelectorAll("[type=file]")) {
  const take = () => {
    const files = [...input.files];
    input.value = ""; // the same one can be chosen again
    offer(files);
  };
  input.addEventListener("change", take);
  take(); // a photo may have been chosen before this script was loaded
}
