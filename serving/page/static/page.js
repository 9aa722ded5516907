// The little that htmx leaves to be done: tell assistive technology what waits, empty the composer, stop an answer.
"use strict";
const lines = new Map();

document.addEventListener("htmx:beforeRequest", (event) => event.detail.target.setAttribute("aria-busy", "true"));
document.addEventListener("htmx:afterRequest", (event) => {
  event.detail.target.removeAttribute("aria-busy");
  if (event.detail.successful && event.detail.elt.matches("[data-clears]")) event.detail.elt.reset();
});

// A toast that offers something takes the focus, so that it is the next thing for a keyboard.
document.addEventListener("htmx:afterSettle", (event) => event.target.querySelector("[autofocus]")?.focus());

document.addEventListener("htmx:sendError", () => {
  const told = document.getElementById("unreachable").content.cloneNode(true);
  document.getElementById("toast").replaceChildren(told);
});

htmx.createEventSource = (address) => {
  lines.set(address, new EventSource(address));
  return lines.get(address);
};
document.addEventListener("htmx:sseClose", (event) => {
  if (event.detail.type === "message") for (const one of event.target.querySelectorAll(".writing")) one.remove();
});
document.addEventListener("click", (event) => {
  if (!event.target.matches("[data-stop]")) return;
  lines.get(event.target.closest("[sse-connect]").getAttribute("sse-connect")).close();
  event.target.parentElement.replaceChildren("Stopped.");
  document.getElementById("text").focus();
});

// What was said last stands at the top of a conversation, its answer below.
for (const log of document.querySelectorAll("[role=log]")) {
  const show = () => {
    const said = [...log.querySelectorAll(".mine")].at(-1);
    if (said) log.scrollTop = said.offsetTop - 8;
  };
  const follow = () => { if (log.querySelector("[data-stop]")) show(); };
  new MutationObserver(follow).observe(log, { childList: true, subtree: true });
  show();
}
