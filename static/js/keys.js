// Keys: `/` goes to the search, arrows, Home and End go from card to card.

const CARDS = ".grid .card > a, .strip .card > a";

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const goal = event.key === "/" ? search(event.target) : neighbour(event.target, event.key);
  if (!goal) return;
  event.preventDefault();
  goal.focus();
});

function search(from) {
  if (from.closest("input:not([type=file], [type=checkbox]), textarea, select, [contenteditable]")) return null;
  const ways = document.querySelectorAll("dialog[open] .upload input, .masthead .ask, main .upload input");
  return [...ways].find((way) => way.checkVisibility({ visibilityProperty: true }));
}

function neighbour(from, key) {
  if (!from.matches(CARDS)) return null;
  const row = [...from.closest("ul, ol").querySelectorAll(".card > a")];
  const at = row.indexOf(from);
  switch (key) {
    case "ArrowLeft": return row[at - 1];
    case "ArrowRight": return row[at + 1];
    case "Home": return row[0];
    case "End": return row.at(-1);
    case "ArrowUp": return inLine(from, -1);
    case "ArrowDown": return inLine(from, 1);
    default: return null;
  }
}

// The card above or below: of the next line that way, the one that is least to the side.
function inLine(from, way) {
  const here = from.getBoundingClientRect();
  const others = [...document.querySelectorAll(CARDS)].map((card) => {
    const there = card.getBoundingClientRect();
    return { card, far: way * (there.top - here.top), aside: Math.abs(there.left - here.left) };
  }).filter(({ far }) => far > here.height / 2);
  const next = Math.min(...others.map(({ far }) => far)) + here.height / 2;
  const line = others.filter(({ far }) => far < next);
  return line.sort((one, other) => one.aside - other.aside)[0]?.card;
}
