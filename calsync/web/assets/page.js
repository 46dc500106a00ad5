// Comfort only: the page works without it.
const panel = () =>
  document.querySelector(".why:target") ?? document.activeElement?.closest(".entry")?.querySelector(".why");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  const open = panel();
  if (event.key === "Escape" && open) {
    document.activeElement?.blur();
    location.replace("#" + open.closest(".entry").id);
  }
  const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  const link = rel && document.querySelector(`a[rel=${rel}]`);
  if (link) link.click();
});

// A tablet in the kitchen shows the same page for weeks. Nothing is taken from under a reader.
const isRead = () => panel() || document.activeElement !== document.body || document.querySelector("details[open]");
if (location.protocol.startsWith("http")) {
  setInterval(() => { if (!document.hidden && !isRead()) location.reload(); }, 5 * 60 * 1000);
}
