// Photos dropped or pasted, on any page.

const overlay = document.querySelector(".dropping");
let ownDrag = false; // links and pictures of the page can be dragged, too

function cover(shown) {
  if (overlay.hidden !== shown) return;
  overlay.hidden = !shown;
  overlay[shown ? "showPopover" : "hidePopover"]?.(); // above an open dialog, too
}

function take(event, files) {
  event.preventDefault();
  // Where the script cannot be had, the search's own page says so or works without.
  import("./ask.js").then(({ offer }) => offer([...files]), () => location.assign(document.querySelector(".ask").href));
}

const bringsFiles = (event) => !ownDrag && event.dataTransfer.types.includes("Files");

addEventListener("dragstart", () => { ownDrag = true; });
addEventListener("dragend", () => { ownDrag = false; });
addEventListener("dragover", (event) => {
  if (!bringsFiles(event)) return;
  event.preventDefault(); // the browser would open the file
  event.dataTransfer.dropEffect = "copy";
  cover(true);
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) cover(false); // out of the window
});
addEventListener("drop", (event) => {
  cover(false);
  if (bringsFiles(event)) take(event, event.dataTransfer.files);
});
// Whoever types or points drags no more.
for (const type of ["keydown", "pointermove"]) addEventListener(type, () => cover(false));

addEventListener("paste", (event) => {
  const { files, types } = event.clipboardData;
  const meansText = types.includes("text/plain") && event.target.closest?.("input");
  if (files.length && !meansText) take(event, files);
});
