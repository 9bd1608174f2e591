// After a call: Alt+N or Enter on the focused link goes on with the next one.
document.addEventListener("keydown", (event) => {
  if (event.altKey && !event.ctrlKey && !event.metaKey && event.code === "KeyN") {
    event.preventDefault();
    document.getElementById("new-call").click();
  }
});
document.getElementById("new-call").focus();
