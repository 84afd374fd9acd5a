// The bag clicked on grows into the large picture of its page, and shrinks back on the way back.
// The style sheet asks for that and names the large picture.

let clicked = null;
let renamed = [];

function rename(mat, name) {
  mat.style.viewTransitionName = name;
  renamed.push(mat);
}

// Let the bag move, on the card that leads to an address: the one clicked on, of several.
function move(transition, url) {
  // One that is left out, as the window changes its size, is no fault.
  transition.ready.catch(() => {});
  transition.finished.catch(() => {}).then(forget);
  const cards = [...document.querySelectorAll(".card > a")].filter((card) => card.href === url);
  const mat = (cards.includes(clicked) ? clicked : cards[0])?.querySelector(".mat");
  if (!mat) return;
  // Two pictures of one name would stop it all.
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
  forget(); // what was named when this page was left
  if (viewTransition) move(viewTransition, window.navigation?.activation?.from?.url);
});
