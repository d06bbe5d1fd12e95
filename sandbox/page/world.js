// Everything the page knows: users, chats, mails, the clock, the faults. Views listen to it; only this file changes it.

import { api, listen } from "./api.js";
import { lazily } from "./dom.js";
import { instant } from "./moments.js";

const KINDS = ["message", "edited", "deleted", "user", "mail", "mail_event", "clock", "fault"];
const REMEMBERED = "tendril.read";
const FRAMES = { "1 hour": 12, "1 day": 24, "1 week": 42 }; // a time-lapse is played in so many pieces
const FRAME = 90; // ms that a piece takes at least, so that the eye can follow
const CHATS_AT_ONCE = 40; // after a load test there may be thousands; the others are read when they are looked at
const LOOK_AHEAD = 700; // ms after something happened, the next thing is asked for
const STRAGGLERS = 2500; // ms in which something still belongs to the time-lapse that has just ended

export class World extends EventTarget {
  users = new Map();
  chats = new Map(); // user id → Map(message id → message)
  mails = new Map();
  faults = [];
  bot = {};
  commands = []; // what the menu of whoever we are shows
  me = null;
  isLive = null;
  lapse = null;
  #clock = { at: Date.now(), readAt: performance.now() };
  nextAt = null; // when something is due next
  #lookAhead = lazily(LOOK_AHEAD, () => this.#readNext());
  #unheard = null;
  #owners = new Map(); // address → {user, at}
  #read = { messages: {}, mails: new Set() };

  constructor() {
    super();
    try {
      const { messages, mails } = JSON.parse(sessionStorage.getItem(REMEMBERED));
      this.#read = { messages, mails: new Set(mails) };
    } catch {
      // Nothing is remembered yet.
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

  // What happens while we read is heard afterwards: the answers may be older than it.
  async readEverything() {
    this.#unheard ??= [];
    try {
      await this.#fetchEverything();
    } finally {
      const unheard = this.#unheard;
      this.#unheard = null;
      this.#announce("everything");
      this.#lookAhead();
      for (const [kind, news] of unheard ?? []) this.#hear(kind, news);
    }
  }

  async #fetchEverything() {
    const [users, mails, clock, faults] = await Promise.all([api.users(), api.inbox(), api.clock(), api.faults(), this.readBot()]);
    this.users = new Map(users.map((user) => [user.id, user]));
    if (!this.users.has(this.me)) this.me = this.#lastMe();
    await this.readCommands();
    await Promise.all(users.filter((user, index) => user.id === this.me || index >= users.length - CHATS_AT_ONCE).map((user) => this.#readChat(user.id)));
    this.mails = new Map(mails.map((mail) => [mail.id, mail]));
    this.#takeClock(clock);
    this.takeFaults(faults);
    for (const id of this.users.keys()) this.#read.messages[id] ??= this.#newest(id);
  }

  async #readChat(user) {
    const messages = await api.messages(user);
    this.chats.set(user, new Map(messages.map((message) => [message.message_id, message])));
    messages.forEach((message) => this.#noteAddresses(message));
  }

  async readBot() {
    this.bot = await api.bot().catch(() => this.bot);
    this.#announce("bot");
  }

  async readCommands() {
    const { me } = this;
    const commands = me === null ? [] : await api.commands(me).catch(() => this.commands);
    if (me === this.me) this.commands = commands;
  }

  #hear(kind, news) {
    if (this.#unheard) return void this.#unheard.push([kind, news]);
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
    this.#lookAhead();
  }

  // ---- people and chats ----

  #takeUser(user) {
    this.users.set(user.id, user);
    if (!this.chats.has(user.id)) this.chats.set(user.id, new Map());
    this.#read.messages[user.id] ??= 0;
    this.me ??= user.id;
  }

  #takeMessage(message) {
    const user = userOf(message);
    const chat = this.chats.get(user) ?? new Map();
    const isNew = !chat.has(message.message_id);
    chat.set(message.message_id, message);
    this.chats.set(user, chat);
    this.#noteAddresses(message);
    if (user === this.me && !document.hidden) this.#readMessages(user);
    if (isNew && !isFromUser(message)) this.#passInLapse({ channel: "telegram", user, id: message.message_id, title: message.text });
  }

  get myself() {
    return this.users.get(this.me) ?? null;
  }

  get owner() {
    return [...this.users.values()].find((user) => user.owner) ?? null;
  }

  chatOf(user) {
    return [...(this.chats.get(user)?.values() ?? [])].sort((a, b) => a.message_id - b.message_id);
  }

  async become(user) {
    if (this.users.has(user) && !this.chats.has(user)) await this.#readChat(user);
    this.me = user;
    sessionStorage.setItem("tendril.me", user ?? "");
    this.#readMessages(user);
    this.readCommands();
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
    await this.become(user.id);
    return user;
  }

  // ---- unread ----

  #newest(user) {
    return Math.max(0, ...(this.chats.get(user)?.keys() ?? []));
  }

  #remember() {
    sessionStorage.setItem(REMEMBERED, JSON.stringify({ ...this.#read, mails: [...this.#read.mails] }));
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
    return !this.#read.mails.has(mail.id);
  }

  markRead(mail) {
    if (!this.isUnread(mail)) return;
    this.#read.mails.add(mail.id);
    this.#remember();
    this.#announce("read");
  }

  // owner (or null) → how many of the mails to that person's addresses are unread
  unreadMails() {
    const counts = new Map();
    for (const mail of this.mails.values())
      if (this.isUnread(mail)) counts.set(this.ownerOf(mail), (counts.get(this.ownerOf(mail)) ?? 0) + 1);
    return counts;
  }

  get unreadMailCount() {
    return [...this.unreadMails().values()].reduce((sum, count) => sum + count, 0);
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
  #noteAddresses(message) {
    if (!isFromUser(message)) return;
    for (const [address] of String(message.text).toLowerCase().matchAll(/[^\s<>,;"]+@[^\s<>,;"]+/g)) {
      const known = this.#owners.get(address);
      if (!known || known.at <= instant(message.date)) this.#owners.set(address, { user: userOf(message), at: instant(message.date) });
    }
  }

  ownerOf(mail) {
    return this.#owners.get(recipientsOf(mail)[0])?.user ?? null;
  }

  // ---- clock ----

  #takeClock(clock) {
    this.#clock = { at: instant(clock.now), readAt: performance.now() };
  }

  async #readNext() {
    const clock = await api.clock().catch(() => null);
    if (!clock || this.isMoving) return;
    this.nextAt = clock.next_at ? instant(clock.next_at) : null;
    this.#announce("next");
  }

  now() {
    return this.#clock.at + performance.now() - this.#clock.readAt;
  }

  get isMoving() {
    return Boolean(this.lapse && !this.lapse.isOver);
  }

  // Piece by piece, so that the clock is seen running; in each piece the stand-ins stop at every due time by themselves.
  async advance(text, length) {
    if (this.isMoving) return;
    const from = this.now();
    this.lapse = { from, to: from + length, text, items: [], isOver: false, endedAt: 0, wasStopped: false, stoppedAt: 0 };
    this.#announce("lapse");
    try {
      await this.#play(this.lapse, length / (FRAMES[text] ?? 1));
      this.lapse.isOver = true;
      this.lapse.endedAt = performance.now();
      this.lapse.stoppedAt = this.now();
    } catch (error) {
      this.lapse = null;
      throw error;
    } finally {
      this.#announce("lapse");
      this.#announce("clock");
      this.#lookAhead();
    }
  }

  async #play(lapse, piece) {
    while (!lapse.wasStopped && lapse.to - this.now() > 500) {
      const left = lapse.to - this.now();
      const seconds = Math.ceil(Math.min(piece, left) / 1000);
      const [clock] = await Promise.all([api.advance(`${seconds} seconds`), new Promise((done) => setTimeout(done, FRAME))]);
      this.#takeClock(clock);
      this.#announce("clock");
      // Something stays due, for example because a provider fails: do not wait for it again in every piece.
      if (clock.drained === false) piece = Infinity;
    }
  }

  stopLapse() {
    if (this.isMoving) this.lapse.wasStopped = true;
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
    this.faults = news;
  }
}

export const userOf = (message) => message.user_id;
export const isFromUser = (message) => message.from === "user";
export const nameOf = (user) => [user.first_name, user.last_name].filter(Boolean).join(" ");
export const recipientsOf = (mail) => [mail.to].flat().map((to) => addressIn(to).toLowerCase());
export const addressIn = (text) => /<([^>]+)>/.exec(text)?.[1] ?? String(text);
export const senderName = (text) => /^\s*"?([^"<]*?)"?\s*</.exec(text)?.[1] || addressIn(text);
export const stateOf = (mail) => String(mail.last_event ?? "queued").replace(/^email\./, "");
