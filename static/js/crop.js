// The frame that says which part of a photo is meant. What it says is in the form's four fields
// of margins, in percent: moving the frame writes them, and typing there moves the frame.

const LEAST = 10; // percent of a side that stay
const OPPOSITE = { left: "right", right: "left", top: "bottom", bottom: "top" };
const SIDES = Object.keys(OPPOSITE);
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const clamp = (value, least, most) => Math.max(least, Math.min(most, value));
const rounded = (percent) => Math.round(percent * 10) / 10;

// Margins after moving some sides, or the whole frame if none is named, by dx and dy percent.
export function moved(start, sides, dx, dy) {
  const after = { ...start };
  if (!sides.length) {
    const across = clamp(dx, -start.left, start.right);
    const down = clamp(dy, -start.top, start.bottom);
    after.left += across;
    after.right -= across;
    after.top += down;
    after.bottom -= down;
  }
  for (const side of sides) {
    const way = { left: dx, right: -dx, top: dy, bottom: -dy }[side];
    after[side] = clamp(start[side] + way, 0, 100 - LEAST - start[OPPOSITE[side]]);
  }
  return after;
}

export class CropFrame {
  constructor(stage, form) {
    this.stage = stage;
    this.frame = stage.querySelector(".frame");
    this.fields = Object.fromEntries(SIDES.map((side) => [side, form.elements[`cut_${side}`]]));
    this.edges = Object.fromEntries(SIDES.map((side) => [side, stage.querySelector(`[data-sides=${side}]`)]));
    for (const field of Object.values(this.fields)) field.addEventListener("input", () => this.show());
    this.frame.addEventListener("pointerdown", (event) => this.drag(event));
    this.frame.addEventListener("keydown", (event) => this.press(event));
    this.show();
  }

  // As numbers; what is no number yet, while it is typed, counts as none.
  get margins() {
    const found = SIDES.map((side) => [side, clamp(Number(this.fields[side].value) || 0, 0, 99.9)]);
    return Object.fromEntries(found);
  }

  set margins(margins) {
    for (const side of SIDES) this.fields[side].value = rounded(margins[side]) || "";
    this.show();
  }

  show() {
    const { margins } = this;
    for (const side of SIDES) {
      const edge = this.edges[side];
      const cut = rounded(margins[side]);
      // Right and up are more on a slider: each edge stands where it is from the left or below.
      edge.setAttribute("aria-valuenow", side === "left" || side === "bottom" ? cut : 100 - cut);
      edge.setAttribute("aria-valuetext", `${cut} % cut off`);
      this.stage.style.setProperty(`--${side}`, `${cut}%`);
    }
    this.frame.classList.toggle("whole", SIDES.every((side) => !margins[side]));
  }

  drag(down) {
    if (down.button !== 0) return;
    const sides = down.target.dataset.sides?.split(" ") ?? [];
    const start = this.margins;
    const box = this.stage.getBoundingClientRect();
    const move = (event) => {
      const dx = ((event.clientX - down.clientX) / box.width) * 100;
      const dy = ((event.clientY - down.clientY) / box.height) * 100;
      this.margins = moved(start, sides, dx, dy);
    };
    const end = () => {
      this.frame.removeEventListener("pointermove", move);
      this.frame.removeEventListener("pointerup", end);
      this.frame.removeEventListener("pointercancel", end);
    };
    this.frame.setPointerCapture(down.pointerId);
    this.frame.addEventListener("pointermove", move);
    this.frame.addEventListener("pointerup", end);
    this.frame.addEventListener("pointercancel", end);
  }

  // One percent a press; Shift moves the whole frame; pages are ten, Home and End all the way.
  press(event) {
    const side = event.target.dataset.sides;
    const lying = side === "left" || side === "right";
    const along = (percent) => (lying ? [percent, 0] : [0, -percent]);
    const far = { PageUp: along(10), PageDown: along(-10), End: along(100), Home: along(-100) }[event.key];
    const by = far ?? ARROWS[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.margins = moved(this.margins, event.shiftKey ? [] : [side], ...by);
  }
}
