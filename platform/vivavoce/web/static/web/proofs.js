// Checking the log in the page: RFC 6962 hashes, C2SP checkpoints, bundles of vivavoce-log/1. Pure functions; nothing here asks the server.
// The same rules as safeguards/audit/{merkle,note,checkpoint,subset,whole}.py, which remain the reference.

const utf8 = new TextEncoder();
const HASH_BYTES = 32;
const SIGNATURE_BYTES = 64;
const ED25519 = 0x01;
const LOG_KEY_ROTATED = 1301;

/** A proof or signature that does not hold. ``code`` names the sentence to show, ``values`` fill it. */
export class Invalid extends Error {
  constructor(code, values = {}) {
    super(code);
    this.code = code;
    this.values = values;
  }
}

export const available = () => Boolean(globalThis.crypto?.subtle);

const join = (...parts) => {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { out.set(part, at); at += part.length; }
  return out;
};

export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

export const leafHash = (leaf) => sha256(join(Uint8Array.of(0), leaf));
export const nodeHash = (left, right) => sha256(join(Uint8Array.of(1), left, right));

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export function fromHex(text) {
  if (typeof text !== "string" || !/^([0-9a-f]{2})*$/.test(text)) throw new Invalid("malformed");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function fromBase64(text) {
  let plain;
  try { plain = atob(text); } catch { throw new Invalid("malformed"); }
  if (btoa(plain) !== text) throw new Invalid("malformed"); // one spelling only
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

const same = (left, right) => left.length === right.length && left.every((byte, place) => byte === right[place]);
const natural = (value) => Number.isSafeInteger(value) && value >= 0;
const odd = (value) => value % 2 === 1;
const half = (value) => Math.floor(value / 2);

/** The largest power of two smaller than ``size``. */
function split(size) {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

function inclusionLength(index, size) {
  let lo = 0, hi = size, length = 0;
  while (hi - lo > 1) {
    const middle = lo + split(hi - lo);
    if (index < middle) hi = middle; else lo = middle;
    length += 1;
  }
  return length;
}

function consistencyLength(old, size) {
  if (old === 0 || old === size) return 0;
  let lo = 0, hi = size, length = 0, whole = true;
  while (hi !== old) {
    const middle = lo + split(hi - lo);
    if (old <= middle) hi = middle; else { lo = middle; whole = false; }
    length += 1;
  }
  return length + (whole ? 0 : 1);
}

function checkProof(proof, length) {
  if (!Array.isArray(proof) || proof.length !== length) throw new Invalid("proof_length");
  if (proof.some((part) => part.length !== HASH_BYTES)) throw new Invalid("proof_length");
}

/** RFC 9162 2.1.3.2. Throws unless ``leaf`` (a leaf hash) stands at ``index`` in the tree of ``size`` with ``root``. */
export async function verifyInclusion(index, size, leaf, proof, root) {
  if (!natural(index) || !natural(size) || index >= size) throw new Invalid("not_in_tree");
  checkProof(proof, inclusionLength(index, size));
  let fn = index, sn = size - 1, computed = leaf;
  for (const part of proof) {
    if (odd(fn) || fn === sn) {
      computed = await nodeHash(part, computed);
      while (!odd(fn) && fn) { fn = half(fn); sn = half(sn); }
    } else {
      computed = await nodeHash(computed, part);
    }
    fn = half(fn);
    sn = half(sn);
  }
  if (!same(computed, root)) throw new Invalid("root_differs");
}

/** RFC 9162 2.1.4.2. Throws unless the tree of ``old`` leaves is a prefix of that of ``size``. */
export async function verifyConsistency(old, size, proof, oldRoot, newRoot) {
  if (!natural(old) || !natural(size) || old > size) throw new Invalid("not_in_tree");
  checkProof(proof, consistencyLength(old, size));
  if (old === 0) {
    if (!same(await sha256(new Uint8Array()), oldRoot)) throw new Invalid("root_differs");
    return;
  }
  if (old === size) {
    if (!same(oldRoot, newRoot)) throw new Invalid("root_differs");
    return;
  }
  const power = split(old + 1) === old; // old is a power of two: its root is itself the first node
  const path = power ? [oldRoot, ...proof] : proof;
  let fn = old - 1, sn = size - 1;
  while (odd(fn)) { fn = half(fn); sn = half(sn); }
  let first = path[0], second = path[0];
  for (const part of path.slice(1)) {
    if (odd(fn) || fn === sn) {
      first = await nodeHash(part, first);
      second = await nodeHash(part, second);
      while (!odd(fn) && fn) { fn = half(fn); sn = half(sn); }
    } else {
      second = await nodeHash(second, part);
    }
    fn = half(fn);
    sn = half(sn);
  }
  if (!same(first, oldRoot) || !same(second, newRoot)) throw new Invalid("root_differs");
}

/** A C2SP checkpoint: ``{origin, size, root, text, lines: [{name, id, signature}], note}``. */
export function parseCheckpoint(note) {
  const gap = typeof note === "string" ? note.lastIndexOf("\n\n") : -1;
  if (gap < 0 || !note.endsWith("\n")) throw new Invalid("malformed");
  const text = note.slice(0, gap + 1);
  const [origin, size, root] = text.split("\n");
  if (!origin || !/^(0|[1-9][0-9]{0,15})$/.test(size ?? "")) throw new Invalid("malformed");
  const bytes = fromBase64(root ?? "");
  if (bytes.length !== HASH_BYTES) throw new Invalid("malformed");
  const lines = note.slice(gap + 2, -1).split("\n").map((line) => {
    const found = /^— (\S+) (\S+)$/.exec(line);
    if (!found) throw new Invalid("malformed");
    const data = fromBase64(found[2]);
    return { name: found[1], id: hex(data.slice(0, 4)), signature: data.slice(4) };
  });
  return { origin, size: Number(size), root: bytes, text, lines, note };
}

/** A vkey line ``name+id+base64(kind ‖ key)``, its id checked. */
export async function parseKey(vkey) {
  const found = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(vkey.trim());
  if (!found) throw new Invalid("key_malformed");
  const data = fromBase64(found[3]);
  const id = await sha256(join(utf8.encode(`${found[1]}\n`), data));
  if (hex(id.slice(0, 4)) !== found[2] || data.length !== HASH_BYTES + 1) throw new Invalid("key_malformed");
  return { name: found[1], id: found[2], kind: data[0], bytes: data.slice(1), vkey: vkey.trim(), from: 0 };
}

/** A key file: vkey lines; a comment ``# valid from tree size N`` before a line says since when it counts. */
export async function parseKeys(text) {
  const keys = [];
  let from = 0;
  for (const line of text.split("\n").map((part) => part.trim()).filter(Boolean)) {
    const since = /^# valid from tree size ([0-9]+)$/.exec(line);
    if (since) from = Number(since[1]);
    if (line.startsWith("#")) continue;
    keys.push({ ...(await parseKey(line)), from });
  }
  if (!keys.length) throw new Invalid("key_malformed");
  return keys;
}

async function verifyEd25519(bytes, signature, message) {
  let key;
  try {
    key = await crypto.subtle.importKey("raw", bytes, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return null; // this browser has no Ed25519
  }
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature, message);
}

/**
 * Who signed a checkpoint, of the keys that count at its size.
 * Returns the key; ``null`` where this browser cannot check Ed25519. Throws when no counted key signed, or its signature does not hold.
 */
export async function verifyCheckpoint(checkpoint, keys) {
  const logKeys = keys.filter((key) => key.kind === ED25519 && key.name === checkpoint.origin);
  const counted = logKeys.filter((key) => key.from <= checkpoint.size).sort((left, right) => right.from - left.from);
  // At the very size of a rotation both keys sign: the older one counts there too.
  const trusted = counted.slice(0, counted[0]?.from === checkpoint.size ? 2 : 1);
  for (const key of trusted) {
    const line = checkpoint.lines.find((each) => each.name === key.name && each.id === key.id);
    if (!line) continue;
    if (line.signature.length !== SIGNATURE_BYTES) throw new Invalid("signature_invalid");
    const holds = await verifyEd25519(key.bytes, line.signature, utf8.encode(checkpoint.text));
    if (holds === null) return null;
    if (!holds) throw new Invalid("signature_invalid");
    return key;
  }
  throw new Invalid("signature_unknown_key");
}

/** Ed25519 over ``domain ‖ 0x00 ‖ text``; true, false, or null where this browser cannot check it. */
export async function verifySigned(key, domain, text, signature) {
  return verifyEd25519(key.bytes, signature, join(utf8.encode(domain), Uint8Array.of(0), utf8.encode(text)));
}

function record(leaf, index) {
  let found;
  try { found = JSON.parse(leaf); } catch { throw new Invalid("entry_edited", { index }); }
  if (found === null || typeof found !== "object" || found.index !== index) throw new Invalid("entry_edited", { index });
  return found;
}

async function checkEntry(entry, checkpoint) {
  const index = natural(entry?.index) ? entry.index : -1;
  if (typeof entry?.leaf !== "string") throw new Invalid("entry_edited", { index });
  const hashed = await leafHash(utf8.encode(entry.leaf));
  const read = record(entry.leaf, index);
  if (hex(hashed) !== entry.hash) throw new Invalid("entry_edited", { index });
  try {
    await verifyInclusion(index, checkpoint.size, hashed, (entry.proof ?? []).map(fromHex), checkpoint.root);
  } catch (error) {
    if (error instanceof Invalid) throw new Invalid("entry_not_proven", { index });
    throw error;
  }
  return read;
}

/** Read a bundle file. Throws ``Invalid("bundle_malformed")`` for another content. */
export function parseBundle(text) {
  let bundle;
  try { bundle = JSON.parse(text); } catch { throw new Invalid("bundle_malformed"); }
  const known = bundle?.format === "vivavoce-log/1" && ["log", "entries"].includes(bundle.kind);
  const whole = Array.isArray(bundle?.checkpoints) && bundle.checkpoints.length > 0 && Array.isArray(bundle?.entries);
  if (!known || !whole) throw new Invalid("bundle_malformed");
  return bundle;
}

/**
 * Check a parsed bundle. Returns ``{kind, checkpoint, records, signer}``; ``signer`` is null where the browser cannot check signatures
 * or no key was given. Throws ``Invalid`` at the first fault.
 */
export async function checkBundle(bundle, keys = []) {
  const checkpoints = bundle.checkpoints.map(parseCheckpoint).sort((left, right) => left.size - right.size);
  const latest = checkpoints.at(-1);
  if (checkpoints.some((checkpoint) => checkpoint.origin !== bundle.origin)) throw new Invalid("bundle_malformed");
  const records = bundle.kind === "log" ? await checkWhole(bundle, checkpoints) : [];
  if (bundle.kind === "entries") for (const entry of bundle.entries) records.push(await checkEntry(entry, latest));
  let signer = null;
  for (const checkpoint of checkpoints) signer = keys.length ? await verifyCheckpoint(checkpoint, keys) : null;
  return { kind: bundle.kind, checkpoint: latest, records, signer };
}

async function checkWhole(bundle, checkpoints) {
  const roots = new Map(checkpoints.map((checkpoint) => [checkpoint.size, checkpoint.root]));
  const peaks = []; // [height, hash], as a binary counter
  const records = [];
  let previous = "0".repeat(64);
  for (const [index, entry] of bundle.entries.entries()) {
    if (typeof entry?.leaf !== "string") throw new Invalid("entry_edited", { index });
    const hashed = await leafHash(utf8.encode(entry.leaf));
    const read = record(entry.leaf, index);
    if (hex(hashed) !== entry.hash || read.prev !== previous) throw new Invalid("entry_edited", { index });
    previous = entry.hash;
    records.push(read);
    let height = 0, node = hashed;
    while (peaks.length && peaks.at(-1)[0] === height) { node = await nodeHash(peaks.pop()[1], node); height += 1; }
    peaks.push([height, node]);
    const wanted = roots.get(index + 1);
    if (wanted && !same(await fold(peaks), wanted)) throw new Invalid("log_rewritten", { index: index + 1 });
  }
  if (records.length !== checkpoints.at(-1).size) throw new Invalid("log_truncated", { index: records.length });
  return records;
}

async function fold(peaks) {
  let root = peaks.at(-1)[1];
  for (const [, peak] of peaks.slice(0, -1).reverse()) root = await nodeHash(peak, root);
  return root;
}

/** Whether a bundle hands the log's key over to another: then the stand-alone verifier follows it, this page does not. */
export const rotates = (records) => records.some((each) => each.type === LOG_KEY_ROTATED);
