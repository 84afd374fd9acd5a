// The script of every page; it loads the others where a page needs them. Without any script all
// links and forms still work.

import "./arrivals.js";
import "./keys.js";

const has = (selector) => document.querySelector(selector) !== null;

// Awaited, so that who imports this module knows that all of it is at work.
await Promise.all([
  has("main .upload") && import("./ask.js"),
  has("[data-photo]") && import("./recall.js"),
  has(".row [data-item]") && import("./joined.js"),
  has(".heart") && import("./hearts.js"),
  has(".copy-link") && import("./copying.js"),
]);
