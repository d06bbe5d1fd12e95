// The users to be: a rail of pictures to switch between them, and the form that makes a new one.

import { avatar, calmly, h, icon } from "./dom.js";
import { nameOf } from "./world.js";

const LANGUAGES = {
  en: "English", de: "Deutsch", es: "Español", fr: "Français", it: "Italiano", "pt-br": "Português (Brasil)", nl: "Nederlands",
  pl: "Polski", ru: "Русский", uk: "Українська", tr: "Türkçe", ar: "العربية", fa: "فارسی", hi: "हिन्दी", id: "Bahasa Indonesia",
  sw: "Kiswahili", ja: "日本語", ko: "한국어", "zh-hans": "简体中文",
};
const NAMES = ["Ada", "Kofi", "Mei", "Jonas", "Amara", "Lucía", "Noor", "Tomás", "Ines", "Ravi", "Freya", "Sami"];

export function mountPeople(rail, dialog, world, { showTab }) {
  const draw = calmly(() => drawRail(rail, world, () => ask()));
  world.on("everything user message deleted me mail read", draw);

  function ask({ asOwner = false } = {}) {
    const form = userForm(world, { asOwner, onMade: () => (dialog.close(), showTab("chat")) });
    const title = h("h2", { id: "new-user-title" }, "New user");
    const close = h("button", { type: "button", class: "round", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"));
    dialog.replaceChildren(h("header", {}, title, close), form);
    dialog.showModal();
    form.elements.first_name.select();
  }

  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  rail.addEventListener("keydown", (event) => moveFocus(rail, event));
  return { ask, form: () => userForm(world) };
}

function drawRail(rail, world, ask) {
  const focused = document.activeElement?.closest?.(".person")?.dataset.user;
  const mails = world.unreadMails();
  const people = [...world.users.values()].map((user) => person(user, world, mails.get(user.id) ?? 0));
  const add = h("button", { type: "button", class: "person add", "aria-label": "New user", title: "New user", onclick: ask }, h("span", { class: "avatar" }, icon("plus")), h("span", { class: "name" }, "New"));
  rail.replaceChildren(...people, add);
  if (focused) rail.querySelector(`[data-user="${CSS.escape(focused)}"]`)?.focus();
}

function person(user, world, mails) {
  const isMe = user.id === world.me;
  const unread = isMe ? 0 : world.unreadMessages(user.id);
  const label = [nameOf(user), user.owner && "the owner", isMe && "that is you now", unread && `${unread} unread messages`, mails && `${mails} unread mails`, user.blocked && "has blocked the bot"];
  return h(
    "button",
    { type: "button", class: `person${isMe ? " me" : ""}${user.blocked ? " blocked" : ""}`, "aria-current": isMe ? "true" : null, "aria-label": label.filter(Boolean).join(", "),
      title: user.username ? `${nameOf(user)} @${user.username}` : nameOf(user), dataset: { user: user.id }, onclick: () => world.become(user.id) },
    h("span", { class: "portrait" }, avatar(nameOf(user), user.id), unread ? h("b", { class: "badge" }, String(unread)) : null, mails ? h("i", { class: "mail-dot" }, icon("mail")) : null, user.blocked ? h("i", { class: "block-dot" }, icon("block")) : null),
    h("span", { class: "name" }, user.first_name),
    user.owner ? h("span", { class: "role" }, "owner") : null,
  );
}

function moveFocus(rail, event) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const people = [...rail.children];
  event.preventDefault();
  people[(people.indexOf(document.activeElement) + step + people.length) % people.length]?.focus();
}

function field(label, input, note) {
  return h("label", { class: "field" }, h("span", {}, label, note ? h("small", {}, note) : null), input);
}

// Nobody is asked once there is an owner: there is one only.
function roleChoice(asOwner) {
  const choice = (role, title, note, isChosen) =>
    h("label", {}, h("input", { type: "radio", name: "role", value: role, checked: isChosen }), h("span", {}, h("b", {}, title), h("small", {}, note)));
  return h("fieldset", { class: "roles" }, h("legend", {}, "Be"), choice("member", "a member", "who gets the messages", !asOwner), choice("owner", "the owner", "who also runs the bot: /admin", asOwner));
}

function userForm(world, { asOwner = false, onMade } = {}) {
  const taken = new Set([...world.users.values()].map((user) => user.first_name));
  const suggestion = NAMES.find((name) => !taken.has(name)) ?? "";
  const language = [...Object.keys(LANGUAGES)].find((code) => navigator.language.toLowerCase().startsWith(code)) ?? "en";
  const options = Object.entries(LANGUAGES).map(([code, name]) => h("option", { value: code, selected: code === language }, name));
  const problem = h("p", { class: "problem", role: "alert" });
  const form = h(
    "form",
    { class: "user-form", autocomplete: "off", onsubmit: create },
    field("First name", h("input", { name: "first_name", required: true, maxlength: "64", value: suggestion, spellcheck: "false" })),
    field("Username", h("span", { class: "prefixed" }, h("i", { "aria-hidden": "true" }, "@"), h("input", { name: "username", maxlength: "32", pattern: "@?[A-Za-z][A-Za-z0-9_]{3,31}", title: "5 to 32 letters, digits or _", spellcheck: "false", autocapitalize: "off" })), "optional"),
    field("Language", h("select", { name: "language_code" }, options)),
    world.owner ? null : roleChoice(asOwner),
    problem,
    h("button", { class: "button main" }, "Create user"),
  );

  async function create(event) {
    event.preventDefault();
    const { first_name, username, language_code, role } = Object.fromEntries(new FormData(form));
    const person = { first_name: first_name.trim(), language_code, owner: role === "owner" };
    if (username.trim()) person.username = username.trim().replace(/^@/, "");
    try {
      await world.createUser(person);
      onMade?.();
    } catch (error) {
      problem.textContent = error.message;
    }
  }
  return form;
}
