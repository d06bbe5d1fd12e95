// Forms from the OpenAPI document. The key lives in the field it was typed into, and nowhere else.
"use strict";

const byId = (id) => document.getElementById(id);
const site = new URL(".", location.href);
let api, operations;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function resolved(schema) {
  while (schema?.$ref) {
    const name = schema.$ref.split("/");
    schema = name.slice(1).reduce((inside, key) => inside[key], api);
  }
  return schema ?? {};
}

function typeOf(schema) {
  schema = resolved(schema);
  if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(", ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map(typeOf))].join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  return [schema.type ?? "anything", schema.format && `(${schema.format})`].filter(Boolean).join(" ");
}

function words(text) {
  return text.split(/(`[^`]+`)/).map((part) => part.startsWith("`") ? make("code", {}, part.slice(1, -1)) : part);
}

function paragraphs(text) {
  return text.split(/\n\s*\n/).map((each) => make("p", {}, ...words(each.replace(/\s+/g, " "))));
}

function bounds(schema) {
  const told = [];
  if (schema.minimum !== undefined) told.push(`from ${schema.minimum}`);
  if (schema.maximum !== undefined) told.push(`to ${schema.maximum}`);
  if (schema.maxLength !== undefined) told.push(`at most ${schema.maxLength} characters`);
  if (schema.default !== undefined && schema.default !== null) told.push(`else ${JSON.stringify(schema.default)}`);
  return told.join(", ");
}

function pathOf(path) {
  const parts = path.split(/(\{\w+\})/).map((part) => part.startsWith("{") ? make("i", {}, part) : part);
  return make("span", { class: "path" }, ...parts);
}

function method(operation) {
  return make("span", { class: `method ${operation.method}` }, operation.method.toUpperCase());
}

function listed() {
  const wanted = byId("search").value.trim().toLowerCase();
  const groups = new Map();
  for (const operation of operations.values()) {
    const text = `${operation.method} ${operation.path} ${operation.summary} ${operation.tags[0]}`.toLowerCase();
    if (!text.includes(wanted)) continue;
    if (!groups.has(operation.tags[0])) groups.set(operation.tags[0], []);
    groups.get(operation.tags[0]).push(operation);
  }
  const current = decodeURIComponent(location.hash.slice(1));
  byId("endpoints").replaceChildren(...[...groups].flatMap(([tag, each]) => [
    make("h2", {}, tag),
    ...each.map((operation) => make("a", {
      href: `#${operation.operationId}`,
      title: `${operation.method.toUpperCase()} ${operation.path}`,
      "aria-current": operation.operationId === current ? "page" : undefined,
    }, method(operation), make("span", {}, operation.summary))),
  ]));
}

function fieldTable(schema) {
  schema = resolved(schema);
  const properties = Object.entries(schema.properties ?? {});
  if (!properties.length) return null;
  const rows = properties.map(([name, described]) => {
    const whole = { ...resolved(described), ...described };
    const meaning = [whole.description?.replace(/\s+/g, " "), bounds(whole)].filter(Boolean).join(" · ");
    return make("tr", {},
      make("td", {}, make("code", {}, name), schema.required?.includes(name) ? make("b", {}, " *") : ""),
      make("td", {}, typeOf(described)), make("td", {}, ...words(meaning)));
  });
  return make("div", { class: "table" }, make("table", {},
    make("thead", {}, make("tr", {}, make("th", {}, "Field"), make("th", {}, "Type"), make("th", {}, "Meaning"))),
    make("tbody", {}, ...rows)));
}

function input(parameter) {
  const schema = resolved(parameter.schema);
  const example = parameter.in === "path" ? schema.examples?.[0] : undefined;
  const box = schema.enum || schema.type === "boolean"
    ? make("select", {}, ...["", ...(schema.enum ?? [true, false])].map((each) => make("option", {}, String(each))))
    : make("input", {
        type: schema.type === "integer" ? "number" : "text",
        placeholder: schema.default ?? schema.examples?.[0] ?? "",
        value: example,
        spellcheck: "false",
      });
  box.dataset.in = parameter.in;
  box.dataset.name = parameter.name;
  box.required = Boolean(parameter.required);
  const hint = [parameter.description ?? schema.description, bounds(schema)].filter(Boolean).join(" · ");
  return make("label", {}, make("span", {}, parameter.name, parameter.required ? " *" : ""), box,
    hint ? make("small", {}, ...words(hint)) : null);
}

function asked(operation, form) {
  let path = operation.path;
  const query = new URLSearchParams(), headers = {};
  for (const box of form.querySelectorAll("[data-in]")) {
    const { in: place, name } = box.dataset;
    if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(box.value || `{${name}}`));
    else if (box.value === "") continue;
    else if (place === "query") query.set(name, box.value);
    else headers[name] = box.value;
  }
  const body = form.querySelector("textarea")?.value;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const url = new URL(path.slice(1) + (query.size ? `?${query}` : ""), site);
  return { method: operation.method.toUpperCase(), url, headers, body };
}

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

function curl(operation, request) {
  const lines = [`curl -X ${request.method} ${quoted(request.url.href)}`];
  const scheme = Object.keys(operation.security?.[0] ?? {})[0];
  if (scheme === "adminKey") lines.push('-H "Authorization: Bearer $ADMIN_API_KEY"');
  if (scheme === "cronSecret") lines.push('-H "Authorization: Bearer $CRON_SECRET"');
  for (const [name, value] of Object.entries(request.headers)) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (request.body) lines.push(`-d ${quoted(request.body)}`);
  return lines.join(" \\\n  ");
}

function colored(json) {
  const parts = json.split(/("(?:[^"\\]|\\.)*"(?:\s*:)?|\b(?:true|false|null)\b|-?\d[\d.eE+-]*)/);
  return parts.map((part, place) => {
    if (place % 2 === 0) return part;
    const kind = part.endsWith(":") ? "k" : part.startsWith('"') ? "s" : "n";
    return make("span", { class: kind }, part);
  });
}

function pretty(text) {
  try {
    return colored(JSON.stringify(JSON.parse(text), null, 2));
  } catch {
    return [text];
  }
}

async function send(operation, form, answer) {
  const button = form.querySelector("button[type=submit]");
  const request = asked(operation, form);
  const key = byId("key").value.trim();
  if (key) request.headers.Authorization = `Bearer ${key}`;
  button.disabled = true;
  const started = performance.now();
  try {
    const response = await fetch(request.url, { ...request, credentials: "same-origin", cache: "no-store" });
    const text = await response.text();
    show(answer, response, text, Math.round(performance.now() - started));
  } catch (error) {
    answer.replaceChildren(make("p", { class: "note" }, `Nothing came back: ${error.message}`));
  }
  button.disabled = false;
  answer.hidden = false;
  answer.scrollIntoView({ block: "nearest" });
}

function show(answer, response, text, milliseconds) {
  const wrong = response.ok || response.status === 304 ? "" : "wrong";
  const told = ["X-Request-ID", "ETag", "RateLimit", "Retry-After", "Idempotency-Replayed"]
    .filter((name) => response.headers.has(name)).map((name) => `${name}: ${response.headers.get(name)}`);
  answer.replaceChildren(
    make("div", { class: "head" }, make("h2", {}, "Answer"),
      make("span", {}, make("span", { class: `status ${wrong}` }, `${response.status} ${response.statusText}`),
        make("span", { class: "soft" }, ` · ${milliseconds} ms`))),
    make("pre", { tabindex: "0" }, ...(text ? pretty(text) : ["(nothing)"])),
    make("details", {}, make("summary", {}, "Headers"), make("pre", {}, told.join("\n"))));
}

function bodyField(operation) {
  const content = operation.requestBody?.content["application/json"];
  if (!content) return [];
  const example = JSON.stringify(content.example ?? {}, null, 2);
  const table = fieldTable(content.schema);
  return [
    make("label", { class: "whole" }, "Body",
      make("textarea", { spellcheck: "false", rows: Math.min(20, example.split("\n").length + 1) }, example)),
    table && make("details", {}, make("summary", {}, "What the body may hold"), table),
  ];
}

function answers(operation) {
  const found = new Map();
  for (const [status, response] of Object.entries(operation.responses)) {
    const content = Object.values(response.content ?? {})[0];
    if (!status.startsWith("2") || !content) continue;
    const schema = JSON.stringify(content.schema);
    found.set(schema, { content, statuses: [...(found.get(schema)?.statuses ?? []), status] });
  }
  return [...found.values()].map(({ content, statuses }) => make("details", {},
    make("summary", {}, `What comes back (${statuses.join(" or ")})`), fieldTable(content.schema),
    make("pre", {}, ...colored(JSON.stringify(content.example ?? null, null, 2)))));
}

function opened(operation) {
  const command = make("pre", { tabindex: "0", id: "curl" });
  const answer = make("section", { class: "card", id: "answer", hidden: true, "aria-live": "polite" });
  const form = make("form", { autocomplete: "off" },
    make("div", { class: "fields" }, ...(operation.parameters ?? []).map(resolved).map(input)),
    ...bodyField(operation),
    make("div", { class: "act" }, make("button", { type: "submit" }, "Send"),
      operation.method === "get" ? null : make("span", { class: "soft" }, "This is not a rehearsal: it does what it says.")));
  const rewrite = () => { command.textContent = curl(operation, asked(operation, form)); };
  form.addEventListener("input", rewrite);
  form.addEventListener("submit", (event) => { event.preventDefault(); send(operation, form, answer); });
  rewrite();
  const copy = make("button", { type: "button", class: "quiet", onclick: async () => {
    await navigator.clipboard.writeText(command.textContent);
    copy.textContent = "Copied";
  } }, "Copy");
  return [
    make("section", { class: "card" },
      make("div", { class: "where" }, method(operation), pathOf(operation.path)),
      make("h1", {}, ...words(operation.summary)), ...paragraphs(rest(operation)), form, ...answers(operation)),
    answer,
    make("section", { class: "card" }, make("div", { class: "head" }, make("h2", {}, "With curl"), copy), command),
  ];
}

function rest(operation) {
  const description = operation.description.replace(/\s*\n(?!\s*\n)/g, (space) => space.includes("\n\n") ? space : " ");
  return description.startsWith(operation.summary)
    ? description.slice(operation.summary.length).replace(/^[.:]\s*/, "")
    : description;
}

function welcome() {
  return [make("section", { class: "card" }, make("h1", {}, "Try the API"), ...paragraphs(api.info.description),
    make("p", {}, `${operations.size} endpoints. Choose one, fill in the form, and see the request as curl and the answer. ` +
      "Type the admin key above, or come on a visit from the dashboard. The key stays in this page's memory only."),
    make("p", {}, make("a", { href: "openapi.json" }, "openapi.json"), " is the whole document, for your tools."))];
}

function turn() {
  const operation = operations.get(decodeURIComponent(location.hash.slice(1)));
  byId("main").replaceChildren(...(operation ? opened(operation) : welcome()));
  byId("unfold").setAttribute("aria-expanded", "false");
  listed();
  document.querySelector("nav a[aria-current]")?.scrollIntoView({ block: "nearest" });
  if (operation) { scrollTo(0, 0); byId("main").focus({ preventScroll: true }); }
}

async function begin() {
  const response = await fetch(new URL("openapi.json", site), { cache: "no-cache" });
  api = await response.json();
  operations = new Map(Object.entries(api.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [operation.operationId, { ...operation, method, path }])));
  addEventListener("hashchange", turn);
  byId("search").addEventListener("input", listed);
  byId("access").addEventListener("submit", (event) => event.preventDefault());
  byId("unfold").addEventListener("click", (event) => {
    const isOpen = event.currentTarget.getAttribute("aria-expanded") === "true";
    event.currentTarget.setAttribute("aria-expanded", String(!isOpen));
  });
  turn();
}

begin();
