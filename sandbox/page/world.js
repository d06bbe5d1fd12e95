// Everything the page knows: users, chats, mails, the clock, the faults. Views listen to it; only this file changes it.

import { api, listen } from "./api.js";
import { instant } from "./moments.js";

const KINDS = ["message", "edited", "deleted", "user", "mail", "mail_event", "clock", "fault"];
const REMEMBERED = "tendril.read";
const STRAGGLERS = 2500; // ms in which something still belongs to the time-lapse that has just ended

export class World extends EventTarget {
  users = new Map();
  chats = new Map(); // user id → Map(message id → message)
  mails = new Map();
  faults = [];
  bot = { commands: [] };
  me = null;
  isLive = null;
  lapse = null;
  #clock = { at: Date.now(), readAt: performance.now() };
  #read = { messages: {}, mails: [] };

  constructor() {
    super();
    try {
      this.#read = JSON.parse(sessionStorage.getItem(REMEMBERED)) ?? this.#read;
    } catch {
      // Another version's memory: begin afresh.
    }
  }

  // ---- listening ----

  on(kinds, listener) {
    for (const kind of kinds.split(" ")) this.addEventListener(kind, (event) => listener(event.detail));
  }

  #announce(kind, detail = {}) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  begin() {
    listen(KINDS, (kind, news) => this.#hear(kind, news), (isLive) => this.#connected(isLive));
  }

  async #connected(isLive) {
    const changed = this.isLive !== isLive;
    this.isLive = isLive;
    if (isLive) await this.readEverything().catch(() => {});
    if (changed) this.#announce("live");
  }

  async readEverything() {
    const [users, mails, clock, faults] = await Promise.all([api.users(), api.inbox(), api.clock(), api.faults()]);
    const chats = await Promise.all(users.map((user) => api.messages(user.id)));
    this.users = new Map(users.map((user) => [user.id, user]));
    this.chats = new Map(users.map((user, index) => [user.id, new Map(chats[index].map((message) => [message.message_id, message]))]));
    this.mails = new Map(mails.map((mail) => [mail.id, mail]));
    this.#takeClock(clock);
    this.takeFaults(faults);
    for (const id of this.users.keys()) this.#read.messages[id] ??= this.#newest(id);
    if (!this.users.has(this.me)) this.me = this.#lastMe();
    await this.readBot();
    this.#announce("everything");
  }

  async readBot() {
    this.bot = await api.bot().catch(() => this.bot);
    this.#announce("bot");
  }

  #hear(kind, news) {
    const hearings = {
      message: () => this.#takeMessage(news),
      edited: () => this.#takeMessage(news),
      deleted: () => this.chats.get(userOf(news))?.delete(news.message_id),
      user: () => this.#takeUser(news),
      mail: () => this.#takeMail(news),
      mail_event: () => this.mails.set(news.id, { ...this.mails.get(news.id), ...news }),
      clock: () => this.#takeClock(news),
      fault: () => this.takeFaults(news),
    };
    hearings[kind]();
    this.#announce(kind, news);
  }

  // ---- people and chats ----

  #takeUser(user) {
    this.users.set(user.id, user);
    if (!this.chats.has(user.id)) this.chats.set(user.id, new Map());
    this.#read.messages[user.id] ??= 0;
  }

  #takeMessage(message) {
    const user = userOf(message);
    const chat = this.chats.get(user) ?? new Map();
    const isNew = !chat.has(message.message_id);
    chat.set(message.message_id, message);
    this.chats.set(user, chat);
    if (user === this.me && !document.hidden) this.#readMessages(user);
    if (isNew && !isFromUser(message)) this.#passInLapse({ channel: "telegram", user, id: message.message_id, title: message.text });
  }

  get myself() {
    return this.users.get(this.me) ?? null;
  }

  chatOf(user) {
    return [...(this.chats.get(user)?.values() ?? [])].sort((a, b) => a.message_id - b.message_id);
  }

  become(user) {
    this.me = user;
    sessionStorage.setItem("tendril.me", user ?? "");
    this.#readMessages(user);
    this.#announce("me");
  }

  #lastMe() {
    const remembered = sessionStorage.getItem("tendril.me");
    const ids = [...this.users.keys()];
    return ids.find((id) => String(id) === remembered) ?? ids[0] ?? null;
  }

  async createUser(person) {
    const user = await api.createUser(person);
    this.#takeUser({ ...person, ...user });
    this.#announce("user", user);
    this.become(user.id);
    return user;
  }

  // ---- unread ----

  #newest(user) {
    return Math.max(0, ...(this.chats.get(user)?.keys() ?? []));
  }

  #remember() {
    sessionStorage.setItem(REMEMBERED, JSON.stringify(this.#read));
  }

  #readMessages(user) {
    if (user === null) return;
    this.#read.messages[user] = this.#newest(user);
    this.#remember();
  }

  unreadMessages(user) {
    const read = this.#read.messages[user] ?? 0;
    return this.chatOf(user).filter((message) => message.message_id > read && !isFromUser(message)).length;
  }

  isUnread(mail) {
    return !this.#read.mails.includes(mail.id);
  }

  markRead(mail) {
    if (!this.isUnread(mail)) return;
    this.#read.mails.push(mail.id);
    this.#remember();
    this.#announce("read");
  }

  unreadMails(user = null) {
    return this.inbox().filter((mail) => this.isUnread(mail) && (user === null || this.ownerOf(mail) === user)).length;
  }

  // ---- mail ----

  #takeMail(mail) {
    const isNew = !this.mails.has(mail.id);
    this.mails.set(mail.id, mail);
    if (isNew) this.#passInLapse({ channel: "email", id: mail.id, title: mail.subject });
  }

  inbox(address = null) {
    const mails = [...this.mails.values()].filter((mail) => address === null || recipientsOf(mail).includes(address));
    return mails.sort((a, b) => instant(b.created_at) - instant(a.created_at));
  }

  addresses() {
    return [...new Set([...this.mails.values()].flatMap(recipientsOf))].sort();
  }

  // The stand-ins know addresses, not whose they are; the user who typed an address last is taken for its owner.
  ownerOf(mail) {
    const [address] = recipientsOf(mail);
    let owner = null;
    let newest = -1;
    for (const user of this.users.keys())
      for (const message of this.chats.get(user)?.values() ?? [])
        if (isFromUser(message) && instant(message.date) > newest && String(message.text).toLowerCase().includes(address))
          [owner, newest] = [user, instant(message.date)];
    return owner;
  }

  // ---- clock ----

  #takeClock(clock) {
    this.#clock = { ...clock, at: instant(clock.now), readAt: performance.now() };
    if (this.lapse && !this.lapse.isOver && this.#clock.at >= this.lapse.to - 1000) this.#endLapse();
  }

  get clock() {
    return this.#clock;
  }

  now() {
    return this.#clock.at + performance.now() - this.#clock.readAt;
  }

  get isMoving() {
    return Boolean(this.lapse && !this.lapse.isOver);
  }

  async advance(text, length) {
    if (this.isMoving) return;
    const from = this.now();
    this.lapse = { from, to: from + length, text, items: [], isOver: false, endedAt: 0 };
    this.#announce("lapse");
    try {
      const clock = await api.advance(text);
      if (clock?.now) this.#takeClock(clock);
    } catch (error) {
      this.lapse = null;
      throw error;
    } finally {
      this.#announce("lapse");
      this.#announce("clock");
    }
  }

  #endLapse() {
    this.lapse.isOver = true;
    this.lapse.endedAt = performance.now();
  }

  dismissLapse() {
    this.lapse = null;
    this.#announce("lapse");
  }

  #passInLapse(item) {
    if (!this.lapse || (this.lapse.isOver && performance.now() - this.lapse.endedAt > STRAGGLERS)) return;
    this.lapse.items.push({ ...item, at: Math.min(this.now(), this.lapse.to) });
    this.#announce("lapse");
  }

  // ---- faults ----

  takeFaults(news) {
    this.faults = (Array.isArray(news) ? news : news?.faults ?? []).filter((fault) => fault.remaining !== 0 && fault.count !== 0);
  }
}

export const userOf = (message) => message.user_id ?? message.user ?? message.chat_id;
export const isFromUser = (message) => message.from === "user";
export const nameOf = (user) => [user.first_name, user.last_name].filter(Boolean).join(" ");
export const recipientsOf = (mail) => [mail.to].flat().map((to) => addressIn(to).toLowerCase());
export const addressIn = (text) => /<([^>]+)>/.exec(text)?.[1] ?? String(text);
export const senderName = (text) => /^\s*"?([^"<]*?)"?\s*</.exec(text)?.[1] || addressIn(text);
export const stateOf = (mail) => String(mail.last_event ?? "queued").replace(/^email\./, "");
