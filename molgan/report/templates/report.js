"use strict";
const controls = document.querySelector(".controls");
const list = document.querySelector(".cards");
const cards = list ? [...list.children] : [];
const values = new Map(cards.map((card) => [card, JSON.parse(card.dataset.values)]));
const number = (card, name) => values.get(card)[name] ?? NaN;

function arrange() {
  const order = controls.elements.order.selectedOptions[0];
  const text = controls.elements.text.value.trim().toLowerCase();
  const bounds = [...controls.querySelectorAll("[data-bound]")].filter((input) => input.value !== "");
  const seen = new Set();
  if (order) {
    const sign = order.dataset.first === "low" ? 1 : -1;
    const key = (card) => { const value = number(card, order.value); return isNaN(value) ? Infinity : sign * value; };
    cards.sort((a, b) => key(a) - key(b));
  }
  let shown = 0;
  for (const card of cards) {
    const scaffold = card.dataset.scaffold;
    const repeats = controls.elements.scaffolds.checked && scaffold && seen.has(scaffold);
    const within = bounds.every(({ name, value, dataset }) =>
      dataset.bound === "least" ? number(card, name) >= +value : number(card, name) <= +value);
    const found = !text || (card.dataset.id + " " + card.dataset.smiles).toLowerCase().includes(text);
    card.hidden = repeats || !within || !found;
    if (!card.hidden) { shown += 1; seen.add(scaffold); }
    list.append(card);
  }
  controls.querySelector("output").textContent = shown + " of " + cards.length + " shown";
}

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  const label = button.textContent;
  button.textContent = "Copied";
  button.disabled = true;
  setTimeout(() => { button.textContent = label; button.disabled = false; }, 1200);
}

if (controls) {
  controls.hidden = false;
  controls.addEventListener("input", arrange);
  controls.addEventListener("submit", (event) => event.preventDefault());
  arrange();
  for (const button of list.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button, button.closest(".card").dataset.smiles));
  }
  controls.querySelector("[data-copy-shown]").addEventListener("click", (event) =>
    copy(event.currentTarget, cards.filter((card) => !card.hidden).map((card) => card.dataset.smiles).join("\n")));
}

const method = document.querySelectorAll("#run details");
addEventListener("beforeprint", () => method.forEach((part) => { part.open = true; }));
addEventListener("afterprint", () => method.forEach((part) => { part.open = false; }));
