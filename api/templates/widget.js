/* The hotline's chat in another page: <script src="…/widget.js"></script>. It fills a <hotline-chat> that the
   page has, else it adds a button that opens one. */
(() => {
  const base = document.currentScript.src.replace(/widget\.js.*$/, "");
  const say = {{ say|tojson }};
  const max = {{ max_chars|tojson }};
  const script = {{ script|default("hans")|tojson }};

  const prepare = (chat) => {
    chat.dataset.texts = JSON.stringify(say);
    chat.dataset.max = max;
    chat.dataset.script = script;
    return chat;
  };

  const launcher = () => {
    const host = document.createElement("div");
    const root = host.attachShadow({ mode: "open" });
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = `${base}static/chat/widget.css`;
    const panel = document.createElement("div");
    panel.className = "panel";
    panel.hidden = true;
    const button = document.createElement("button");
    button.className = "launch";
    button.type = "button";
    const show = (shown) => {
      panel.hidden = !shown;
      button.textContent = shown ? say.close_widget : say.open_widget;
      button.setAttribute("aria-expanded", String(shown));
      if (shown && !panel.firstChild) panel.append(prepare(document.createElement("hotline-chat")));
    };
    // A page that is not made for phones is shown there very small, and the chat in it too: it gets a page of its own.
    const tiny = () => innerWidth > 1.5 * screen.width;
    button.addEventListener("click", () => (tiny() ? open(`${base}?script=${script}`) : show(panel.hidden)));
    show(false);
    root.append(style, panel, button);
    document.body.append(host);
  };

  const start = () => {
    const placed = Array.from(document.querySelectorAll("hotline-chat")).map(prepare);
    import(`${base}static/chat/element.js`);
    if (!placed.length) launcher();
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
