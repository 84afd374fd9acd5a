// The map under the hand: drag, zoom, click, keys. The page works without this script.

const map = document.getElementById("map");
const told = map.dataset;
const { Picture, clamp, make } = await import(told.picture);

const BLOCK = 8; // cells each way whose captions come together
const SLOP = 5; // pixels a click may wander
const PATIENCE = 250; // milliseconds in which a second click may follow
const FINGERTIP = 44; // pixels: what is smaller is hard to hit
const NEARER = 64; // pixels: how large a tap makes what was smaller, eight times as large at most
const LOST = "Parts of the map did not load: reload the page to see it as it is now";

const columns = Number(told.columns);
const count = Number(told.count);
const rows = Math.ceil(count / columns);
const caption = make("p", "caption");
caption.setAttribute("aria-live", "polite");

const picture = new Picture(
  { columns, rows, last: Number(told.last), tiles: told.tiles, colours: told.colours },
  { painted: placeLink, settled: remember, lost: () => say(LOST) },
);
const view = picture.element;

// --- the chosen bag: a link that lies over its cell ---

const link = make("a", "cell", view);
link.draggable = false;
link.setAttribute("aria-describedby", "map-keys");
const captions = new Map();
let ids = [];
let chosen = 0;

const placeOf = (cell) => ({ column: cell % columns, row: Math.floor(cell / columns) });
const cellNear = ({ x, y }) => Math.min(Math.floor(y) * columns + Math.floor(x), count - 1);

function placeLink(left, top, size) {
  const { column, row } = placeOf(chosen);
  link.style.transform = `translate3d(${left + column * size}px, ${top + row * size}px, 0)`;
  link.style.width = link.style.height = `${size}px`;
}

/** Choose what is under a pointer; false where there is nothing. */
function choose({ x, y }) {
  const exists = x >= 0 && x < columns && y >= 0 && Math.floor(y) * columns + x < count;
  const fresh = !link.classList.contains("shown");
  link.classList.toggle("shown", exists);
  if (!exists) say();
  else if (fresh || cellNear({ x, y }) !== chosen) take(cellNear({ x, y }));
  return exists;
}

function take(cell) {
  chosen = cell;
  if (ids[cell]) {
    link.href = told.item.replace("/items/0", `/items/${ids[cell]}`);
    link.ariaLabel ||= "A bag"; // until its name has come
  }
  picture.paint();
  describe(cell);
}

async function describe(cell) {
  const { column, row } = placeOf(cell);
  const name = `${Math.floor(column / BLOCK)}-${Math.floor(row / BLOCK)}`;
  if (!captions.has(name)) captions.set(name, ask(told.captions.replace("/0-0.", `/${name}.`)));
  const block = await captions.get(name);
  if (cell !== chosen || !block) return;
  const words = (block[cell] ?? ["No longer in the catalogue"]).filter(Boolean);
  if (link.href) link.ariaLabel = words.join(", "); // without an address it is no link
  if (grip.byFinger && block[cell]) words.push("Tap again to see it");
  if (link.matches(".shown, :focus-visible")) say(...words);
}

function say(name, ...more) {
  caption.replaceChildren();
  if (name) make("b", "", caption).textContent = name;
  for (const words of more) make("span", "", caption).textContent = words;
}

/** Ask the server; null, and a word about it, if it does not answer. */
async function ask(address) {
  const answer = await fetch(address).catch(() => null);
  if (answer?.ok) return answer.json();
  say(LOST);
  return null;
}

// --- the address: going back returns to what was seen ---

let remembered = "";

function inWords() {
  const { x, y } = picture.seen;
  return `x=${x.toFixed(2)}&y=${y.toFixed(2)}&z=${picture.z.toFixed(3)}`;
}

function remember() {
  if (inWords() === remembered) return;
  remembered = inWords();
  const address = new URL(location.href);
  for (const name of ["x", "y", "z", "item"]) address.searchParams.delete(name);
  const now = picture.isWhole() ? [] : new URLSearchParams(remembered);
  for (const [name, value] of now) address.searchParams.set(name, value);
  history.replaceState(null, "", address);
  for (const choice of document.querySelectorAll(".colour-by .chip")) {
    const there = new URL(choice.href);
    for (const name of ["x", "y", "z", "item"]) there.searchParams.delete(name);
    for (const [name, value] of now) there.searchParams.set(name, value);
    choice.href = there;
  }
}

// --- fingers and mice ---

const pointers = new Map();
let grip = { moved: false };
let opening = 0;

function middle() {
  const [one, other = one] = pointers.values();
  return {
    clientX: (one.clientX + other.clientX) / 2,
    clientY: (one.clientY + other.clientY) / 2,
    apart: Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY),
  };
}

view.addEventListener("pointerdown", (event) => {
  if (event.button || pointers.size === 2) return;
  pointers.set(event.pointerId, event);
  const moved = pointers.size > 1; // what two fingers do is never a click
  const byFinger = event.pointerType !== "mouse";
  grip = { ...middle(), moved, byFinger, speed: { x: 0, y: 0 }, at: event.timeStamp };
  if (moved) hold();
  picture.go(picture.seen, { atOnce: true });
});

view.addEventListener("pointermove", (event) => {
  if (!pointers.has(event.pointerId)) {
    if (event.pointerType === "mouse") choose(picture.at(event));
    return;
  }
  pointers.set(event.pointerId, event);
  const now = middle();
  const [right, down] = [now.clientX - grip.clientX, now.clientY - grip.clientY];
  if (!grip.moved && Math.hypot(right, down) < SLOP) return;
  if (!grip.moved) hold();
  const passed = Math.max(event.timeStamp - grip.at, 1);
  picture.drag(picture.at(grip), now, grip.apart ? now.apart / grip.apart : 1);
  const speed = { x: right / passed, y: down / passed };
  grip = { ...grip, ...now, moved: true, speed, at: event.timeStamp };
});

function hold() {
  for (const id of pointers.keys()) view.setPointerCapture(id);
  view.classList.add("held");
  link.classList.remove("shown");
  say();
}

function release(event) {
  if (!pointers.delete(event.pointerId)) return;
  if (pointers.size) {
    grip = { ...grip, ...middle() };
    return;
  }
  view.classList.remove("held");
  if (grip.moved && event.timeStamp - grip.at < 60) picture.glide(grip.speed);
}

view.addEventListener("pointerup", release);
view.addEventListener("pointercancel", release);
view.addEventListener("pointerleave", (event) => {
  // A finger leaves with every tap; what it has named stays named.
  if (event.pointerType !== "mouse" || pointers.has(event.pointerId) || link.matches(":focus-visible")) return;
  link.classList.remove("shown");
  say();
});

const wheeled = (event) => {
  event.preventDefault();
  const pixels = event.deltaY * (event.deltaMode ? 30 : 1) * (event.ctrlKey ? 4 : 1);
  picture.zoom(Math.exp(-clamp(pixels, -240, 240) / 400), picture.at(event));
};
view.addEventListener("wheel", wheeled, { passive: false });

const wantsTab = (event) => event.ctrlKey || event.metaKey || event.shiftKey;

/** A finger cannot rest on a bag to learn its name: its first tap names it, nearer if it is small. */
function nameFirst(place, wasNamed) {
  if (wasNamed) return false;
  const size = 1 / picture.goal.span;
  if (size < FINGERTIP) picture.zoom(Math.min(NEARER / size, 8), place);
  return true;
}

view.addEventListener("click", (event) => {
  clearTimeout(opening);
  const byKey = event.detail === 0;
  if (wantsTab(event) && !grip.moved) return; // the browser follows the link
  event.preventDefault();
  const place = picture.at(event);
  const wasNamed = link.classList.contains("shown") && cellNear(place) === chosen;
  if (!byKey && (grip.moved || !choose(place))) return;
  const byFinger = !byKey && grip.byFinger;
  if (byFinger && nameFirst(place, wasNamed)) return;
  // A second click would mean: closer.
  const wait = byKey || byFinger || picture.isFinest() ? 0 : PATIENCE;
  opening = setTimeout(() => link.href && location.assign(link.href), wait);
});

view.addEventListener("dblclick", (event) => {
  if (grip.byFinger) return; // the second tap opens
  clearTimeout(opening);
  picture.zoom(2, picture.at(event));
});

// --- keys and buttons ---

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STEERED = {
  in: (about) => picture.zoom(2, about),
  out: (about) => picture.zoom(0.5, about),
  whole: () => picture.go(picture.whole()),
};
const KEYS = { "+": STEERED.in, "=": STEERED.in, "-": STEERED.out, Home: STEERED.whole };

map.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { column, row } = placeOf(chosen);
  const onLink = event.target === link;
  if (event.key in KEYS) KEYS[event.key](onLink ? { x: column + 0.5, y: row + 0.5 } : picture.goal);
  else if (event.key in STEPS && onLink) walk(...STEPS[event.key]);
  else return;
  event.preventDefault();
});

function walk(right, down) {
  const { column, row } = placeOf(chosen);
  const far = Math.max(1, Math.round(32 * picture.goal.span)); // small cells, several at a time
  const x = clamp(column + right * far, 0, columns - 1);
  const y = clamp(row + down * far, 0, rows - 1);
  take(cellNear({ x, y }));
  follow();
}

/** Keep the chosen cell well inside the view. */
function follow() {
  const { column, row } = placeOf(chosen);
  const near = (middle, cell, pixels) => {
    const room = Math.max((pixels * picture.goal.span) / 2 - 1.5, 0) * 0.8;
    return clamp(middle, cell + 0.5 - room, cell + 0.5 + room);
  };
  const { x, y, span } = picture.goal;
  picture.go({ x: near(x, column, picture.width), y: near(y, row, picture.height), span });
}

function isInView() {
  const { column, row } = placeOf(chosen);
  const { x, y, span } = picture.goal;
  const inside = (middle, cell, pixels) => Math.abs(cell + 0.5 - middle) < (pixels * span) / 2;
  return inside(x, column, picture.width) && inside(y, row, picture.height);
}

link.addEventListener("focus", () => {
  if (!link.matches(":focus-visible")) return;
  take(isInView() ? chosen : cellNear(picture.goal));
  follow();
});
link.addEventListener("blur", () => {
  if (!link.classList.contains("shown")) say();
});

const steering = map.querySelector(".steer");
for (const idle of steering.querySelectorAll("a:not([href])")) idle.href = "#map";
steering.addEventListener("click", (event) => {
  const asked = event.target.closest("a");
  if (!asked || wantsTab(event)) return;
  event.preventDefault();
  STEERED[asked.dataset.steer]?.(picture.goal);
});

// --- beginning ---

map.querySelector(".window").remove();
map.classList.add("live");
picture.begin(map, told.z && { x: Number(told.x), y: Number(told.y), z: Number(told.z) });
remembered = inWords();
view.after(caption);
chosen = told.chosen ? Number(told.chosen) : cellNear(picture.seen);
link.classList.toggle("shown", Boolean(told.chosen));
ids = (await ask(told.cells))?.ids ?? [];
take(chosen);
