
// An app on a home screen also opens without a network. Where a browser has no workers, or no https, it doesn't.
const manifest = document.querySelector("link[rel=manifest]").href;
navigator.serviceWorker?.register(new URL("offline.js", manifest), { updateViaCache: "none" }).catch(() => {});
