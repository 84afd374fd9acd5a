// What every page brings, and what it loads when wanted. Without, all is links and forms that work.

import "./arrivals.js";
import "./keys.js";

if (document.querySelector("main .upload")) import("./ask.js");
if (document.querySelector("[data-photo]")) import("./recall.js");
if (document.querySelector(".row [data-item]")) import("./joined.js");
