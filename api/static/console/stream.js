/* Shared by all pages of the console in one browser: one event stream, however many pages are open.

   Browsers keep six connections to a site over HTTP/1.1; a stream for each page would soon leave none to work
   with. Pages say {listen: name} and {bye: true}; they hear {open: true}, {down: true} and {name, data}. */
const RETRY = 5000;
const pages = new Set();
const names = new Set(["queue", "signed-out"]);
let source = null;
let queue = null; // the last of these is what a new page begins with

const tell = (said) => pages.forEach((page) => page.postMessage(said));

function open() {
  if (source || !pages.size) return;
  source = new EventSource("/console/events");
  source.onopen = () => tell({ open: true });
  source.onerror = () => {
    tell({ down: true });
    if (source.readyState !== EventSource.CLOSED) return; // it comes back by itself
    source = null;
    setTimeout(open, RETRY);
  };
  names.forEach(hear);
}

function hear(name) {
  source?.addEventListener(name, ({ data }) => {
    if (name === "queue") queue = data;
    tell({ name, data });
    if (name === "signed-out") end();
  });
}

function end() {
  source?.close();
  source = queue = null;
}

function asked(page, { listen, bye }) {
  if (listen && !names.has(listen)) {
    names.add(listen);
    hear(listen);
  }
  if (!bye) return;
  pages.delete(page);
  if (!pages.size) end();
}

self.onconnect = ({ ports: [page] }) => {
  pages.add(page);
  page.onmessage = ({ data }) => asked(page, data);
  if (source?.readyState === EventSource.OPEN) {
    page.postMessage({ open: true });
    if (queue) page.postMessage({ name: "queue", data: queue });
  }
  open();
};
