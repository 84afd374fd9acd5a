// The form that asks with a photo, on its page or in the dialog of another: shows the photo first,
// sends it with its progress in view, and goes to the result. Nothing is lost on an error.

import { CropFrame } from "./crop.js";
import { remember } from "./photos.js";
import { draw, reduced } from "./picture.js";
import { Refused, send } from "./sending.js";
import { Line } from "./several.js";

const SHOWN = 1280; // pixels of the longer side, on the page
const KEPT = 640; // and in the tab's memory
const WHOLE = { left: 0, top: 0, right: 0, bottom: 0 };

const form = document.querySelector(".upload");
const dialog = form.closest("dialog");
const part = (selector) => form.querySelector(selector);
const [ways, chooser, picked, stage, canvas] = [".ways", "input", ".picked", ".stage", "canvas"].map(part);
const [failure, button, sending, asked] = [".failure", "[type=submit]", ".sending", ".asked"].map(part);
const [status, far, bar] = [".sending [role=status]", ".far", "progress"].map(part);
const frame = new CropFrame(stage, form);

let photo = null; // the file that is shown
let drawn = false; // whether this browser can show it
let stopper = new AbortController(); // of what is being sent

// Take photos, however they came: one is shown first, several are asked one after another.
export function offer(files) {
  if (!files.length) return;
  stop();
  if (dialog && !dialog.open) dialog.showModal();
  if (files.length > 1) askEach(files);
  else show(files[0]);
}

async function show(file) {
  if (photo) frame.margins = WHOLE;
  [photo, drawn] = [file, false];
  swap(true);
  button.focus({ preventScroll: true });
  const done = await draw(file, canvas, SHOWN);
  if (photo !== file) return; // another one came meanwhile
  drawn = done;
  canvas.setAttribute("aria-label", `Your photo, ${file.name}`);
  [stage.hidden, part(".undrawn").hidden] = [!done, done];
  part(".undrawn b").textContent = file.name;
  picked.scrollIntoView({ block: "nearest" });
}

// Show either the photo or the ways to choose one.
function swap(toPhoto) {
  [ways.hidden, picked.hidden] = [toPhoto, !toPhoto];
  say("");
}

function another() {
  photo = null;
  frame.margins = WHOLE;
  swap(false);
}

async function search() {
  say(photo ? "" : "Choose a photo first.");
  if (!photo) return chooser.focus();
  const [file, body, margins] = [photo, new FormData(form), frame.margins];
  const { signal } = start(`Sending ${file.name || "the photo"}`);
  try {
    const url = await ask(file, drawn && canvas, { signal, onProgress }, body, margins);
    status.textContent = "Opening the result";
    location.assign(url);
  } catch (error) {
    if (stopper.signal === signal) rest();
    if (error instanceof Refused) say(error.message);
    else if (!signal.aborted) throw error;
  }
}

function askEach(files) {
  another();
  asked.hidden = false;
  askLines(files.map((file) => new Line(asked, file, ask, (line) => askLines([line]))));
}

async function askLines(lines) {
  stop();
  const { signal } = start("");
  for (const [number, line] of lines.entries()) {
    status.textContent = `Photo ${number + 1} of ${lines.length}`;
    bar.value = number / lines.length;
    await line.run(signal);
  }
  if (stopper.signal === signal) rest();
}

// Send a photo, keep what was meant of it in this tab, and return where its result is.
async function ask(file, picture, watch, body = new FormData(), margins = WHOLE) {
  body.set("image", file, file.name || "photo");
  const { fingerprint } = await send(form.dataset.api, body, watch);
  const url = new URL(form.action);
  url.searchParams.set("q", fingerprint);
  const seen = picture ? reduced(picture, margins, KEPT) : {};
  remember(fingerprint, { url: url.pathname + url.search, name: file.name, ...seen });
  return url.href;
}

function start(words) {
  stopper = new AbortController();
  status.textContent = words;
  far.textContent = "";
  bar.value = 0;
  [sending.hidden, button.hidden, picked.inert] = [false, true, true];
  part("[data-act=cancel]").focus();
  return stopper;
}

function onProgress(loaded, total) {
  if (loaded < total) {
    bar.value = loaded / total;
    far.textContent = `${(loaded / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`;
  } else if (bar.position >= 0) {
    bar.removeAttribute("value"); // how long the search takes, nobody knows
    far.textContent = "";
    status.textContent = "Looking for bags like it";
  }
}

function rest() {
  [sending.hidden, button.hidden, picked.inert] = [true, false, false];
  (photo ? button : asked.querySelector("a") ?? chooser).focus({ preventScroll: true });
}

function stop() {
  stopper.abort();
  if (!sending.hidden) rest();
}

function say(words) {
  failure.textContent = words;
  failure.hidden = !words;
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
// Back from the result, the page may be as it was left.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
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
  take(); // what was chosen before this script came
}
