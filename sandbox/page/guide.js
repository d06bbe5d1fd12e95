// The first minutes: what to try, each thing ticked off by doing it.

import { calmly, h, icon, toast } from "./dom.js";
import { isFromUser } from "./world.js";

const HOUR = 36e5;
const REMEMBERED = "tendril.guide";

export function mountGuide(place, world, { chat, people, showTab }) {
  let isClosed = localStorage.getItem(REMEMBERED) === "closed";
  let shown = "";
  const done = new Set();

  const mine = (test) => [...world.chats.values()].some((chat) => [...chat.values()].some((message) => isFromUser(message) && test(String(message.text))));
  const ahead = (hours) => world.now() - Date.now() > hours * HOUR;
  const jump = (text) => () => document.querySelector(`[data-advance="${text}"]`).click();
  const say = (text) => () => (showTab("chat"), chat.say(text));
  const write = (text) => () => (showTab("chat"), chat.prefill(text));
  const anybody = (test) => [...world.users.keys()].some((user) => test(world.chatOf(user)));
  const ownersChat = () => (world.owner ? world.chatOf(world.owner.id) : []);
  const steps = [
    { key: "user", text: "Become somebody", hint: "Make a user: you are the one who writes to the bot.", act: "New user", do: () => people.ask(), isDone: () => world.users.size > 0 },
    { key: "start", text: "Say /start", hint: "The bot answers, and its first sequence begins.", act: "Say /start", do: say("/start"), isDone: () => mine((text) => text.startsWith("/start")) },
    { key: "introduce", text: "Introduce yourself", hint: "The button under the greeting. The bot asks where you live and when it may write.", act: "Show me", do: () => (showTab("chat"), chat.show(firstButton(world.chatOf(world.me)))), isDone: () => anybody(isIntroduced) },
    { key: "email", text: "Give it an email address", hint: "Any address will do: all mail stays in this inbox.", act: "Write an address", do: () => write(`${slug(world.myself?.first_name)}@example.com`)(), isDone: () => mine((text) => /^(\/email\s+)?\S+@\S+$/.test(text.trim())) },
    { key: "confirm", text: "Confirm the address", hint: "Type the code from the mail into the chat, or press the button in it.", act: "Open the mail", do: () => (showTab("mail"), document.querySelector(".mail-row")?.click()), isDone: () => mine((text) => /^\d{4,8}$/.test(text.trim())) || ahead(1) },
    { key: "commit", text: "Commit to something", hint: "The bot says how clear it is, and asks on the day whether it was done.", act: "Write /commit", do: write("/commit Walk for 20 minutes before lunch tomorrow"), isDone: () => anybody(hasCommitted) },
    { key: "day", text: "Let a day pass", hint: "What the bot has planned arrives at its own time of day.", act: "+1 day", do: jump("1 day"), isDone: () => ahead(20) },
    { key: "progress", text: "See how it goes", hint: "Say done or not yet, then look at the picture.", act: "Say /progress", do: say("/progress"), isDone: () => anybody((chat) => isAnswered(chat, "/progress", (answer) => answer.media)) },
    { key: "block", text: "Block the bot", hint: "As people do. What comes next?", act: "Block the bot", do: () => (showTab("chat"), chat.setBlocked(true)), isDone: () => [...world.users.values()].some((user) => user.blocked) },
    { key: "week", text: "Let a week pass", hint: "What cannot arrive in the chat comes by email.", act: "+1 week", do: jump("1 week"), isDone: () => ahead(7 * 24) },
    { key: "owner", text: "Be the owner", hint: "The other side: who runs the bot does it in the chat, too.", act: () => (world.owner ? "Say /start" : "New user"), do: () => (world.owner ? asOwner("/start") : people.ask({ asOwner: true })), isDone: () => ownersChat().some((message) => !isFromUser(message)) },
    { key: "admin", text: "Look around", hint: "How things are, and a button for all that can be done.", act: "Say /admin", do: () => asOwner("/admin"), isDone: () => isAnswered(ownersChat(), "/admin", (answer) => answer.buttons.length) },
    { key: "stats", text: "Look at the figures", hint: "What went out over which channel, and what became of it.", act: "Say /stats", do: () => asOwner("/stats"), isDone: () => isAnswered(ownersChat(), "/stats", (answer) => answer.media) },
    { key: "broadcast", text: "Write to everybody", hint: "Choose to whom, write, look at it, confirm the number, and watch it go.", act: "Say /broadcast", do: () => asOwner("/broadcast"), isDone: () => isAnswered(ownersChat(), "/broadcast", (answer) => answer.buttons.length) },
  ];

  async function asOwner(text) {
    showTab("chat");
    if (world.me !== world.owner.id) await world.become(world.owner.id);
    if (world.owner.blocked) await chat.setBlocked(false);
    return chat.say(text);
  }

  function draw() {
    for (const step of steps) if (step.isDone()) done.add(step.key);
    const current = steps.findIndex((step) => !done.has(step.key));
    place.hidden = isClosed || world.isLive === null || (world.isMoving && current < 0);
    const state = JSON.stringify([current, [...done], world.isMoving, world.me, world.owner]);
    if (state === shown || place.hidden) return;
    shown = state;
    const pips = steps.map((step, index) => pip(step, index, done.has(step.key), index === current));
    place.replaceChildren(h("ol", {}, pips), current < 0 ? ending() : nextThing(steps[current]), closeButton());
  }

  function pip(step, index, isDone, isCurrent) {
    const state = isDone ? "done" : isCurrent ? "current" : "";
    return h("li", { class: state, title: step.text, "aria-current": isCurrent ? "step" : null }, h("i", { "aria-hidden": "true" }, isDone ? icon("check") : String(index + 1)), h("span", {}, step.text, isDone ? h("span", { class: "sr" }, " (done)") : null));
  }

  function nextThing(step) {
    const button = h("button", { type: "button", class: "button main small", disabled: world.isMoving, onclick: step.do }, step.act instanceof Function ? step.act() : step.act);
    return h("p", { class: "hint" }, h("span", {}, step.hint), button);
  }

  function ending() {
    const member = [...world.users.values()].find((user) => !user.owner) ?? world.myself;
    const command = `.venv/bin/python -m bot explain ${member.id}`;
    const copy = () => navigator.clipboard?.writeText(command).then(() => toast("Copied"));
    return h("p", { class: "hint" }, h("span", {}, "That is the whole loop. To see why each message came or did not: ", h("code", {}, command)), h("button", { type: "button", class: "button small", onclick: copy }, "Copy"));
  }

  function closeButton() {
    const close = () => {
      isClosed = true;
      localStorage.setItem(REMEMBERED, "closed");
      place.hidden = true;
    };
    return h("button", { type: "button", class: "round", "aria-label": "Close the hints", onclick: close }, icon("close"));
  }

  world.on("everything user message edited mail clock lapse live me", calmly(draw));
}

const said = (message) => String(message.text).trim();
const hasButton = (message, prefix) => message.buttons.flat().some((button) => button.callback_data?.startsWith(prefix));
const firstButton = (chat) => chat.find((message) => !isFromUser(message) && message.buttons.length);

function isAnswered(chat, command, test) {
  const asked = chat.findIndex((message) => isFromUser(message) && said(message).split(" ")[0] === command);
  return asked >= 0 && chat.slice(asked).some((message) => !isFromUser(message) && test(message));
}

// A day was chosen where the words named none, and what to do was said where the command said nothing.
function hasCommitted(chat) {
  const last = chat.findLastIndex((message) => isFromUser(message) && said(message).split(" ")[0] === "/commit");
  const since = chat.slice(last + 1);
  const answer = since.findLast((message) => !isFromUser(message));
  const isSaid = last >= 0 && (said(chat[last]) !== "/commit" || since.some(isFromUser));
  return isSaid && answer && !hasButton(answer, "c:day:");
}

// Asked where they live, by a key that shares the place; after that it asks for the time of day, then goes on.
function isIntroduced(chat) {
  const heard = chat.filter((message) => !isFromUser(message));
  const asked = heard.findIndex((message) => message.keys.flat().some((key) => key.request_location));
  const since = heard.slice(asked < 0 ? heard.length : asked + 1);
  const answered = since.findIndex((message) => message.removes_keyboard);
  return answered >= 0 && since.length > answered + 2 && !hasButton(since.at(-1), "b:time=");
}

function slug(name) {
  return String(name ?? "you").normalize("NFKD").replace(/[^a-z]/gi, "").toLowerCase() || "you";
}
