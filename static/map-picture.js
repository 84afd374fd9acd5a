// The map's picture: what part of it is seen, moving there smoothly, and the tiles that show it.
// From frame to frame only transforms change.

const CELL = 128; // pixels of a cell at the last level
const TILE = 256;
const EDGE = 12; // pixels left free around the map
const EASE = 70; // milliseconds in which most of a movement is done
const CALM = 120; // milliseconds of standing still before finer tiles are fetched
const KEPT = 300; // tiles of a level, before far ones are let go

export const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

export function make(name, className, parent) {
  const made = document.createElement(name);
  made.className = className;
  parent?.append(made);
  return made;
}

export class Picture {
  // What is seen: the cell in the middle, in cells from the left and top, and how many cells a
  // pixel is wide. A zoom about a point is a straight line in these three numbers.
  seen = { x: 0, y: 0, span: 1 };
  // Where the view is going.
  goal = this.seen;
  width = 0;
  height = 0;
  element = make("div", "view");

  #ground = make("div", "ground", this.element);
  #colours = null;
  #levels = make("div", "levels", this.element);
  #layers = new Map(); // level -> { box, tiles }
  #level = 0;
  #frame = 0;
  #before = 0;
  #settling = 0;
  #wantsCalm = matchMedia("(prefers-reduced-motion: reduce)");

  /**
   * @param {{columns: number, rows: number, last: number, tiles: string, colours: ?string}} about the
   *   last level, the address of the tile 0/0/0, and that of the colours, if any
   * @param {{painted: Function, settled: Function, lost: Function}} tell called after each frame,
   *   when a movement has ended, and when a tile did not come
   */
  constructor(about, tell) {
    this.about = about;
    this.tell = tell;
    // On a dense screen a cell's pixels are spent sooner.
    this.finest = devicePixelRatio > 1 ? 1 / 96 : 1 / CELL;
    if (about.colours) this.#colour(about);
    this.coarsest = Math.min(about.last, 2); // 16 tiles at most, kept below all others
  }

  /** Lay colours under the bags: a picture with a pixel for each cell. */
  #colour({ colours, columns, rows }) {
    this.#colours = new Image(columns, rows);
    Object.assign(this.#colours, { alt: "", className: "colours", src: colours });
    this.#ground.replaceWith(this.#colours);
  }

  /** Begin in the page, at a level around a point, or with the whole map. */
  begin(parent, start) {
    parent.prepend(this.element);
    this.#measure();
    this.#show(this.coarsest);
    const span = start && 2 ** (this.about.last - start.z) / CELL;
    this.go(start ? { ...start, span } : this.whole(), { atOnce: true });
    new ResizeObserver(() => {
      const wasWhole = this.isWhole();
      this.#measure();
      this.go(wasWhole ? this.whole() : this.seen, { atOnce: true });
    }).observe(this.element);
  }

  #measure() {
    ({ width: this.width, height: this.height } = this.element.getBoundingClientRect());
  }

  // --- where ---

  whole() {
    const room = (pixels) => Math.max(pixels - 2 * EDGE, 1);
    const { columns, rows } = this.about;
    const span = Math.max(columns / room(this.width), rows / room(this.height), this.finest);
    return { x: columns / 2, y: rows / 2, span };
  }

  isWhole() {
    return this.seen.span >= this.whole().span * 0.999;
  }

  isFinest() {
    return this.seen.span <= this.finest * 1.001;
  }

  /** The seen level, between two of the pyramid's. */
  get z() {
    return this.about.last - Math.log2(CELL * this.seen.span);
  }

  #within({ x, y, span }) {
    const bounded = clamp(span, this.finest, this.whole().span);
    const inside = (middle, cells, pixels) => {
      const half = (pixels / 2 - EDGE) * bounded;
      return 2 * half >= cells ? cells / 2 : clamp(middle, half, cells - half);
    };
    return {
      x: inside(x, this.about.columns, this.width),
      y: inside(y, this.about.rows, this.height),
      span: bounded,
    };
  }

  /** Where on the map, in cells, a pointer is. */
  at({ clientX, clientY }) {
    const [right, down] = this.#fromMiddle(clientX, clientY);
    return { x: this.seen.x + right * this.seen.span, y: this.seen.y + down * this.seen.span };
  }

  #fromMiddle(clientX, clientY) {
    const box = this.element.getBoundingClientRect();
    return [clientX - box.left - this.width / 2, clientY - box.top - this.height / 2];
  }

  // --- moving ---

  go(where, { atOnce = false } = {}) {
    this.goal = this.#within(where);
    if (atOnce || this.#wantsCalm.matches) this.seen = this.goal;
    this.#settleLater();
    if (this.#frame) return;
    this.#before = performance.now();
    this.#frame = requestAnimationFrame((now) => this.#step(now));
  }

  zoom(factor, { x, y }) {
    const span = clamp(this.goal.span / factor, this.finest, this.whole().span);
    const ratio = span / this.goal.span;
    this.go({ x: x + (this.goal.x - x) * ratio, y: y + (this.goal.y - y) * ratio, span });
  }

  /** Have a place of the map under a pointer, now; `closer` times as large as it was. */
  drag({ x, y }, { clientX, clientY }, closer) {
    const span = clamp(this.seen.span / closer, this.finest, this.whole().span);
    const [right, down] = this.#fromMiddle(clientX, clientY);
    this.go({ x: x - right * span, y: y - down * span, span }, { atOnce: true });
  }

  /** Let go at a speed, in pixels a millisecond. */
  glide({ x, y }) {
    if (this.#wantsCalm.matches) return;
    const far = 2 * EASE * this.seen.span;
    this.go({ ...this.seen, x: this.seen.x - x * far, y: this.seen.y - y * far });
  }

  #step(now) {
    this.#frame = 0;
    const part = 1 - Math.exp(-Math.max(now - this.#before, 1) / EASE);
    this.#before = now;
    const { seen, goal } = this;
    const far = Math.hypot(goal.x - seen.x, goal.y - seen.y) > seen.span / 2;
    if (far || Math.abs(goal.span - seen.span) > seen.span * 0.002) {
      const toward = (name) => seen[name] + (goal[name] - seen[name]) * part;
      this.seen = { x: toward("x"), y: toward("y"), span: toward("span") };
      this.#frame = requestAnimationFrame((next) => this.#step(next));
    } else {
      this.seen = goal;
    }
    this.paint();
  }

  #settleLater() {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      if (this.#frame) {
        this.#settleLater();
        return;
      }
      this.#show(this.#levelFor(this.seen.span));
      this.paint();
      this.tell.settled();
    }, CALM);
  }

  // --- showing ---

  #levelFor(span) {
    const wanted = this.about.last - Math.log2((CELL * span) / Math.min(devicePixelRatio, 2));
    return clamp(Math.ceil(wanted - 0.1), 0, this.about.last);
  }

  #show(level) {
    this.#level = level;
    if (this.#layers.has(level)) return;
    const box = document.createElement("div");
    box.className = "level";
    const finer = [...this.#layers.keys()].filter((other) => other > level);
    const above = finer.length ? this.#layers.get(Math.min(...finer)).box : null;
    this.#levels.insertBefore(box, above);
    this.#layers.set(level, { box, tiles: new Map() });
  }

  paint() {
    const { columns, rows, last } = this.about;
    const size = 1 / this.seen.span;
    const left = this.width / 2 - this.seen.x * size;
    const top = this.height / 2 - this.seen.y * size;
    // In motion a level serves until it is far too coarse or too fine.
    const level = this.#levelFor(this.seen.span);
    if (Math.abs(level - this.#level) > 1) this.#show(level);
    const place = `translate3d(${left}px, ${top}px, 0)`;
    this.#ground.style.transform = `${place} scale(${columns * size}, ${rows * size})`;
    if (this.#colours) this.#colours.style.transform = `${place} scale(${size})`;
    for (const [number, { box }] of this.#layers) {
      box.style.transform = `${place} scale(${(size / CELL) * 2 ** (last - number)})`;
    }
    this.#fetch();
    this.tell.painted(left, top, size);
  }

  /** Fetch the tiles in sight; once all are there, those of other levels may go. */
  #fetch() {
    const { box, tiles } = this.#layers.get(this.#level);
    const { from, to } = this.#inSight();
    let complete = true;
    for (let y = from.y; y <= to.y; y++) {
      for (let x = from.x; x <= to.x; x++) {
        const name = `${this.#level}/${x}/${y}`;
        if (!tiles.has(name)) tiles.set(name, this.#load(name, box, x, y));
        complete &&= tiles.get(name).there;
      }
    }
    if (complete) this.#forgetOthers();
    if (tiles.size > KEPT) forgetFar(tiles, from, to);
  }

  #inSight() {
    const cells = 2 ** (this.about.last - this.#level) * (TILE / CELL); // each way of a tile
    const end = (side) => {
      const tile = (middle, pixels, all) => {
        const edge = middle + (side * pixels * this.seen.span) / 2;
        return clamp(Math.floor(edge / cells), 0, Math.ceil(all / cells) - 1);
      };
      return {
        x: tile(this.seen.x, this.width, this.about.columns),
        y: tile(this.seen.y, this.height, this.about.rows),
      };
    };
    return { from: end(-1), to: end(1) };
  }

  #load(name, box, x, y) {
    const image = new Image(TILE, TILE);
    const tile = { image, x, y, there: false };
    image.alt = "";
    image.style.left = `${x * TILE}px`;
    image.style.top = `${y * TILE}px`;
    image.src = this.about.tiles.replace("/0/0/0.webp", `/${name}.webp`);
    image.decode().then(() => {
      box.append(image);
      tile.there = true;
      if (!this.#frame) this.#fetch();
    }, this.tell.lost);
    return tile;
  }

  #forgetOthers() {
    for (const [level, { box }] of this.#layers) {
      if (level === this.#level || level <= this.coarsest) continue;
      box.remove();
      this.#layers.delete(level);
    }
  }
}

function forgetFar(tiles, from, to) {
  for (const [name, { image, x, y }] of tiles) {
    if (x > from.x - 4 && x < to.x + 4 && y > from.y - 4 && y < to.y + 4) continue;
    image.remove();
    tiles.delete(name);
  }
}
