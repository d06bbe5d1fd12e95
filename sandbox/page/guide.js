// The first minute: what to try, each thing ticked off by doing it.

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
  const steps = [
    { key: "user", text: "Become somebody", hint: "Make a user: you are the one who writes to the bot.", act: "New user", do: () => people.ask(), isDone: () => world.users.size > 0 },
    { key: "start", text: "Say /start", hint: "The bot answers, and its first sequence begins.", act: "Say /start", do: () => (showTab("chat"), chat.say("/start")), isDone: () => mine((text) => text.startsWith("/start")) },
    { key: "email", text: "Give it an email address", hint: "Any address will do: all mail stays in this inbox.", act: "Write /email", do: () => (showTab("chat"), chat.prefill(`/email ${slug(world.myself?.first_name)}@example.com`)), isDone: () => mine((text) => /^(\/email\s+)?\S+@\S+$/.test(text.trim())) },
    { key: "confirm", text: "Confirm the address", hint: "Type the code from the mail into the chat, or press the button in it.", act: "Open the mail", do: () => (showTab("mail"), document.querySelector(".mail-row")?.click()), isDone: () => mine((text) => /^\d{4,8}$/.test(text.trim())) || ahead(1) },
    { key: "day", text: "Let a day pass", hint: "What the bot has planned arrives at its own time of day.", act: "+1 day", do: jump("1 day"), isDone: () => ahead(20) },
    { key: "block", text: "Block the bot", hint: "As people do. What comes next?", act: "Block the bot", do: () => (showTab("chat"), chat.setBlocked(true)), isDone: () => [...world.users.values()].some((user) => user.blocked) },
    { key: "week", text: "Let a week pass", hint: "What cannot arrive in the chat comes by email.", act: "+1 week", do: jump("1 week"), isDone: () => ahead(7 * 24) },
  ];

  function draw() {
    for (const step of steps) if (step.isDone()) done.add(step.key);
    const current = steps.findIndex((step) => !done.has(step.key));
    place.hidden = isClosed || world.isLive === null || (world.isMoving && current < 0);
    const state = JSON.stringify([current, [...done], world.isMoving, world.me]);
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
    const button = h("button", { type: "button", class: "button main small", disabled: world.isMoving, onclick: step.do }, step.act);
    return h("p", { class: "hint" }, h("span", {}, step.hint), button);
  }

  function ending() {
    const command = `.venv/bin/python -m bot explain ${world.me}`;
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

  world.on("everything user message mail clock lapse live me", calmly(draw));
}

function slug(name) {
  return String(name ?? "you").normalize("NFKD").replace(/[^a-z]/gi, "").toLowerCase() || "you";
}
