// Photos dropped or pasted, on any page.

const overlay = document.querySelector(".dropping");
let ownDrag = false; // pictures and links of the page itself can be dragged, too

async function take(files) {
  try {
    (await import("./ask.js")).offer(files);
  } catch (error) {
    const failure = document.querySelector(".upload .failure");
    failure.textContent = "The server cannot be reached now. Try again in a moment.";
    failure.hidden = false;
    failure.closest("dialog")?.showModal();
    throw error;
  }
}

function bringsFiles(event) {
  return !ownDrag && event.dataTransfer.types.includes("Files");
}

function cover(shown) {
  if (overlay.hidden !== shown) return;
  overlay.hidden = !shown;
  // A popover lies above an open dialog.
  if (shown) overlay.showPopover?.();
  else overlay.hidePopover?.();
}

addEventListener("dragstart", () => { ownDrag = true; });
addEventListener("dragend", () => { ownDrag = false; });

addEventListener("dragover", (event) => {
  if (!bringsFiles(event)) return;
  event.preventDefault(); // the browser would open the file
  event.dataTransfer.dropEffect = "copy";
  cover(true);
});

addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) cover(false); // out of the window, not from part to part
});

addEventListener("drop", (event) => {
  cover(false);
  if (!bringsFiles(event)) return;
  event.preventDefault();
  take([...event.dataTransfer.files]);
});

// Nothing is dragged any more when keys or the pointer are heard of.
for (const type of ["keydown", "pointermove"]) addEventListener(type, () => cover(false));

addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files];
  const wantsText = event.target.closest?.("input, textarea") && event.clipboardData.types.includes("text/plain");
  if (!files.length || wantsText) return;
  event.preventDefault();
  take(files);
});
