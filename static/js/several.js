// One line for each of several photos: the picture, its progress, then its result or the error.

import { draw } from "./picture.js";
import { Refused } from "./sending.js";

const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

// Add a line, and return the function that sends its photo. `resultOf` returns the address of the
// result; `again` is called with that function when the person wants to try once more.
export function addLine(list, file, margins, resultOf, again) {
  const canvas = make("canvas", { ariaHidden: "true", width: 1, height: 1 });
  const state = make("span", { textContent: "Waiting" });
  const line = make("li");
  line.append(canvas, make("b", { textContent: file.name }), state);
  list.append(line);
  return async function run(signal) {
    const bar = make("progress", { max: 1, value: 0, ariaLabel: `Sent of ${file.name}` });
    const onProgress = (loaded, total) => { bar.value = loaded / total; };
    state.replaceChildren(bar);
    try {
      signal.throwIfAborted();
      const drawn = draw(file, canvas, 1280);
      const href = await resultOf(file, { canvas, drawn, margins }, { signal, onProgress });
      state.replaceChildren(make("a", { href, textContent: "See bags like it" }));
    } catch (error) {
      const refused = error instanceof Refused;
      if (!refused && !signal.aborted) throw error;
      const onclick = () => again(run);
      const button = make("button", { type: "button", className: "chip", textContent: "Try again", onclick });
      state.replaceChildren(refused ? error.message : "Not sent.", " ", button);
    }
  };
}
