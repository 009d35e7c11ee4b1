/* Sunhome: small helps. Every page does its work without this file. */
(() => {
  "use strict";
  const all = (what, where = document) => [...where.querySelectorAll(what)];
  const fillable = "input:not([type=hidden]):not([type=password]):not([type=file]):not([type=submit]), textarea, select";

  /* Drafts stay in this tab, belong to one person, and leave with them: shared desks. */
  const me = document.body.dataset.me || "";
  const keyOf = (form) => `draft:${me}:${form.getAttribute("action") || location.pathname}`;
  const forget = (keep) => Object.keys(sessionStorage)
    .filter((key) => key.startsWith("draft:") && !keep(key))
    .forEach((key) => sessionStorage.removeItem(key));

  const read = (form) => all(fillable, form).filter((field) => field.name).map((field) =>
    [field.name, /checkbox|radio/.test(field.type) ? `${field.value}=${field.checked}` : field.value]);

  function restore(form, note) {
    const saved = JSON.parse(sessionStorage.getItem(keyOf(form)) || "null");
    if (!saved || form.querySelector("[data-errors]") || JSON.stringify(saved) === JSON.stringify(read(form))) return;
    const fields = all(fillable, form).filter((field) => field.name);
    saved.forEach(([name, value], place) => {
      const field = fields[place];
      if (!field || field.name !== name) return;
      if (/checkbox|radio/.test(field.type)) field.checked = value === `${field.value}=true`;
      else field.value = value;
    });
    if (note) note.hidden = false;
  }

  function keepDraft(form) {
    if (!me) return;
    const note = form.querySelector("[data-draft-note]");
    restore(form, note);
    form.addEventListener("input", () => {
      try { sessionStorage.setItem(keyOf(form), JSON.stringify(read(form))); } catch { /* full: no draft */ }
    });
    form.addEventListener("submit", () => sessionStorage.setItem("sent", keyOf(form)));
    form.addEventListener("click", (event) => {
      if (!event.target.closest("[data-draft-clear]")) return;
      sessionStorage.removeItem(keyOf(form));
      form.reset();
      note.hidden = true;
      all("[data-count]", form).forEach(count);
    });
  }

  function tidyDrafts() {
    forget((key) => me && key.startsWith(`draft:${me}:`));
    const sent = sessionStorage.getItem("sent");
    sessionStorage.removeItem("sent");
    const still = all("form[data-draft]").some((form) => keyOf(form) === sent);
    if (sent && (!still || document.querySelector("[data-flash]:not([data-flash=rose])"))) sessionStorage.removeItem(sent);
  }

  /* Leaving a form half filled: the browser asks. */
  function guard(form) {
    if (form.closest(".bare")) return;
    const before = JSON.stringify(read(form));
    addEventListener("beforeunload", (event) => {
      if (form.isConnected && !form.dataset.sent && JSON.stringify(read(form)) !== before) event.preventDefault();
    });
  }

  function count(area) {
    const place = document.getElementById(area.dataset.count);
    const most = Number(area.getAttribute("maxlength"));
    if (!place || !most) return;
    const length = area.value.length;
    place.textContent = `${length} / ${most}`;
    place.classList.toggle("over", length >= most);
  }

  /* A form is sent once; coming back to the page makes it usable again. */
  addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.hasAttribute("data-sign-out")) forget(() => false);
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
    setTimeout(() => free(form), 10000);
  });
  const free = (form) => { delete form.dataset.sent; form.removeAttribute("aria-busy"); };
  addEventListener("pageshow", () => all("form[data-sent]").forEach(free));

  /* Person picker: the list comes by htmx; choosing fills in "003217 王小明", which the server reads as well
     as a bare staff number. */
  function choose(input, list, option) {
    input.value = `${option.dataset.value} ${option.dataset.name}`;
    shut(input, list);
    input.dispatchEvent(new CustomEvent("chosen", { bubbles: true, detail: option.dataset.value }));
  }
  function shut(input, list) {
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
  function mark(input, options, place) {
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === place)));
    options[place].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[place].id);
  }
  function picker(box) {
    const input = box.querySelector("[role=combobox]");
    const list = box.querySelector("[role=listbox]");
    input.addEventListener("input", () => { if (!input.value.trim()) shut(input, list); });
    input.addEventListener("htmx:configRequest", (event) => {
      event.detail.parameters.q = input.value.trim();
      if (!input.value.trim()) event.preventDefault();
    });
    list.addEventListener("htmx:afterSwap", () => {
      if (document.activeElement !== input) return shut(input, list);
      const options = all("[role=option]", list);
      options.forEach((option, at) => { option.id = `${list.id}-${at}`; });
      input.setAttribute("aria-expanded", String(options.length > 0));
    });
    input.addEventListener("keydown", (event) => {
      const options = all("[role=option]", list);
      if (!options.length) return;
      const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) mark(input, options, (at + step + options.length) % options.length);
      else if (event.key === "Enter") choose(input, list, options[Math.max(at, 0)]);
      else if (event.key === "Escape") shut(input, list);
      else return;
      event.preventDefault();
    });
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) choose(input, list, option);
    });
    input.addEventListener("blur", () => shut(input, list));
  }

  document.addEventListener("click", (event) => {
    const at = (what) => event.target.closest && event.target.closest(what);
    const opener = at("[data-dialog]");
    const dialog = opener && document.getElementById(opener.dataset.dialog);
    if (dialog && dialog.showModal) { event.preventDefault(); dialog.showModal(); }
    else if (at("[data-close]")) at("dialog").close();
    else if (at("[data-dismiss]")) at("[data-flash]").remove();
    else if (at("[data-back]")) history.back();
    else if (at("[data-print]")) print();
    else if (event.target.tagName === "DIALOG") event.target.close();
  });

  function start(where) {
    all("[data-dismiss], [data-print]", where).forEach((button) => { button.hidden = false; });
    all("[data-back]", where).forEach((button) => { button.hidden = history.length < 2; });
    all("form[data-draft]", where).forEach(keepDraft);
    all("form[data-guard]", where).forEach(guard);
    all(".picker", where).forEach(picker);
    all("[data-count]", where).forEach((area) => { count(area); area.addEventListener("input", () => count(area)); });
    const errors = where.querySelector("[data-errors]");
    if (errors) errors.focus();
  }
  tidyDrafts();
  start(document);
  document.addEventListener("htmx:load", (event) => { if (event.target !== document.body) start(event.target); });
})();
