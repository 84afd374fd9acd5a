// Takes photos that are dropped or pasted on any page.

const overlay = document.querySelector(".dropping");
let ownDrag = false; // whether a link or picture of the page itself is being dragged

function cover(shown) {
  if (overlay.hidden !== shown) return;
  overlay.hidden = !shown;
  overlay[shown ? "showPopover" : "hidePopover"]?.(); // a popover lies above an open dialog
}

function take(event, files) {
  event.preventDefault();
  // If the script cannot be loaded, the search page has a form that works without it.
  import("./ask.js").then(({ offer }) => offer([...files]), () => location.assign(document.querySelector(".ask").href));
}

const bringsFiles = (event) => !ownDrag && event.dataTransfer.types.includes("Files");

addEventListener("dragstart", () => { ownDrag = true; });
addEventListener("dragend", () => { ownDrag = false; });
addEventListener("dragover", (event) => {
  if (!bringsFiles(event)) return;
  event.preventDefault(); // else the browser opens the file
  event.dataTransfer.dropEffect = "copy";
  cover(true);
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) cover(false); // the drag has left the window
});
addEventListener("drop", (event) => {
  cover(false);
  if (bringsFiles(event)) take(event, event.dataTransfer.files);
});
// These events never come during a drag, so the drag has ended.
for (const type of ["keydown", "pointermove"]) addEventListener(type, () => cover(false));

addEventListener("paste", (event) => {
  const { files, types } = event.clipboardData;
  const meansText = types.includes("text/plain") && event.target.closest?.("input");
  if (files.length && !meansText) take(event, files);
});
