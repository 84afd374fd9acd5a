// On the page that compares kinds: marks the bag under the pointer or the focus in every row.

const main = document.querySelector("main");

function mark(event) {
  const item = event.target.closest?.("[data-item]")?.dataset.item;
  for (const card of main.querySelectorAll(".row [data-item]")) {
    const others = item && card.dataset.item === item;
    card.classList.toggle("joined", Boolean(others));
  }
}

for (const kind of ["pointerover", "focusin", "focusout"]) main.addEventListener(kind, mark);
main.addEventListener("pointerleave", mark);
