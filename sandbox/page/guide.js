// The first minute: four things to try, each ticked off by doing it.

import { calmly, h, icon } from "./dom.js";
import { isFromUser } from "./world.js";

const REMEMBERED = "tendril.guide";

export function mountGuide(place, world, { chat, people, showTab }) {
  let isClosed = localStorage.getItem(REMEMBERED) === "closed";
  let shown = "";
  const done = new Set();

  const said = (start) => [...world.chats.values()].some((messages) => [...messages.values()].some((message) => isFromUser(message) && String(message.text).startsWith(start)));
  const steps = [
    { key: "user", text: "Become somebody", hint: "Make a user: you are the one who writes to the bot.", act: "New user", do: () => people.ask(), isDone: () => world.users.size > 0 },
    { key: "start", text: "Say /start", hint: "The bot answers, and its first sequence begins.", act: "Say /start", do: () => (showTab("chat"), chat.say("/start")), isDone: () => said("/start") },
    { key: "email", text: "Give it an email address", hint: "A code arrives in the inbox. Type it in the chat, or follow the link in the mail.", act: "Write /email", do: () => (showTab("chat"), chat.prefill(`/email ${slug(world.myself?.first_name)}@example.com`)), isDone: () => said("/email ") },
    { key: "week", text: "Let a week pass", hint: "Watch everything arrive on its own day.", act: "+1 week", do: () => document.querySelector('[data-advance="1 week"]').click(), isDone: () => world.now() - Date.now() > 20 * 36e5 },
    { key: "block", text: "Block the bot", hint: "Then let time pass: what cannot arrive here comes by email.", act: "Block the bot", do: () => (showTab("chat"), chat.setBlocked(true)), isDone: () => [...world.users.values()].some((user) => user.blocked) },
  ];

  function draw() {
    for (const step of steps) if (step.isDone()) done.add(step.key);
    const current = steps.findIndex((step) => !done.has(step.key));
    place.hidden = isClosed || world.isLive === null || (world.isMoving && current < 0);
    const state = JSON.stringify([current, [...done], world.isMoving]);
    if (state === shown || place.hidden) return;
    shown = state;
    const pips = steps.map((step, index) => pip(step, index, done.has(step.key), index === current));
    place.replaceChildren(h("ol", {}, pips), current < 0 ? ending() : nextThing(steps[current]), closeButton());
  }

  function pip(step, index, isDone, isCurrent) {
    const state = isDone ? "done" : isCurrent ? "current" : "";
    return h("li", { class: state, "aria-current": isCurrent ? "step" : null }, h("i", { "aria-hidden": "true" }, isDone ? icon("check") : String(index + 1)), h("span", {}, step.text, isDone ? h("span", { class: "sr" }, " (done)") : null));
  }

  function nextThing(step) {
    const button = h("button", { type: "button", class: "button main small", disabled: world.isMoving, onclick: step.do }, step.act);
    return h("p", { class: "hint" }, h("span", {}, step.hint), button);
  }

  function ending() {
    return h("p", { class: "hint" }, h("span", {}, "That is the whole loop. To see why each message came or did not: ", h("code", {}, "python -m bot explain USER")));
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
