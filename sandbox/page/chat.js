// The chat with the bot, as in Telegram.

import { api } from "./api.js";
import { h, icon, reconcile, toast } from "./dom.js";
import { dayHeading, dayKey, exact, instant, timeOfDay } from "./moments.js";
import { chatFragment } from "./safe_html.js";
import { askPlace } from "./places.js";
import { isFromUser, nameOf, userOf } from "./world.js";

const NEAR = 5 * 60_000; // ms between two bubbles of one group
const PATIENCE = 8000; // ms to show that the bot is thinking, at most

export function mountChat(place, { alertDialog, placeDialog }, world, { people }) {
  const view = new Chat(place, alertDialog, placeDialog, world, people);
  world.on("everything me", () => view.showPerson());
  world.on("message edited deleted", (news) => userOf(news) === world.me && view.showMessages(news));
  world.on("user", (user) => (user.id === world.me || world.users.size === 1) && view.showPerson());
  world.on("bot", () => view.showHeader());
  world.on("clock", () => view.showToday());
  return view;
}

class Chat {
  #bubbles = new Map(); // message id → {signature, node}
  #shownFor = undefined;
  #waiting = 0;

  constructor(place, alertDialog, placeDialog, world, people) {
    Object.assign(this, { place, alertDialog, placeDialog, world, people });
    this.header = h("header", { class: "chat-head" });
    this.log = h("div", { class: "log", role: "log", "aria-label": "Messages", tabindex: "0" });
    this.toEnd = h("button", { type: "button", class: "round to-end", "aria-label": "To the newest message", hidden: true, onclick: () => this.scrollToEnd("smooth") }, icon("down"));
    this.foot = h("footer", { class: "chat-foot" });
    this.isFollowing = true;
    this.lastTop = 0;
    this.log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.log.addEventListener("load", () => this.isFollowing && this.scrollToEnd("instant"), true); // a picture makes room for itself
    new ResizeObserver(() => this.isFollowing && this.scrollToEnd("instant")).observe(this.log);
  }

  // ---- who is here ----

  showPerson() {
    const { me } = this.world;
    if (me === null) return this.#showWelcome();
    if (this.#shownFor !== me) this.#bubbles.clear();
    const isOther = this.#shownFor !== me;
    this.#shownFor = me;
    if (this.log.parentElement !== this.wallpaper || !this.wallpaper) this.#assemble();
    if (isOther) this.#waiting = 0;
    this.showHeader();
    this.#showLog();
    this.#showFoot(isOther);
    this.#showKeys();
    if (isOther) this.scrollToEnd("instant");
  }

  #assemble() {
    this.wallpaper = h("div", { class: "wallpaper" }, this.log, this.toEnd);
    this.place.replaceChildren(this.header, this.wallpaper, this.foot);
  }

  #showWelcome() {
    if (this.place.querySelector(".welcome")) return;
    this.wallpaper = null;
    this.#shownFor = null;
    this.place.replaceChildren(
      h("div", { class: "wallpaper welcome" },
        h("div", { class: "card" },
          h("img", { src: "/page/mark.svg", alt: "", width: "56", height: "56" }),
          h("h2", {}, "Who do you want to be?"),
          h("p", {}, "Here you are the one who writes to the bot and reads its emails. Nothing leaves this machine."),
          this.people.form())),
    );
  }

  showHeader() {
    const me = this.world.myself;
    if (!me) return;
    const name = this.world.bot.first_name || this.world.bot.username || "Tendril";
    const status = me.blocked ? "blocked by you" : this.#waiting ? h("span", { class: "typing" }, "typing", h("i"), h("i"), h("i")) : "bot";
    const toggle = me.blocked
      ? h("button", { type: "button", class: "button quiet", onclick: () => this.setBlocked(false) }, icon("check"), h("span", {}, "Unblock the bot"))
      : h("button", { type: "button", class: "button quiet danger", onclick: () => this.setBlocked(true) }, icon("block"), h("span", {}, "Block the bot"));
    this.header.replaceChildren(
      h("img", { class: "avatar", src: "/page/mark.svg", alt: "" }),
      h("div", { class: "who" }, h("h2", {}, name), h("p", { class: me.blocked ? "bad" : "" }, status)),
      h("p", { class: "as" }, "You are ", h("b", {}, nameOf(me))),
      toggle,
    );
  }

  async setBlocked(blocked) {
    const id = this.world.me;
    const user = await (blocked ? api.block(id) : api.unblock(id));
    this.world.users.set(id, { ...this.world.users.get(id), ...(user?.id ? user : {}), blocked });
    this.world.dispatchEvent(new CustomEvent("user", { detail: this.world.users.get(id) }));
  }

  // ---- messages ----

  showMessages(news) {
    const wasAtEnd = this.isFollowing;
    if (news && !isFromUser(news)) this.#wait(false);
    if (!this.world.commands.length) this.world.readCommands();
    this.#showLog();
    if (news && isFromUser(news)) this.#showFoot();
    this.#showKeys();
    if (wasAtEnd || (news && isFromUser(news))) this.scrollToEnd("smooth");
    else this.#offerEnd(true);
  }

  // Yesterday's "Today" becomes "Yesterday".
  showToday() {
    const today = dayKey(this.world.now());
    if (today === this.today || this.world.me === null) return;
    this.today = today;
    this.#showLog();
  }

  #showLog() {
    const messages = this.world.chatOf(this.world.me);
    if (!messages.length) return this.log.replaceChildren(this.#emptyState());
    const days = new Map(); // day → its heading and bubbles, so that a heading sticks for its own day only
    messages.forEach((message, index) => {
      const at = instant(message.date);
      const bubble = this.#bubble(message, startsGroup(messages[index - 1], message), startsGroup(message, messages[index + 1]));
      const day = dayKey(at);
      if (!days.has(day)) days.set(day, [this.#dayHeading(day, at)]);
      days.get(day).push(bubble);
    });
    reconcile(this.log, [...days].map(([day, nodes]) => this.#daySection(day, nodes)));
  }

  #dayHeading(day, at) {
    const text = dayHeading(at, this.world.now());
    const known = this.#sectionOf(day)?.firstElementChild;
    return known?.textContent === text ? known : h("div", { class: "day" }, h("time", {}, text));
  }

  #sectionOf(day) {
    return [...this.log.children].find((section) => section.dataset.day === day);
  }

  #daySection(day, nodes) {
    const section = this.#sectionOf(day) ?? h("div", { class: "day-section", dataset: { day } });
    reconcile(section, nodes);
    return section;
  }

  #emptyState() {
    return h("div", { class: "nothing" }, h("img", { src: "/page/mark.svg", alt: "", width: "64", height: "64" }), h("p", {}, "Say ", h("b", {}, "/start"), " to the bot to begin."));
  }

  #bubble(message, isFirst, isLast) {
    const signature = JSON.stringify([message, isFirst, isLast]);
    const known = this.#bubbles.get(message.message_id);
    if (known?.signature === signature) return known.node;
    const node = this.#newBubble(message, isFirst, isLast, !known);
    this.#bubbles.set(message.message_id, { signature, node });
    return node;
  }

  #newBubble(message, isFirst, isLast, isNew) {
    const mine = isFromUser(message);
    const at = instant(message.date);
    const text = h("div", { class: "text", dir: "auto" });
    const hooks = { onCommand: (command) => this.say(command), onLink: (address, event) => this.#followLink(address, event) };
    text.append(chatFragment(message.html ?? escaped(message.text ?? ""), hooks));
    const edited = message.edit_date ? "edited " : "";
    const stamp = h("span", { class: "stamp" }, h("time", { datetime: new Date(at).toISOString(), title: exact(at) }, edited + timeOfDay(at)), mine ? icon("checks") : null);
    const media = message.media ? mediaOf(message.media) : null;
    const body = h("div", { class: "bubble" }, h("span", { class: "sr" }, mine ? "You: " : "Bot: "), media, text, stamp);
    const classes = ["message", mine ? "mine" : "theirs", edited && "edited", isFirst && "first", isLast && "last", isNew && this.log.childElementCount && "new"];
    const buttons = mine ? null : this.#keyboard(message);
    return h("div", { class: classes.filter(Boolean).join(" "), dataset: { message: message.message_id } }, body, buttons);
  }

  #keyboard(message) {
    const rows = (message.buttons ?? []).filter((row) => row.length);
    if (!rows.length) return null;
    return h("div", { class: "keyboard" }, rows.map((row) => h("div", { class: "row" }, row.map((button) => this.#key(message, button)))));
  }

  #key(message, button) {
    if (button.url) {
      const isWeb = /^https?:/i.test(button.url);
      return h("a", { class: "key", href: isWeb ? button.url : null, target: "_blank", rel: "noopener noreferrer", title: button.url, onclick: (event) => this.#followLink(button.url, event) }, h("span", {}, button.text), icon("away"));
    }
    return h("button", { type: "button", class: "key", onclick: (event) => this.#tap(message, button, event.currentTarget) }, h("span", {}, button.text));
  }

  async #tap(message, button, key) {
    const place = message.buttons.flat().findIndex((other) => other === button);
    key.classList.add("busy");
    try {
      const answer = await api.tap(this.world.me, message.message_id, place);
      this.#showAnswer(answer ?? {});
    } finally {
      key.classList.remove("busy");
    }
  }

  #showAnswer(answer) {
    if (answer.answered === false) return toast("The bot has not answered the tap.", "bad");
    if (answer.copied) return navigator.clipboard?.writeText(answer.copied).then(() => toast("Copied"));
    if (answer.url) return window.open(answer.url, "_blank", "noopener,noreferrer");
    if (!answer.text) return;
    if (!answer.show_alert) return toast(answer.text);
    const close = h("button", { type: "button", class: "button main", autofocus: true, onclick: () => this.alertDialog.close() }, "OK");
    this.alertDialog.replaceChildren(h("p", {}, answer.text), close);
    this.alertDialog.showModal();
  }

  // A deep link to this bot is what Telegram would make of it: "/start PAYLOAD", said here.
  #followLink(address, event) {
    const deep = /^(?:https?:\/\/(?:t|telegram)\.me\/|tg:\/\/resolve\?domain=)(\w+)(?:[?&]start=([\w-]*))?/i.exec(address);
    if (!deep || deep[1].toLowerCase() !== String(this.world.bot.username).toLowerCase()) return;
    event.preventDefault();
    this.say(deep[2] ? `/start ${deep[2]}` : "/start");
  }

  // ---- writing ----

  #showFoot(isOther = false) {
    const me = this.world.myself;
    const started = me.started || this.world.chatOf(this.world.me).length > 0;
    const kind = me.blocked ? "blocked" : started ? "composer" : "start";
    if (this.foot.dataset.kind === kind && !isOther) return;
    const hadFocus = this.foot.contains(document.activeElement);
    this.foot.dataset.kind = kind;
    if (kind === "composer") {
      this.foot.replaceChildren(...this.#composer());
      if (hadFocus) this.input.focus();
    } else if (kind === "start") this.foot.replaceChildren(this.#wideButton("Start", () => this.say("/start")));
    else this.foot.replaceChildren(this.#wideButton("Unblock the bot", () => this.setBlocked(false)));
  }

  // The keys that the bot put in place of the keyboard, if its newest message with keys still stands.
  #showKeys() {
    const rows = this.world.chatOf(this.world.me).findLast((message) => message.keys?.length || message.removes_keyboard)?.keys ?? [];
    const wanted = this.foot.dataset.kind === "composer" ? JSON.stringify(rows) : "[]";
    const shown = this.foot.querySelector(".keys");
    if ((shown?.dataset.rows ?? "[]") === wanted) return;
    shown?.remove();
    if (wanted === "[]") return;
    const keys = rows.map((row) => h("div", { class: "row" }, row.map((key) => h("button", { type: "button", class: "button", onclick: () => this.#press(key) }, key.text))));
    this.foot.append(h("div", { class: "keys", dataset: { rows: wanted } }, keys));
  }

  #press(key) {
    return key.request_location ? this.#share() : this.say(key.text);
  }

  #share() {
    askPlace(this.placeDialog, (location) => this.#send((me) => api.share(me, location)));
  }

  async #showPicture(file) {
    const bytes = new Uint8Array(await file.files[0].arrayBuffer());
    const photo = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    const caption = this.input.value.trim();
    await this.#send((me) => api.showPicture(me, photo, caption));
    file.value = this.input.value = "";
  }

  #wideButton(text, act) {
    return h("button", { type: "button", class: "wide", onclick: act }, text);
  }

  #composer() {
    this.suggestions = h("ul", { class: "suggestions", role: "listbox", id: "suggestions", "aria-label": "Commands", hidden: true });
    this.input = h("textarea", { rows: "1", placeholder: "Message", "aria-label": "Message to the bot", maxlength: "4096", enterkeyhint: "send",
      "aria-autocomplete": "list", "aria-controls": "suggestions",
      onfocus: () => this.world.readCommands(), oninput: () => this.#suggest(), onkeydown: (event) => this.#keyInComposer(event), onblur: () => setTimeout(() => this.#hideSuggestions(), 150) });
    const menu = h("button", { type: "button", class: "menu", "aria-label": "Commands", title: "Commands", onmousedown: (event) => event.preventDefault(), onclick: () => this.#toggleMenu() }, "/");
    const share = h("button", { type: "button", class: "menu", "aria-label": "Share a location", title: "Share a location", onclick: () => this.#share() }, icon("pin"));
    const file = h("input", { type: "file", accept: "image/png,image/jpeg", hidden: true, onchange: () => this.#showPicture(file) });
    const attach = h("button", { type: "button", class: "menu", "aria-label": "Send a picture", title: "Send a picture, with what is written as its caption", onclick: () => file.click() }, icon("image"));
    const send = h("button", { class: "send", "aria-label": "Send" }, icon("send"));
    const form = h("form", { class: "composer", onsubmit: (event) => (event.preventDefault(), this.#sendDraft()) }, menu, this.input, file, attach, share, send);
    return [this.suggestions, form];
  }

  prefill(text) {
    if (!this.input?.isConnected) return;
    this.input.value = text;
    this.input.focus();
    this.#suggest();
  }

  // Brings a message into view, for example one with a button to press.
  show(message) {
    this.log.querySelector(`[data-message="${message?.message_id}"]`)?.scrollIntoView({ block: "center", behavior: "smooth" });
  }

  async #sendDraft() {
    const text = this.input.value.trim();
    if (!text) return this.input.focus();
    this.input.value = "";
    this.#suggest();
    await this.say(text).catch((error) => {
      this.input.value = text;
      throw error;
    });
  }

  say(text) {
    return this.#send((me) => api.say(me, text));
  }

  async #send(send) {
    this.#wait(true);
    await send(this.world.me).catch((error) => {
      this.#wait(false);
      throw error;
    });
  }

  #wait(isWaiting) {
    clearTimeout(this.#waiting);
    this.#waiting = isWaiting ? setTimeout(() => this.#giveUp(), PATIENCE) : 0;
    this.showHeader();
  }

  async #giveUp() {
    this.#wait(false);
    await this.world.readBot();
    if (this.world.bot.connected === false) toast("The bot does not fetch its messages. Is it running?", "bad");
  }

  // ---- command suggestions ----

  #suggest(all = false) {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 160)}px`;
    const draft = this.input.value.toLowerCase();
    const isCommand = /^\/\w*$/.test(draft);
    const fitting = this.world.commands.filter((command) => all || (isCommand && `/${command.command}`.startsWith(draft)));
    this.suggestions.replaceChildren(...fitting.map((command, index) => this.#suggestion(command, index)));
    this.suggestions.hidden = !fitting.length;
    this.#choose(fitting.length && draft.length > 1 ? 0 : -1);
  }

  #suggestion({ command, description }, index) {
    return h("li", { role: "option", id: `suggestion-${index}`, "aria-selected": "false", dataset: { command }, onmousedown: (event) => event.preventDefault(), onclick: () => this.#accept(command) }, h("b", {}, `/${command}`), h("span", {}, description));
  }

  #choose(index) {
    const options = [...this.suggestions.children];
    this.chosen = options.length && index >= -1 ? (index === -1 ? -1 : (index + options.length) % options.length) : -1;
    options.forEach((option, place) => option.setAttribute("aria-selected", String(place === this.chosen)));
    options[this.chosen]?.scrollIntoView({ block: "nearest" });
    this.chosen < 0 ? this.input.removeAttribute("aria-activedescendant") : this.input.setAttribute("aria-activedescendant", `suggestion-${this.chosen}`);
  }

  async #toggleMenu() {
    if (!this.suggestions.hidden) return this.#hideSuggestions();
    this.input.focus();
    await this.world.readCommands();
    this.#suggest(true);
    if (this.suggestions.hidden) toast("The bot has not named its commands.");
  }

  #hideSuggestions() {
    this.suggestions.hidden = true;
    this.input.removeAttribute("aria-activedescendant");
  }

  // What needs an argument is completed; the rest is said at once, as Telegram does.
  #accept(command) {
    this.#hideSuggestions();
    if (command === "email") return this.prefill(`/${command} `);
    this.input.value = `/${command}`;
    this.#sendDraft();
  }

  #keyInComposer(event) {
    const isOpen = !this.suggestions.hidden;
    if (event.isComposing) return;
    if (isOpen && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.#choose(this.chosen + (event.key === "ArrowDown" ? 1 : this.chosen < 0 ? 0 : -1));
    } else if (isOpen && event.key === "Escape") this.#hideSuggestions();
    else if (isOpen && event.key === "Tab" && this.chosen >= 0) {
      event.preventDefault();
      this.prefill(`/${this.suggestions.children[this.chosen].dataset.command} `);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (isOpen && this.chosen >= 0) this.#accept(this.suggestions.children[this.chosen].dataset.command);
      else this.#sendDraft();
    }
  }

  // ---- scrolling ----

  // Only scrolling back stops the following: the log also moves when the room around it changes.
  #scrolled() {
    if (this.#isAtEnd()) this.isFollowing = true;
    else if (this.log.scrollTop < this.lastTop - 1) this.isFollowing = false;
    this.lastTop = this.log.scrollTop;
    this.#offerEnd();
  }

  #isAtEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
  }

  scrollToEnd(behavior) {
    this.isFollowing = true;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.log.scrollTo({ top: this.log.scrollHeight, behavior: calm ? "instant" : behavior });
    this.toEnd.hidden = true;
  }

  #offerEnd(hasNews = false) {
    if (this.#isAtEnd()) this.toEnd.hidden = true;
    else if (hasNews || this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight > 400) this.toEnd.hidden = false;
  }
}

function startsGroup(before, message) {
  if (!before || !message) return true;
  const gap = instant(message.date) - instant(before.date);
  return isFromUser(before) !== isFromUser(message) || gap > NEAR || dayKey(instant(before.date)) !== dayKey(instant(message.date));
}

function mediaOf({ location, photo, document: file, ...other }) {
  const line = (name, ...parts) => h("span", { class: "media" }, icon(name), ...parts);
  if (location) return line("pin", `${location.latitude}, ${location.longitude}`);
  if (photo) return pictureOf(photo[0].file_id, line("image", "photo"));
  if (file) return line("file", h("a", { href: fileAddress(file.file_id), download: file.file_name ?? "file" }, file.file_name ?? "file"));
  return line("image", Object.keys(other).join(", "));
}

// What was sent before the sandbox was restarted is no longer there.
function pictureOf(id, otherwise) {
  const address = fileAddress(id);
  const picture = h("img", { class: "photo", src: address, alt: "Photo", onerror: () => link.replaceWith(otherwise) });
  const link = h("a", { href: address, target: "_blank", rel: "noopener" }, picture);
  return link;
}

function fileAddress(id) {
  return `/control/files/${encodeURIComponent(id)}`;
}

function escaped(text) {
  const box = document.createElement("div");
  box.textContent = text;
  return box.innerHTML;
}
