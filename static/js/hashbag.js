// The script of every page; it loads the others where a page needs them. Without any script all
// links and forms still work.

import "./arrivals.js";
import "./keys.js";

if (document.querySelector("main .upload")) import("./ask.js");
if (document.querySelector("[data-photo]")) import("./recall.js");
if (document.querySelector(".row [data-item]")) import("./joined.js");
