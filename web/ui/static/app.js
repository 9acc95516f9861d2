// The pages work without this. With it: keyboard shortcuts, a character
// count, times that stay true, and new posts that show themselves.
"use strict";

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const typing = (el) => el.closest("input, textarea, select, [contenteditable]");

// Keyboard. Letters act on the post that has the focus.

function move(step) {
  const posts = all("main .post");
  const at = posts.indexOf(document.activeElement?.closest(".post"));
  const next = at < 0 ? firstInView(posts) : posts[at + step];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}

const firstInView = (posts) => posts.find((post) => post.getBoundingClientRect().bottom > 60) ?? posts[0];

function press(action) {
  const post = document.activeElement?.closest(".post");
  post?.querySelector(`[data-act="${action}"]`)?.click();
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  n: () => (document.querySelector("#composer textarea") ?? { focus: () => location.assign("/compose") }).focus(),
  r: () => press("reply"),
  f: () => press("favourite"),
  b: () => press("boost"),
  o: () => { const link = document.activeElement?.closest(".post")?.dataset.link; if (link) location.assign(link); },
  x: () => { const warned = document.activeElement?.closest(".post")?.querySelector(".warned"); if (warned) warned.open = !warned.open; },
  "/": () => (all(".find input").find((input) => input.offsetParent) ?? { focus: () => location.assign("/search") }).focus(),
  "?": () => document.getElementById("shortcuts")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches(".composer textarea")) {
    event.target.form.requestSubmit();
    return;
  }
  if (event.key === "Escape") all(".menu[open]").forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  const act = document.body.classList.contains("in") && keys[event.key];
  if (act) { event.preventDefault(); act(); }
});

// A menu closes when something else is pressed.
document.addEventListener("click", (event) => {
  all(".menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
});

// The composer. A link counts 23 characters and of a mention only the name,
// as on the server, which has the last word.

function lengthOf(text) {
  return [...text.replace(/\bhttps?:\/\/[^\s<>"]+/gi, "x".repeat(23))
    .replace(/(^|[^\w/@=&#])(@[\w.-]*\w)@[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?(?::\d{1,5})?/gu, "$1$2")].length;
}

function countDown(form) {
  const out = form.querySelector(".left");
  const spoiler = form.querySelector("[name=spoiler]")?.value ?? "";
  const left = Number(form.dataset.max) - lengthOf(form.querySelector("textarea").value) - [...spoiler].length;
  out.value = left;
  out.classList.toggle("over", left < 0);
  form.querySelector("button[type=submit]").disabled = left < 0;
}

// One empty row for a picture is enough at a time.
function rows(form) {
  const pictures = all(".picture", form);
  pictures.forEach((row, i) => row.classList.toggle("spare", i > 0 && !pictures[i - 1].querySelector("[type=file]").files.length));
}

// How long a post waits may depend on whom it is for.
function wait(form) {
  const out = form.querySelector(".wait");
  if (!out) return;
  const held = form.elements.visibility.selectedOptions[0].dataset.held;
  out.hidden = !held;
  out.querySelector("span").textContent = `waits ${held}`;
}

// A time is chosen in the reader's own zone, and said to the server in UTC.
function zone(form) {
  const at = form.elements.at;
  if (!at) return;
  form.querySelector("[data-zone]").textContent = "";
  if (at.dataset.at) {
    const time = new Date(at.dataset.at);
    at.value = new Date(time - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  }
  form.addEventListener("submit", () => { form.elements.moment.value = at.value && new Date(at.value).toISOString(); });
}

function prepare(form) {
  countDown(form);
  rows(form);
  wait(form);
  zone(form);
  form.addEventListener("input", () => countDown(form));
  form.addEventListener("change", () => { rows(form); wait(form); });
  form.addEventListener("submit", () => setTimeout(() => { form.querySelector("button[type=submit]").disabled = true; }));
}

// A picture that is pasted goes into the first free row.
document.addEventListener("paste", (event) => {
  const form = event.target.closest?.(".composer");
  const files = event.clipboardData?.files;
  const free = form && files?.length && all("[type=file]", form).find((input) => !input.files.length);
  if (!free) return;
  free.files = files;
  form.querySelector(".pictures").open = true;
  rows(form);
});

// Times: how long ago, and moments in the reader's own zone.

const units = [[60, "now"], [3600, "min", 60], [86400, "h", 3600], [604800, "d", 86400]];

function ago(time) {
  const seconds = (Date.now() - new Date(time.dateTime)) / 1000;
  const unit = units.find(([limit]) => seconds < limit);
  if (unit) time.textContent = unit[2] ? `${Math.floor(seconds / unit[2])} ${unit[1]}` : unit[1];
}

function times(within = document) {
  all("time[data-ago]", within).forEach((time) => { ago(time); time.title = new Date(time.dateTime).toLocaleString(); });
  all("time[data-clock]", within).forEach((time) => {
    time.textContent = new Date(time.dateTime).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  });
}

setInterval(times, 30_000);

// Whether the page is live shows on the body.
document.addEventListener("htmx:sseOpen", () => document.body.classList.add("connected"));
for (const name of ["htmx:sseError", "htmx:sseClose"]) {
  document.addEventListener(name, () => document.body.classList.remove("connected"));
}

// What arrives live takes the place of what the page has of it already.
document.addEventListener("htmx:sseBeforeMessage", (event) => {
  const data = event.detail?.data ?? "";
  const id = data.includes("hx-swap-oob") ? null : data.match(/id="((?:post|notification)-\d+)"/)?.[1];
  const shown = id && document.getElementById(id);
  if (!shown) return;
  event.preventDefault();
  htmx.swap(shown, data, { swapStyle: "outerHTML" });
});
document.addEventListener("htmx:load", (event) => {
  times(event.detail.elt);
  if (event.detail.elt.closest?.(".live")) event.detail.elt.classList.add("fresh");
  document.querySelector("#list > .empty:not(:only-child)")?.remove();
});

// An action that failed says so.
document.addEventListener("htmx:responseError", (event) => {
  const p = document.createElement("p");
  p.className = "problem";
  p.textContent = event.detail.xhr.status === 401 ? "You are not signed in any more. Reload the page." : "That did not work. Try again.";
  document.getElementById("flash").replaceChildren(p);
  p.scrollIntoView({ block: "nearest" });
});

times();
all(".composer").forEach(prepare);
if (location.hash === "#reply") document.querySelector("#reply textarea")?.focus();
