// Building elements. Text given here always becomes text nodes, never markup.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "dataset") Object.assign(element.dataset, value);
  else if (name === "style") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
  else if (name in element && typeof value === "boolean") element[name] = value;
  else element.setAttribute(name, value === true ? "" : value);
}

const SVG = "http://www.w3.org/2000/svg";

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/page/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

// A round picture with initials; its color follows from the key, so that a person keeps it.
export function avatar(name, key, size = "") {
  const initials = [...String(name).trim().matchAll(/(?:^|\s)(\S)/gu)].map((match) => match[1]);
  const shown = (initials[0] ?? "?") + (initials.length > 1 ? initials.at(-1) : "");
  return h("span", { class: `avatar ${size}`, "aria-hidden": "true", dataset: { hue: hueOf(key) } }, shown.toUpperCase());
}

function hueOf(key) {
  let sum = 0;
  for (const character of String(key)) sum = (sum * 31 + character.codePointAt(0)) % 9973;
  return sum % 7;
}

export function toast(text, tone = "") {
  const note = h("div", { class: `toast ${tone}` }, text);
  document.getElementById("toasts").append(note);
  setTimeout(() => note.classList.add("leaving"), 3600);
  setTimeout(() => note.remove(), 4000);
}

// Puts the nodes in place and leaves those alone that are there already, so that focus and animations survive.
export function reconcile(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => parent.children[index] !== node && parent.insertBefore(node, parent.children[index] ?? null));
}

// However often it is called, it runs once before the next frame (or soon, while nobody looks).
export function calmly(draw) {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    const run = () => ((isWaiting = false), draw());
    document.hidden ? setTimeout(run, 200) : requestAnimationFrame(run);
  };
}

// However often it is called, it runs once, so many milliseconds after the first call.
export function lazily(milliseconds, run) {
  let waiting = 0;
  return () => (waiting ||= setTimeout(() => ((waiting = 0), run()), milliseconds));
}

export function plural(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

export function setBadge(badge, count) {
  badge.hidden = !count;
  badge.textContent = count > 99 ? "99+" : String(count);
}
