// Asks the server for a photo's fingerprint, and remembers the photo in this tab under it. Returns the
// address of its result, which is `address` with the fingerprint and the frames found in the photo.

import { remember } from "./photos.js";
import { send } from "./sending.js";

export async function resultAt(address, fingerprints, body, watch, facts) {
  const { fingerprint, frame } = await send(fingerprints, body, watch);
  const url = new URL(address);
  url.hash = "";
  url.searchParams.set("q", fingerprint);
  url.searchParams.delete("frame");
  for (const sides of frame) url.searchParams.append("frame", sides.join(","));
  remember(fingerprint, { url: url.pathname + url.search, ...await facts() });
  return url.href;
}
