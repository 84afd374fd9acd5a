// `/` goes to the search; arrows, Home and End go from card to card.

const CARDS = ".grid .card > a, .strip .card > a";

addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const goal = key === "/" ? search(target) : target.matches(CARDS) && neighbour(target, key);
  if (!goal) return;
  event.preventDefault();
  goal.focus();
});

function search(from) {
  if (from.matches("input:not([type=file], [type=checkbox])")) return null;
  const ways = document.querySelectorAll("dialog[open] .upload input, .masthead .ask, main .upload input");
  return [...ways].find((way) => way.checkVisibility({ visibilityProperty: true }));
}

function neighbour(from, key) {
  const row = [...from.closest("ul, ol").querySelectorAll(".card > a")];
  const at = row.indexOf(from);
  if (key === "ArrowUp" || key === "ArrowDown") return inLine(from, key === "ArrowUp" ? -1 : 1);
  return { ArrowLeft: row[at - 1], ArrowRight: row[at + 1], Home: row[0], End: row.at(-1) }[key];
}

// Return the card in the next line above or below that is least far to the side.
function inLine(from, way) {
  const here = from.getBoundingClientRect();
  const half = here.height / 2;
  const others = [...document.querySelectorAll(CARDS)].map((card) => {
    const { top, left } = card.getBoundingClientRect();
    return { card, far: way * (top - here.top), aside: Math.abs(left - here.left) };
  }).filter(({ far }) => far > half);
  const next = Math.min(...others.map(({ far }) => far)) + half;
  return others.filter(({ far }) => far < next).sort((a, b) => a.aside - b.aside)[0]?.card;
}
