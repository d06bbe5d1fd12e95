// The inbox of everybody here, as in a mail client: the list, the reading pane, and what can become of a mail.

import { api } from "./api.js";
import { avatar, calmly, h, icon, plural, reconcile, toast } from "./dom.js";
import { exact, instant, stamp } from "./moments.js";
import { hasDarkColors, hasRemotePictures, linksOf, mailDocument, preheaderOf } from "./safe_html.js";
import { addressIn, nameOf, recipientsOf, senderName, stateOf } from "./world.js";

// What a provider's word for a mail's fate means to a reader: [label, tone].
const STATES = {
  queued: ["Queued", ""], scheduled: ["Scheduled", ""], sent: ["Sent", ""], delivered: ["Delivered", "calm"], delivery_delayed: ["Delayed", "warn"],
  opened: ["Opened", "good"], clicked: ["Clicked", "good"], soft_bounced: ["Soft bounce", "warn"], bounced: ["Bounced", "bad"],
  complained: ["Spam", "bad"], suppressed: ["Suppressed", "bad"], failed: ["Failed", "bad"], canceled: ["Canceled", ""],
};

const ACTIONS = [
  { event: "open", label: "Mark opened", icon: "opened", said: "The sender hears: opened." },
  { event: "click", label: "Click a link", icon: "cursor", said: "The sender hears: clicked." },
  { event: "bounce", label: "Bounce", icon: "bounce", said: "The sender hears: this address does not exist." },
  { event: "soft_bounce", label: "Soft bounce", icon: "soft", said: "The sender hears: mailbox full, try later." },
  { event: "complain", label: "Mark spam", icon: "spam", said: "The sender hears: reported as spam." },
];

const ROWS = 200; // the newest mails; older ones are shown on demand

const TABS = [["html", "HTML"], ["text", "Plain text"], ["headers", "Headers & tags"]];

export function mountInbox(place, world) {
  const view = new Inbox(place, world);
  world.on("everything mail mail_event read message user", calmly(() => view.show()));
  world.on("clock", () => view.showStamps());
  return view;
}

class Inbox {
  #preheaders = new Map();
  #rows = new Map(); // mail id → {signature, node}
  #drawn = "";

  constructor(place, world) {
    Object.assign(this, { place, world, address: null, selected: null, rows: ROWS, tab: "html", width: "desktop", images: new Set() });
    this.dark = matchMedia("(prefers-color-scheme: dark)").matches;
    this.list = h("div", { class: "mail-list", role: "listbox", "aria-label": "Mails", tabindex: "-1" });
    this.head = h("header", { class: "list-head" });
    this.reading = h("article", { class: "reading", "aria-label": "Mail" });
    place.append(h("div", { class: "list-side" }, this.head, this.list), this.reading);
    document.addEventListener("pointerdown", ({ target }) => target.closest(".dropdown") || this.reading.querySelector(".dropdown[open]")?.removeAttribute("open"));
    this.list.addEventListener("keydown", (event) => this.#keyInList(event));
    this.#drawReading();
  }

  show() {
    if (this.selected && !this.world.mails.has(this.selected)) this.selected = null;
    this.place.classList.toggle("is-reading", this.selected !== null);
    if (this.address && !this.world.addresses().includes(this.address)) this.address = null;
    this.#drawHead();
    this.#drawList();
    this.#drawReading();
  }

  // ---- the list ----

  #drawHead() {
    const unread = this.world.unreadMailCount;
    const addresses = this.world.addresses();
    const filter = h("select", { "aria-label": "Show mail of", onchange: (event) => ((this.address = event.target.value || null), this.show()) },
      h("option", { value: "" }, "Everybody’s mail"), addresses.map((address) => h("option", { value: address, selected: address === this.address }, address)));
    this.head.replaceChildren(h("h2", {}, "Inbox", unread ? h("b", { class: "badge" }, String(unread)) : null), addresses.length > 1 ? filter : "");
  }

  #drawList() {
    const mails = this.world.inbox(this.address);
    this.place.classList.toggle("is-empty", !mails.length);
    if (!mails.length) return this.list.replaceChildren(this.#emptyList());
    const hadFocus = this.list.contains(document.activeElement);
    const current = this.selected ?? mails[0].id;
    const rows = mails.slice(0, this.rows).map((mail) => this.#rowOf(mail, mail.id === current));
    reconcile(this.list, mails.length > rows.length ? [...rows, this.#older(mails.length - rows.length)] : rows);
    if (hadFocus && !this.list.contains(document.activeElement)) this.list.querySelector('[tabindex="0"]')?.focus();
    this.showStamps();
  }

  #older(count) {
    return h("button", { type: "button", class: "button quiet older", onclick: () => ((this.rows += ROWS), this.show()) }, `Show older (${plural(count, "mail")})`);
  }

  #rowOf(mail, isCurrent) {
    const signature = JSON.stringify([mail.last_event, isCurrent, mail.id === this.selected, this.world.isUnread(mail), this.world.ownerOf(mail)]);
    const known = this.#rows.get(mail.id);
    if (known?.signature === signature) return known.node;
    const node = this.#row(mail, isCurrent);
    if (!known && this.list.querySelector(".mail-row")) node.classList.add("new");
    this.#rows.set(mail.id, { signature, node });
    return node;
  }

  #emptyList() {
    return h("div", { class: "nothing" }, icon("mail"), h("h3", {}, "No mail yet"), h("p", {}, "Give the bot an address, for example ", h("code", {}, "/email ada@example.com"), ". Every mail to any address lands here."));
  }

  #row(mail, isCurrent) {
    const unread = this.world.isUnread(mail);
    const [to] = recipientsOf(mail);
    const owner = this.world.users.get(this.world.ownerOf(mail));
    const label = [unread && "Unread", `from ${senderName(mail.from)}`, mail.subject, `to ${to}`, stateLabel(mail)];
    return h("div",
      { class: `mail-row${unread ? " unread" : ""}`, role: "option", id: `mail-${mail.id}`, tabindex: isCurrent ? "0" : "-1", "aria-selected": String(mail.id === this.selected), "aria-label": label.filter(Boolean).join(", "), dataset: { mail: mail.id }, onclick: () => this.open(mail) },
      avatar(owner ? nameOf(owner) : to, owner?.id ?? to, "small"),
      h("span", { class: "from" }, senderName(mail.from)),
      h("time", { dataset: { at: instant(mail.created_at) } }, stamp(instant(mail.created_at), this.world.now())),
      h("span", { class: "subject", dir: "auto" }, mail.subject || "(no subject)"),
      h("span", { class: "preheader", dir: "auto" }, this.#preheader(mail)),
      h("span", { class: "to" }, `to ${to}`),
      stateBadge(mail));
  }

  #preheader(mail) {
    if (!this.#preheaders.has(mail.id)) this.#preheaders.set(mail.id, preheaderOf(mail));
    return this.#preheaders.get(mail.id);
  }

  showStamps() {
    for (const time of this.list.querySelectorAll("time")) time.textContent = stamp(Number(time.dataset.at), this.world.now());
  }

  #keyInList(event) {
    const rows = [...this.list.querySelectorAll(".mail-row")];
    const here = rows.indexOf(document.activeElement);
    const target = { ArrowDown: here + 1, ArrowUp: here - 1, j: here + 1, k: here - 1, Home: 0, End: rows.length - 1, Enter: here, " ": here }[event.key];
    const row = rows[target];
    if (!row) return;
    event.preventDefault();
    this.open(this.world.mails.get(row.dataset.mail));
    this.list.querySelector(`[data-mail="${CSS.escape(row.dataset.mail)}"]`)?.focus();
  }

  // ---- the reading pane ----

  open(mail) {
    this.selected = mail.id;
    this.tab = "html";
    this.world.markRead(mail);
    this.show();
  }

  #close() {
    const row = this.selected;
    this.selected = null;
    this.show();
    this.list.querySelector(`[data-mail="${CSS.escape(row)}"]`)?.focus();
  }

  #drawReading() {
    const mail = this.world.mails.get(this.selected);
    const drawn = JSON.stringify([mail, this.tab, this.width, this.dark, this.images.has(this.selected)]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const focused = this.reading.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    this.reading.replaceChildren(...(mail ? this.#page(mail) : [nothingOpen()]));
    if (focused) this.reading.querySelector(`[data-key="${focused}"]`)?.focus();
  }

  #page(mail) {
    return [this.#toolbar(mail), this.#letterhead(mail), this.#viewBar(mail), this.#panel(mail)];
  }

  #toolbar(mail) {
    const back = h("button", { type: "button", class: "round back", "aria-label": "Back to the list", dataset: { key: "back" }, onclick: () => this.#close() }, icon("back"));
    return h("div", { class: "toolbar", role: "toolbar", "aria-label": "What becomes of this mail" }, back, ACTIONS.map((action) => (action.event === "click" ? this.#clickMenu(mail, action) : this.#action(mail, action))));
  }

  #action(mail, action) {
    const act = () => this.#report(mail, action, {});
    return h("button", { type: "button", class: `tool ${action.event}`, title: action.said, "aria-label": action.label, dataset: { key: action.event }, onclick: act }, icon(action.icon), h("span", {}, action.label));
  }

  #clickMenu(mail, action) {
    const links = linksOf(mail.html);
    const choose = (url, event) => (event.currentTarget.closest("details").removeAttribute("open"), this.#report(mail, action, { url }));
    const items = links.map(({ url, text }) => h("button", { type: "button", role: "menuitem", onclick: (event) => choose(url, event) }, h("b", {}, text), h("small", {}, url)));
    const menu = h("div", { class: "menu-sheet", role: "menu" }, items.length ? items : h("p", {}, "This mail has no links."));
    const details = h("details", { class: "dropdown", onkeydown: (event) => event.key === "Escape" && event.currentTarget.removeAttribute("open"), onfocusout: closeWhenLeft },
      h("summary", { class: "tool click", title: action.said, "aria-label": action.label, dataset: { key: "click" } }, icon(action.icon), h("span", {}, action.label), icon("down")), menu);
    return details;
  }

  async #report(mail, action, details) {
    const { webhook } = await api.mailEvent(mail.id, action.event, details);
    if (webhook === null) toast("Noted here. Nobody is told: no webhook address is set.");
    else if (webhook && !webhook.delivered) toast(`The webhook was not accepted (${webhook.status ?? "no answer"}).`, "bad");
    else toast(action.said);
  }

  #letterhead(mail) {
    const at = instant(mail.created_at);
    const unsubscribe = /<(https?:[^>]+)>/i.exec(headerOf(mail, "List-Unsubscribe") ?? "")?.[1];
    return h("header", { class: "letterhead" },
      h("h2", { dir: "auto" }, mail.subject || "(no subject)"), stateBadge(mail),
      h("div", { class: "parties" }, avatar(senderName(mail.from), mail.from),
        h("p", {}, h("b", {}, senderName(mail.from)), h("span", {}, addressIn(mail.from)),
          unsubscribe ? h("a", { class: "unsubscribe", href: unsubscribe, target: "_blank", rel: "noopener noreferrer", title: "The address in the List-Unsubscribe header" }, "Unsubscribe") : null,
          h("br"), h("span", {}, `to ${[mail.to].flat().join(", ")}`)),
        h("time", { datetime: mail.created_at }, exact(at))));
  }

  #viewBar(mail) {
    const tabs = TABS.map(([name, label]) => h("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-selected": String(this.tab === name), "aria-controls": "mail-panel", tabindex: this.tab === name ? "0" : "-1", dataset: { key: `tab-${name}` }, onclick: () => this.#set({ tab: name }), onkeydown: (event) => this.#keyInTabs(event, name) }, label));
    const tools = this.tab === "html" ? this.#previewTools(mail) : null;
    return h("div", { class: "view-bar" }, h("div", { class: "segments tabs-of-mail", role: "tablist", "aria-label": "Parts of the mail" }, tabs), tools);
  }

  #previewTools(mail) {
    const pictures = hasRemotePictures(mail.html) ? this.#switch("image", "Load pictures (a tracking pixel tells the sender that you opened it)", this.images.has(mail.id), () => this.#togglePictures(mail)) : null;
    return h("div", { class: "preview-tools" }, pictures,
      h("div", { class: "segments widths", role: "group", "aria-label": "Width" },
        this.#switch("desktop", "Desktop width", this.width === "desktop", () => this.#set({ width: "desktop" })), this.#switch("phone", "Phone width", this.width === "phone", () => this.#set({ width: "phone" }))),
      h("div", { class: "segments", role: "group", "aria-label": "Colors" },
        this.#switch("sun", "Light", !this.dark, () => this.#set({ dark: false })), this.#switch("moon", "Dark", this.dark, () => this.#set({ dark: true }))));
  }

  #switch(symbol, label, isOn, act) {
    return h("button", { type: "button", class: "segment", "aria-pressed": String(isOn), "aria-label": label, title: label, dataset: { key: symbol }, onclick: act }, icon(symbol));
  }

  #set(changes) {
    Object.assign(this, changes);
    this.#drawReading();
  }

  #togglePictures(mail) {
    this.images.has(mail.id) ? this.images.delete(mail.id) : this.images.add(mail.id);
    this.#drawReading();
  }

  #keyInTabs(event, name) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const names = TABS.map(([tab]) => tab);
    const next = names[(names.indexOf(name) + step + names.length) % names.length];
    this.#set({ tab: next });
    this.reading.querySelector(`#tab-${next}`).focus();
  }

  #panel(mail) {
    const content = { html: () => this.#frame(mail), text: () => h("pre", { class: "plain", dir: "auto", tabindex: "0" }, mail.text || "This mail has no plain text part."), headers: () => headerTable(mail) }[this.tab]();
    return h("div", { class: `panel ${this.tab} ${this.tab === "html" ? this.width : ""}`, role: "tabpanel", id: "mail-panel", "aria-labelledby": `tab-${this.tab}` }, content);
  }

  #frame(mail) {
    const frame = h("iframe", { title: `Mail: ${mail.subject}`, sandbox: "allow-popups allow-popups-to-escape-sandbox", referrerpolicy: "no-referrer" });
    frame.srcdoc = mailDocument(mail.html || `<pre style="white-space:pre-wrap">${escapeText(mail.text ?? "")}</pre>`, { dark: this.dark, images: this.images.has(mail.id) });
    return h("div", { class: this.dark && hasDarkColors(mail.html) ? "frame dark-paper" : "frame" }, frame);
  }
}

function nothingOpen() {
  return h("div", { class: "nothing" }, icon("opened"), h("h3", {}, "Nothing open"), h("p", {}, "Choose a mail to read it as its recipient, then say what becomes of it: opened, clicked, bounced or spam."));
}

function stateLabel(mail) {
  const state = stateOf(mail);
  return STATES[state]?.[0] ?? state.replaceAll("_", " ");
}

function stateBadge(mail) {
  return h("span", { class: `state ${STATES[stateOf(mail)]?.[1] ?? ""}` }, stateLabel(mail));
}

function headerOf(mail, name) {
  return Object.entries(mail.headers ?? {}).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}

function headerTable(mail) {
  const tags = Array.isArray(mail.tags) ? mail.tags.map(({ name, value }) => [name, value]) : Object.entries(mail.tags ?? {});
  const known = [["From", mail.from], ["To", [mail.to].flat().join(", ")], ["Subject", mail.subject], ["Date", mail.created_at], ["Id", mail.id]];
  return h("div", { class: "tables", tabindex: "0" }, table("Headers", [...known, ...Object.entries(mail.headers ?? {})]), table("Tags", tags));
}

function table(title, rows) {
  const lines = rows.map(([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, String(value ?? ""))));
  return h("table", {}, h("caption", {}, title), h("tbody", {}, lines.length ? lines : h("tr", {}, h("td", {}, "None"))));
}

function closeWhenLeft({ currentTarget, relatedTarget }) {
  if (relatedTarget && !currentTarget.contains(relatedTarget)) currentTarget.removeAttribute("open");
}

function escapeText(text) {
  const box = document.createElement("div");
  box.textContent = text;
  return box.innerHTML;
}
