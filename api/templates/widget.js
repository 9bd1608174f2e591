/* The hotline's chat in another page: <script src="…/widget.js"></script>. It fills a <hotline-chat> that the
   page has, else it adds a button that opens one. */
(() => {
  const base = document.currentScript.src.replace(/widget\.js.*$/, "");
  const say = {{ say|tojson }};
  const max = {{ max_chars|tojson }};

  const prepare = (chat) => {
    chat.dataset.texts = JSON.stringify(say);
    chat.dataset.max = max;
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
    const show = (open) => {
      panel.hidden = !open;
      button.textContent = open ? say.close_widget : say.open_widget;
      button.setAttribute("aria-expanded", String(open));
      if (open && !panel.firstChild) panel.append(prepare(document.createElement("hotline-chat")));
    };
    button.addEventListener("click", () => show(panel.hidden));
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
