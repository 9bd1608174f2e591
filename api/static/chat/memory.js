/**
 * What this device remembers: localStorage where it is allowed, else the page's own memory.
 * (A blocked cookie setting, a private window or a full disk must not cost anyone a word.)
 */
const page = new Map();

function device() {
  try {
    return window.localStorage;
  } catch (blocked) {
    return null;
  }
}

/** The value under `key`, or null. */
export function recall(key) {
  if (page.has(key)) return page.get(key);
  try {
    const kept = device();
    return kept ? JSON.parse(kept.getItem(key)) : null;
  } catch (unreadable) {
    return null;
  }
}

export function remember(key, value) {
  try {
    device().setItem(key, JSON.stringify(value));
    page.delete(key);
  } catch (refused) {
    page.set(key, value);
  }
}

export function forget(key) {
  page.delete(key);
  try {
    device().removeItem(key);
  } catch (blocked) {
    // Nothing was kept there.
  }
}

/** Every key that starts with `prefix`. */
export function keysOf(prefix) {
  const found = new Set(page.keys());
  try {
    Object.keys(device()).forEach((key) => found.add(key));
  } catch (blocked) {
    // Only the page's own.
  }
  return Array.from(found).filter((key) => key.startsWith(prefix));
}

/** A new random id; `crypto.randomUUID` exists only on https and localhost, offices often run plain http. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
