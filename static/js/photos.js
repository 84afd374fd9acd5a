// What this browser tab remembers of the photos that were asked with: by fingerprint, in its
// session storage. The server keeps nothing.

const PREFIX = "hashbag.photo.";

function storage() {
  try {
    return sessionStorage;
  } catch {
    return null; // the person keeps sites from storing
  }
}

function keys(store) {
  return Object.keys(store ?? {}).filter((key) => key.startsWith(PREFIX));
}

function read(store, key) {
  return JSON.parse(store?.getItem(key) ?? "null");
}

export function recalled(fingerprint) {
  return read(storage(), PREFIX + fingerprint);
}

// A trail names a photo by the end of its fingerprint.
export function marked(mark) {
  const store = storage();
  const key = keys(store).find((one) => one.endsWith(mark));
  return key ? read(store, key) : null;
}

// Facts: `url` of the result, `name` of the file, `picture` with its `width` and `height`.
// The oldest photos make room.
export function remember(fingerprint, facts) {
  const store = storage();
  const mine = PREFIX + fingerprint;
  const text = JSON.stringify({ ...read(store, mine), ...facts, at: Date.now() });
  while (store) {
    try {
      store.setItem(mine, text);
      return;
    } catch (error) {
      const others = keys(store).filter((key) => key !== mine);
      if (error.name !== "QuotaExceededError" || !others.length) return;
      store.removeItem(others.reduce((one, other) => (read(store, other).at < read(store, one).at ? other : one)));
    }
  }
}
