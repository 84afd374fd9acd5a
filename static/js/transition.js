// A card's picture grows into the large picture of the item's page, and shrinks on the way back.
// The style sheet switches this on and names the large picture.

let clicked = null;
let renamed = [];

function rename(mat, name) {
  mat.style.viewTransitionName = name;
  renamed.push(mat);
}

// Name the picture of the card that leads to an address; of several, the one that was clicked.
function move(transition, url) {
  // The browser skips a transition when the window changes its size; that is no error.
  transition.ready.catch(() => {});
  transition.finished.catch(() => {}).then(forget);
  const cards = [...document.querySelectorAll(".card > a")].filter((card) => card.href === url);
  const mat = (cards.includes(clicked) ? clicked : cards[0])?.querySelector(".mat");
  if (!mat) return;
  // Two pictures with the same name would cancel the transition.
  for (const large of document.querySelectorAll(".subject .mat")) rename(large, "none");
  rename(mat, "bag");
}

function forget() {
  for (const mat of renamed) mat.style.viewTransitionName = "";
  renamed = [];
}

addEventListener("click", ({ target }) => { clicked = target.closest(".card > a"); }, true);
addEventListener("pageswap", ({ viewTransition, activation }) => {
  if (viewTransition) move(viewTransition, activation?.entry.url);
});
addEventListener("pagereveal", ({ viewTransition }) => {
  forget(); // the names given when this page was left
  if (viewTransition) move(viewTransition, window.navigation?.activation?.from?.url);
});
