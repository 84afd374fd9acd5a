// The frame around the part of a photo to search with. The form has a field for each margin, in
// percent: moving the frame writes the fields, and typing in a field moves the frame.

const AXES = [["left", "right"], ["top", "bottom"]];
const SIDES = AXES.flat();
const LEAST = 10; // percent of a side that the frame always keeps
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STEPS = { PageUp: 10, PageDown: -10, End: 100, Home: -100 };
const clamp = (value, least, most) => Math.max(least, Math.min(most, value));

// Return the margins after some sides were moved, or the whole frame if no side is named. `by` is
// the distance on each axis, in percent.
function moved(start, sides, by) {
  const after = { ...start };
  AXES.forEach(([near, far], axis) => {
    if (!sides.length) {
      const all = clamp(by[axis], -start[near], start[far]);
      after[near] += all;
      after[far] -= all;
    }
    const most = 100 - LEAST;
    if (sides.includes(near)) after[near] = clamp(start[near] + by[axis], 0, most - start[far]);
    if (sides.includes(far)) after[far] = clamp(start[far] - by[axis], 0, most - start[near]);
  });
  return after;
}

export class CropFrame {
  constructor(stage, { elements }) {
    const frame = stage.querySelector(".frame");
    this.stage = stage;
    this.fields = Object.fromEntries(SIDES.map((side) => [side, elements[`cut_${side}`]]));
    for (const side of SIDES) this.fields[side].addEventListener("input", () => this.show());
    frame.addEventListener("keydown", (event) => this.press(event));
    let held = null;
    frame.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      frame.setPointerCapture(event.pointerId);
      held = { x: event.clientX, y: event.clientY, sides: sidesOf(event), start: this.margins };
    });
    frame.addEventListener("pointermove", ({ clientX, clientY }) => {
      if (!held) return;
      const { width, height } = stage.getBoundingClientRect();
      const by = [(clientX - held.x) / width, (clientY - held.y) / height];
      this.margins = moved(held.start, held.sides, by.map((share) => share * 100));
    });
    frame.addEventListener("lostpointercapture", () => { held = null; });
    this.show();
  }

  // Text that is no number, such as one half typed, counts as no margin.
  get margins() {
    return Object.fromEntries(SIDES.map((side) => [side, clamp(Number(this.fields[side].value) || 0, 0, 99.9)]));
  }

  set margins(margins) {
    for (const side of SIDES) this.fields[side].value = Math.round(margins[side] * 10) / 10 || "";
    this.show();
  }

  show() {
    const { margins, stage } = this;
    for (const side of SIDES) {
      const edge = stage.querySelector(`[data-sides=${side}]`);
      // A slider's value grows to the right and upward, so it counts from the left or from below.
      edge.ariaValueNow = side === "left" || side === "bottom" ? margins[side] : 100 - margins[side];
      edge.ariaValueText = `${margins[side]} % cut off`;
      stage.style.setProperty(`--${side}`, `${margins[side]}%`);
    }
    stage.classList.toggle("whole", SIDES.every((side) => !margins[side]));
  }

  // An arrow key moves an edge by 1 %, a page key by 10 %, Home and End to its end. With Shift the
  // whole frame moves.
  press(event) {
    const [side] = sidesOf(event);
    const step = STEPS[event.key];
    const by = step ? (AXES[0].includes(side) ? [step, 0] : [0, -step]) : ARROWS[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.margins = moved(this.margins, event.shiftKey ? [] : [side], by);
  }
}

const sidesOf = ({ target }) => target.dataset.sides?.split(" ") ?? [];
