// Where proofs.js meets the page: runs the checks of a section marked data-proof and says what held, in the page's own words.
import * as proofs from "./proofs.js";

const MEMORY = "vivavoce-checkpoint";

function words(code, values = {}) {
  const template = document.querySelector("template[data-proof-words]");
  const found = template?.content.querySelector(`[data-word="${code}"]`)?.textContent.trim() ?? code;
  return found.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

class Steps {
  constructor(section) {
    this.list = section.querySelector("[data-steps]");
    this.list.replaceChildren();
  }

  say(level, code, values) {
    const item = document.createElement("li");
    item.className = level;
    const tag = document.createElement("span");
    tag.className = `tag ${{ held: "good", failed: "bad", open: "warn" }[level]}`;
    tag.textContent = words(level);
    item.append(tag, " ", words(code, values));
    this.list.append(item);
  }
}

async function fetched(url, form = "text") {
  const answer = await fetch(url, { credentials: "same-origin", headers: { Accept: "*/*" } });
  if (!answer.ok) throw new proofs.Invalid("not_fetched");
  return form === "answer" ? answer : answer[form]();
}

const publishedKeys = async () => proofs.parseKeys(await fetched("/v1/log/keys"));

function saySigner(steps, signer, keys) {
  if (signer) steps.say("held", "signed", { key: signer.id });
  else steps.say("open", keys.length ? "ed25519_missing" : "no_key");
}

/** Compare with the checkpoint this browser saw last, and remember the newer of the two. */
async function remember(steps, checkpoint, keys) {
  let kept = null;
  try { kept = JSON.parse(localStorage.getItem(MEMORY) ?? "null"); } catch { kept = null; }
  if (kept?.origin === checkpoint.origin) {
    const before = proofs.parseCheckpoint(kept.note);
    const [old, newer] = before.size <= checkpoint.size ? [before, checkpoint] : [checkpoint, before];
    const proof = await fetched(`/v1/log/proof/consistency?old=${old.size}&new=${newer.size}`, "json");
    await proofs.verifyConsistency(old.size, newer.size, proof.proof.map(proofs.fromHex), old.root, newer.root);
    const date = new Date(kept.at).toLocaleString(document.documentElement.lang);
    if (before.size === checkpoint.size) steps.say("held", "same_checkpoint", { date });
    else steps.say("held", "only_grew", { old: old.size, size: newer.size, date });
    if (before.size >= checkpoint.size) return;
  }
  if (await proofs.verifyCheckpoint(checkpoint, keys) === null) return; // nothing unchecked is remembered
  const at = kept?.origin === checkpoint.origin ? kept.at : new Date().toISOString();
  localStorage.setItem(MEMORY, JSON.stringify({ origin: checkpoint.origin, note: checkpoint.note, at }));
  if (!kept) steps.say("held", "remembered", { size: checkpoint.size });
}

/** The chain as it is shown: every entry it names is in the bundle and is about the object it stands beside. */
function matchChain(steps, records) {
  const byIndex = new Map(records.map((each) => [each.index, each]));
  const links = [...document.querySelectorAll("[data-entry]")];
  const wrong = links.filter((link) => {
    const record = byIndex.get(Number(link.dataset.entry));
    const fits = record !== undefined && [record.subject, `clip:${record.body?.clip ?? ""}`, record.body?.clip].includes(link.dataset.subject);
    link.classList.add(fits ? "proven" : "unproven");
    link.title = words(fits ? "proven" : "unproven");
    return !fits;
  });
  if (wrong.length) throw new proofs.Invalid("chain_differs", { index: wrong[0].dataset.entry });
  if (links.length) steps.say("held", "chain_fits", { count: links.length });
}

async function checkReport(steps, section, keys) {
  const answer = await fetched(section.dataset.signed, "answer");
  const [domain, value, vkey] = (answer.headers.get("Vivavoce-Signature") ?? "").split(" ");
  const text = await answer.text();
  const key = keys.find((each) => each.vkey === vkey);
  if (!key) throw new proofs.Invalid("report_unknown_key");
  const holds = await proofs.verifySigned(key, domain, text, proofs.fromHex(value));
  if (holds === null) { steps.say("open", "ed25519_missing"); return; }
  const said = JSON.parse(text);
  if (!holds || said.verdict !== section.dataset.verdict || said.sha256 !== section.dataset.sha256) throw new proofs.Invalid("report_invalid");
  steps.say("held", "report_signed", { key: key.id });
}

const RUNS = {
  async bundle(section, steps) {
    const keys = await publishedKeys();
    await checkReport(steps, section, keys);
    if (!section.dataset.bundle) return;
    const found = await proofs.checkBundle(proofs.parseBundle(await fetched(section.dataset.bundle)), keys);
    steps.say("held", "entries_proven", { count: found.records.length, size: found.checkpoint.size });
    saySigner(steps, found.signer, keys);
    matchChain(steps, found.records);
    await remember(steps, found.checkpoint, keys);
  },

  async file(section, steps) {
    const file = section.querySelector("input[type=file]").files[0];
    if (!file) { steps.say("open", "no_file"); return; }
    const typed = section.querySelector("textarea").value.trim();
    const keys = typed ? await proofs.parseKeys(typed) : await publishedKeys();
    const bundle = proofs.parseBundle(await file.text());
    const found = await proofs.checkBundle(bundle, keys);
    const code = found.kind === "log" ? "log_whole" : "entries_proven";
    steps.say("held", code, { count: found.records.length, size: found.checkpoint.size });
    saySigner(steps, found.signer, keys);
    if (!typed) steps.say("open", "key_from_server");
    if (proofs.rotates(found.records)) steps.say("open", "rotation_inside");
  },

  async entry(section, steps) {
    const index = Number(section.dataset.index);
    const [keys, proof] = await Promise.all([publishedKeys(), fetched(`/v1/log/proof/inclusion?index=${index}`, "json")]);
    const checkpoint = proofs.parseCheckpoint(await fetched(`/v1/log/checkpoint?size=${proof.size}`));
    const leaf = await proofs.leafHash(new TextEncoder().encode(section.querySelector("[data-leaf]").textContent));
    await proofs.verifyInclusion(index, checkpoint.size, leaf, proof.proof.map(proofs.fromHex), checkpoint.root);
    steps.say("held", "entry_proven", { index, size: checkpoint.size, count: proof.proof.length });
    saySigner(steps, await proofs.verifyCheckpoint(checkpoint, keys), keys);
    await remember(steps, checkpoint, keys);
  },

  async consistency(section, steps) {
    const [first, second] = ["old", "new"].map((name) => Number(section.querySelector(`[name=${name}]`).value));
    const [old, size] = [Math.min(first, second), Math.max(first, second)];
    const keys = await publishedKeys();
    const [before, after] = await Promise.all([old, size].map(async (at) => proofs.parseCheckpoint(await fetched(`/v1/log/checkpoint?size=${at}`))));
    const proof = await fetched(`/v1/log/proof/consistency?old=${old}&new=${size}`, "json");
    await proofs.verifyConsistency(old, size, proof.proof.map(proofs.fromHex), before.root, after.root);
    steps.say("held", "consistent", { old, size, count: proof.proof.length });
    const signers = [await proofs.verifyCheckpoint(before, keys), await proofs.verifyCheckpoint(after, keys)];
    saySigner(steps, signers.every(Boolean) ? signers[1] : null, keys);
  },
};

async function run(section) {
  const steps = new Steps(section);
  if (!proofs.available()) { steps.say("open", "no_crypto"); return; }
  section.setAttribute("aria-busy", "true");
  try {
    await RUNS[section.dataset.proof](section, steps);
  } catch (error) {
    if (error instanceof proofs.Invalid) steps.say("failed", error.code, error.values);
    else { steps.say("failed", "not_fetched"); console.warn(error); }
  }
  section.removeAttribute("aria-busy");
  section.dataset.done = "yes";
}

function start(root) {
  for (const section of [...root.querySelectorAll("[data-proof]"), ...(root.matches?.("[data-proof]") ? [root] : [])]) {
    if (section.dataset.started) continue;
    section.dataset.started = "yes";
    section.querySelector("[data-run]")?.addEventListener("click", (event) => { event.preventDefault(); run(section); });
    if (section.hasAttribute("data-auto")) run(section);
  }
}

document.addEventListener("htmx:load", (event) => start(event.target));
start(document);
