// Several photos: a line for each, with its picture, how far it is, and its result or the error.

import { draw } from "./picture.js";
import { Refused } from "./sending.js";

const SHOWN = 640;

export class Line {
  // `ask` sends one photo and returns where its result is; `again` is what the button does.
  constructor(list, file, ask, again) {
    Object.assign(this, { file, ask, again });
    this.canvas = make("canvas", { ariaHidden: "true", width: 1, height: 1 });
    this.state = make("span", { textContent: "Waiting" });
    const line = make("li");
    line.append(this.canvas, make("b", { textContent: file.name }), this.state);
    list.append(line);
  }

  async run(signal) {
    const bar = make("progress", { max: 1, value: 0, ariaLabel: `Sent of ${this.file.name}` });
    this.state.replaceChildren(bar);
    this.drawn ??= draw(this.file, this.canvas, SHOWN);
    const onProgress = (loaded, total) => { bar.value = loaded / total; };
    try {
      const drawn = (await this.drawn) && this.canvas;
      const href = await this.ask(this.file, drawn, { signal, onProgress });
      this.state.replaceChildren(make("a", { href, textContent: "See bags like it" }));
    } catch (error) {
      if (!(error instanceof Refused || signal.aborted)) throw error;
      const retry = make("button", { type: "button", className: "chip", textContent: "Try again" });
      retry.addEventListener("click", () => this.again(this));
      this.state.replaceChildren(error instanceof Refused ? error.message : "Not asked.", " ", retry);
    }
  }
}

function make(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}
