// The form of a conversation: Ctrl+Enter files it, Alt+J goes to what is to be looked at next.
import { listen, nextDoubt, sheet, shortcut } from "./sheet.js";

listen();
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey && event.key === "Enter") {
    event.preventDefault();
    sheet().requestSubmit(document.getElementById("file"));
  }
  shortcut(event, { KeyJ: nextDoubt });
});
