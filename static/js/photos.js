// What this browser tab remembers of the photos it searched with, by fingerprint. The server keeps
// nothing of them.

const PREFIX = "hashbag.photo.";
let store = null;
try {
  store = sessionStorage;
} catch {
  // The person has forbidden sites to store anything.
}

const keys = () => Object.keys(store ?? {}).filter((key) => key.startsWith(PREFIX));
const read = (key) => JSON.parse(store?.getItem(key) ?? "null");

export const recalled = (fingerprint) => read(PREFIX + fingerprint);

// A trail names a photo by the last characters of its fingerprint.
export const marked = (mark) => read(keys().find((key) => key.endsWith(mark)));

// `facts`: `url` of the result, `name` of the file, its small `picture` with `width` and `height`, and
// `cut`, the margins of the part that was searched with, in percent.
export function remember(fingerprint, facts) {
  const mine = PREFIX + fingerprint;
  const text = JSON.stringify({ ...read(mine), ...facts, at: Date.now() });
  while (store) {
    try {
      return store.setItem(mine, text);
    } catch {
      // The storage is full: remove the oldest photo.
      const [oldest] = keys().filter((key) => key !== mine).sort((a, b) => read(a).at - read(b).at);
      if (!oldest) return;
      store.removeItem(oldest);
    }
  }
}
