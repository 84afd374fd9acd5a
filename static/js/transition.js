// The bag clicked on grows into the large picture of its page, and shrinks back on the way back.
// The style sheet asks for the transition and names the large picture; nothing happens without.

const NAME = "bag";
let clicked = null;
let renamed = [];

function rename(mat, name) {
  mat.style.viewTransitionName = name;
  renamed.push(mat);
}

function forget() {
  for (const mat of renamed) mat.style.viewTransitionName = "";
  renamed = [];
}

// The card that leads to an address: the one clicked on, of several.
function cardOf(url) {
  const cards = [...document.querySelectorAll(".card > a")].filter((card) => card.href === url);
  return cards.includes(clicked) ? clicked : cards[0];
}

// Two pictures of one name would stop the transition: the large one yields it.
function giveNameTo(card) {
  const mat = card?.querySelector(".mat");
  if (!mat) return;
  for (const large of document.querySelectorAll(".subject .mat")) rename(large, "none");
  rename(mat, NAME);
}

// A transition that is left out, because the window changes its size or so, is no fault.
function calm(transition) {
  transition.ready.catch(() => {});
  transition.finished.catch(() => {}).then(forget);
}

addEventListener("click", (event) => { clicked = event.target.closest(".card > a"); }, true);

addEventListener("pageswap", ({ viewTransition, activation }) => {
  if (!viewTransition) return;
  calm(viewTransition);
  giveNameTo(cardOf(activation?.entry.url));
});

addEventListener("pagereveal", ({ viewTransition }) => {
  forget(); // what was named when this page was left
  if (!viewTransition) return;
  calm(viewTransition);
  giveNameTo(cardOf(window.navigation?.activation?.from?.url));
});
