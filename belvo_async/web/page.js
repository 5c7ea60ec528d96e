// What the page does where scripts run: it counts down, hears that the flow goes on, and sends a form once.
// Without it everything works by forms and by being loaded again.
"use strict";

(() => {
  let source = null;
  let timer = 0;
  let failures = 0;

  const main = () => document.querySelector("main");

  // Put the page as it is now into the place of the one that is shown.
  async function refresh() {
    if (!main().dataset.events) return;
    let page;
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
      failures = 0;
    } catch {
      failures += 1;
      setTimeout(refresh, Math.min(30, 2 ** failures) * 1000);
      return;
    }
    const fresh = page.querySelector("main");
    if (!fresh || fresh.dataset.state === main().dataset.state) return;
    stop();
    document.title = page.title;
    main().replaceWith(document.adoptNode(fresh));
    if (location.search) history.replaceState(null, "", location.pathname);
    main().querySelector("h1").focus();
    start();
  }

  function count() {
    const shown = main().querySelector("[data-left]");
    if (!shown) return;
    const clock = shown.querySelector("b");
    const pattern = shown.dataset.pattern;
    // Once for each challenge: who comes back to the page has not got the time back.
    shown.dataset.end ??= performance.now() + Number(shown.dataset.left) * 1000;
    const end = Number(shown.dataset.end);
    const soon = main().querySelector("[data-soon]");
    shown.querySelector("[data-loaded]")?.remove();
    const tick = () => {
      const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
      clock.textContent = pattern
        .replace("{minutes}", Math.floor(left / 60))
        .replace("{seconds}", String(left % 60).padStart(2, "0"));
      if (left <= 60 && soon && !soon.textContent) soon.textContent = soon.dataset.soon;
      if (left === 0) {
        clearInterval(timer);
        if (!main().dataset.events && soon) soon.textContent = soon.dataset.over;
        refresh();
      }
    };
    timer = setInterval(tick, 1000);
    tick();
  }

  function listen() {
    const events = main().dataset.events;
    if (!events || !window.EventSource) return;
    const opened = new EventSource(events);
    source = opened;
    opened.onmessage = (event) => {
      if (event.data !== main().dataset.state) refresh();
    };
    // One that was answered by an error, say of a proxy while the service starts anew, does not come back by itself.
    opened.onerror = () => {
      if (opened.readyState !== EventSource.CLOSED) return;
      setTimeout(() => {
        if (source !== opened) return;
        listen();
        refresh();
      }, 5000);
    };
  }

  function start() {
    count();
    listen();
  }

  function stop() {
    clearInterval(timer);
    source?.close();
    source = null;
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) {
      event.preventDefault(); // a double click
      return;
    }
    form.dataset.sent = "yes";
    form.setAttribute("aria-busy", "true");
  });

  // The back button may bring a page out of the memory of the browser.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.forms) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    }
    stop();
    start();
    refresh();
  });
  window.addEventListener("pagehide", stop);

  start();
})();
