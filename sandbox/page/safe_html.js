// Foreign HTML made harmless. The API promises safe HTML; here nobody has to believe it.

const INLINE = new Set(["b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "blockquote", "br", "a"]);
const SCHEMES = /^(https?|mailto|tel|tg):/i;

// Telegram's tags as a fragment. What is not on the list loses its tag and keeps its text.
export function chatFragment(html, { onCommand, onLink }) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const fragment = document.createDocumentFragment();
  copyChildren(parsed.body, fragment, { onCommand, onLink, linkify: true });
  return fragment;
}

function copyChildren(from, to, context) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) appendText(to, node.data, context);
    else if (node.nodeType === Node.ELEMENT_NODE) copyElement(node, to, context);
  }
}

function copyElement(node, to, context) {
  const tag = node.localName;
  if (["script", "style", "template", "title", "head"].includes(tag)) return;
  const copy = tag === "a" ? link(node, context) : isSpoiler(node) ? spoiler() : INLINE.has(tag) ? document.createElement(tag) : null;
  if (tag === "blockquote" && node.hasAttribute("expandable")) expandable(copy);
  if (tag === "code" || tag === "pre") copyable(copy);
  copyChildren(node, copy ?? to, { ...context, linkify: context.linkify && !["a", "code", "pre"].includes(tag) });
  if (copy) to.append(copy);
}

const isSpoiler = (node) => node.localName === "tg-spoiler" || (node.localName === "span" && node.classList.contains("tg-spoiler"));

function link(node, { onLink }) {
  const address = node.getAttribute("href") ?? "";
  return SCHEMES.test(address) ? outward(address, onLink) : document.createElement("span");
}

function outward(address, onLink) {
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer";
  anchor.addEventListener("click", (event) => onLink?.(address, event));
  return anchor;
}

function pressable(element, label, act) {
  element.tabIndex = 0;
  element.setAttribute("role", "button");
  element.setAttribute("aria-label", label);
  element.addEventListener("click", act);
  element.addEventListener("keydown", (event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), act(event)));
}

function spoiler() {
  const cover = document.createElement("span");
  cover.className = "spoiler";
  pressable(cover, "Hidden text: press to show", () => {
    cover.classList.add("shown");
    for (const name of ["role", "aria-label", "tabindex"]) cover.removeAttribute(name);
  });
  return cover;
}

function expandable(quote) {
  quote.className = "expandable";
  quote.addEventListener("click", () => quote.classList.toggle("open"));
}

function copyable(code) {
  code.title = "Click to copy";
  code.addEventListener("click", (event) => {
    event.stopPropagation();
    navigator.clipboard?.writeText(code.textContent).then(
      () => code.dispatchEvent(new CustomEvent("copied", { bubbles: true })),
      () => {},
    );
  });
}

// Telegram makes bare addresses and /commands pressable.
const PRESSABLE = /(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])|(?<![\w/])(\/[a-z][a-z0-9_]{0,31})(?![\w/])/gi;

const BLOCKS = new Set(["BLOCKQUOTE", "PRE"]);

function appendText(to, text, { linkify, onCommand, onLink }) {
  if (BLOCKS.has(to.lastChild?.nodeName)) text = text.replace(/^\n/, ""); // the block has ended the line already
  if (!linkify) return void to.append(text);
  let from = 0;
  for (const match of text.matchAll(PRESSABLE)) {
    to.append(text.slice(from, match.index), match[1] ? bareLink(match[1], onLink) : command(match[2], onCommand));
    from = match.index + match[0].length;
  }
  to.append(text.slice(from));
}

function bareLink(address, onLink) {
  const anchor = outward(address, onLink);
  anchor.textContent = address;
  return anchor;
}

function command(text, onCommand) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "command";
  button.textContent = text;
  button.addEventListener("click", () => onCommand?.(text));
  return button;
}

// ---- email ----------------------------------------------------------------------------------------------------------

const DANGEROUS = "script, iframe, frame, frameset, object, embed, applet, base, link, meta[http-equiv], noscript, template";
const ADDRESSES = ["href", "src", "action", "formaction", "xlink:href", "background", "poster", "srcdoc"];

function parseMail(html) {
  const parsed = new DOMParser().parseFromString(html || "", "text/html");
  parsed.querySelectorAll(DANGEROUS).forEach((element) => element.remove());
  parsed.querySelectorAll("*").forEach(disarm);
  return parsed;
}

function disarm(element) {
  for (const { name, value } of [...element.attributes]) {
    const scheme = value.replace(/[\u0000-\u0020]+/g, "").toLowerCase();
    const isCode = ADDRESSES.includes(name) && /^(javascript|vbscript|data:text)/.test(scheme);
    if (name.startsWith("on") || name === "srcdoc" || isCode) element.removeAttribute(name);
  }
  if (element.localName === "a" || element.localName === "area") {
    element.setAttribute("target", "_blank");
    element.setAttribute("rel", "noopener noreferrer");
  }
}

// A whole document for a frame's `srcdoc`. The policy inside it holds even where the frame's sandbox would not.
export function mailDocument(html, { dark, images }) {
  const parsed = parseMail(html);
  pretendScheme(parsed, dark);
  const pictures = images ? "img-src data: http: https:" : "img-src data:";
  const policy = `default-src 'none'; style-src 'unsafe-inline'; font-src data:; ${pictures}`;
  const head = `<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="referrer" content="no-referrer"><base target="_blank">`;
  parsed.head.insertAdjacentHTML("afterbegin", head);
  return `<!doctype html>${parsed.documentElement.outerHTML}`;
}

// The reader's light or dark choice, whatever the browser prefers: the mail's media queries are answered here.
function pretendScheme(parsed, dark) {
  const knowsDark = dark && hasDarkColors(parsed.documentElement.outerHTML);
  const answer = (scheme) => ((scheme === "dark") === dark ? "(min-width: 0px)" : "(max-width: 0px)");
  const rewrite = (css) => css.replace(/\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)/gi, (_, scheme) => answer(scheme.toLowerCase()));
  for (const style of parsed.querySelectorAll("style")) {
    style.textContent = rewrite(style.textContent);
    if (style.media) style.media = rewrite(style.media);
  }
  parsed.querySelectorAll('meta[name="color-scheme"]').forEach((meta) => meta.remove());
  parsed.head.insertAdjacentHTML("beforeend", `<style>:root { color-scheme: ${knowsDark ? "dark" : "light"} }</style>`);
}

// A mail without colors of its own for the dark is read on white paper, as mail clients do.
export const hasDarkColors = (html) => /prefers-color-scheme\s*:\s*dark|color-scheme["':\s][^;>]*dark/i.test(html || "");

export const hasRemotePictures = (html) => /<img[^>]+src\s*=\s*["']?https?:|url\(\s*["']?https?:/i.test(html || "");

export function linksOf(html) {
  const links = new Map();
  for (const anchor of parseMail(html).querySelectorAll("a[href]")) {
    const address = anchor.getAttribute("href");
    if (/^https?:/i.test(address) && !links.has(address)) links.set(address, anchor.textContent.trim().replace(/\s+/g, " ") || address);
  }
  return [...links].map(([url, text]) => ({ url, text }));
}

// The line after the subject: the mail's hidden first text, else the beginning of what it says.
export function preheaderOf(mail) {
  const parsed = parseMail(mail.html);
  parsed.querySelectorAll("style, title").forEach((element) => element.remove());
  const hidden = [...parsed.body.querySelectorAll("[style]")].find((element) => /display\s*:\s*none|max-height\s*:\s*0/i.test(element.getAttribute("style")));
  const text = hidden?.textContent.trim() || mail.text || parsed.body.textContent;
  return text.replace(/[\s\u00a0\u00ad\u034f\u200b-\u200f\u2060\ufeff]+/g, " ").trim().slice(0, 160);
}
