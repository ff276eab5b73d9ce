// What the pages do better with a script: they stay fresh, they can be used with the keyboard, and reports can be copied.
// Everything works without it. Licensed as the rest of the project.
"use strict";

const LONGEST_PAUSE = 60;
let failures = 0;

function freshen() {
  const live = document.querySelector("[data-live]");
  if (!live) return;
  const seconds = Number(live.dataset.live) * 2 ** Math.min(failures, 4);
  setTimeout(async () => {
    if (!document.hidden && !busy(live)) await read(live);
    freshen();
  }, Math.min(seconds, LONGEST_PAUSE) * 1000);
}

// Nobody is interrupted while typing, choosing or marking.
function busy(live) {
  const here = document.activeElement;
  const typing = here && live.contains(here) && /^(INPUT|SELECT|TEXTAREA)$/.test(here.tagName);
  const marked = window.getSelection();
  return typing || (marked && !marked.isCollapsed && live.contains(marked.anchorNode)) || live.querySelector("input:checked");
}

async function read(live) {
  try {
    const answer = await fetch(location.href, { headers: { "X-Live": "1" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    failures = 0;
    const fresh = page.getElementById(live.id);
    if (fresh && fresh.innerHTML !== live.dataset.seen) replace(live, fresh);
  } catch {
    failures += 1;
  }
}

function replace(live, fresh) {
  const here = document.activeElement && live.contains(document.activeElement) ? pathOf(document.activeElement, live) : null;
  const seen = fresh.innerHTML;
  for (const open of live.querySelectorAll("details[open][id]")) fresh.querySelector("#" + CSS.escape(open.id))?.setAttribute("open", "");
  live.replaceChildren(...fresh.childNodes);
  live.dataset.live = fresh.dataset.live;
  live.dataset.seen = seen;
  if (here) live.querySelector(here)?.focus({ preventScroll: true });
}

function pathOf(element, top) {
  const steps = [];
  for (let one = element; one !== top; one = one.parentElement) {
    steps.unshift(`${one.tagName}:nth-child(${[...one.parentElement.children].indexOf(one) + 1})`);
  }
  return ":scope > " + steps.join(" > ");
}

function enable() {
  for (const one of document.querySelectorAll("[data-copy], [data-all]")) one.hidden = false;
  for (const one of document.querySelectorAll(".noscript")) one.hidden = true;
}

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    const from = document.getElementById(copy.dataset.copy);
    from.select();
    await navigator.clipboard?.writeText(from.value).catch(() => {});
    copy.textContent += " ✓";
  }
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-all]")) return;
  for (const one of document.querySelectorAll('input[name="order"]')) one.checked = event.target.checked;
});

const GO = { o: 0, i: 1, l: 2, c: 3, s: 4, d: 5, a: 6 };
let going = false;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), select, textarea")) return;
  const links = document.querySelectorAll("nav a");
  if (going && event.key in GO) links[GO[event.key]]?.click();
  going = event.key === "g";
  if (event.key === "/") {
    const field = document.querySelector('[data-key="/"]');
    if (field) { event.preventDefault(); field.focus(); field.select(); }
  }
  if (["j", "k", "x", "Enter"].includes(event.key)) row(event);
});

function row(event) {
  const rows = [...document.querySelectorAll("[data-list] tbody tr")];
  if (!rows.length) return;
  const at = rows.findIndex((one) => one.hasAttribute("data-here"));
  if (event.key === "x") rows[at]?.querySelector("input[type=checkbox]")?.click();
  else if (event.key === "Enter") { if (event.target === document.body) rows[at]?.querySelector("a")?.click(); }
  else {
    const to = Math.min(Math.max(at + (event.key === "j" ? 1 : -1), 0), rows.length - 1);
    rows[at]?.removeAttribute("data-here");
    rows[to].setAttribute("data-here", "");
    rows[to].scrollIntoView({ block: "nearest" });
  }
}

enable();
freshen();
