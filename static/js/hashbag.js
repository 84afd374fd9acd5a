// What every page brings: keys, drop and paste. The rest is loaded when it is wanted. Without any
// of it, everything is a link or a form that works.

import "./arrivals.js";
import "./keys.js";

if (document.querySelector("main .upload")) import("./ask.js");
if (document.querySelector("[data-photo]")) import("./recall.js");
if (document.querySelector(".row [data-item]")) import("./joined.js");
