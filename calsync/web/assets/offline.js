// Keeps one page, the week that was seen last, for when there is no network. It answers nothing else: no form,
// no feed, no page of another address. It is below the secret, and so is all that it sees.
const HOME = self.registration.scope;
// Those of one server have names that begin alike, whatever its secret is.
const SERVER = "calsync " + HOME.replace(/[^/]+\/$/, "");
const KEPT = SERVER + " " + HOME;
const NOTE = ' hidden id="as-of"'; // what the page says when it is an old one

const keep = async (answer) => {
  const html = answer.ok && !answer.redirected ? await answer.text() : "";
  if (!html.includes(NOTE)) return; // no page of calsync's, such as the sign-in of a proxy or a hotel
  const headers = {};
  for (const name of ["Content-Security-Policy", "Content-Type", "Referrer-Policy", "X-Content-Type-Options"]) {
    if (answer.headers.has(name)) headers[name] = answer.headers.get(name);
  }
  await (await caches.open(KEPT)).put(HOME, new Response(html.replace(NOTE, ' class="problem" id="as-of"'), { headers }));
};

// The address is dead, as after a new secret: what was seen there must not be seen any more.
const forget = () => Promise.all([caches.delete(KEPT), self.registration.unregister()]);

const taken = (answer) => (answer.status === 404 || answer.status === 410 ? forget() : keep(answer));
const renew = () => fetch(HOME, { cache: "no-store" }).then(taken, () => {});

const answered = async (event) => {
  const isHome = event.request.url.split("#")[0] === HOME;
  let answer;
  try {
    answer = await fetch(event.request);
  } catch (problem) {
    const kept = await caches.match(HOME, { cacheName: KEPT });
    if (!kept) throw problem;
    // The links of the page that is kept lead on from its own address only.
    return isHome ? kept : Response.redirect(HOME);
  }
  if (isHome) await taken(answer.clone());
  // Something was done, so what is kept is old; or it is not known whether the secret or only the week is gone.
  else if (event.request.url.startsWith(HOME + "?") || answer.status === 404) event.waitUntil(renew());
  return answer;
};

self.addEventListener("install", (event) => event.waitUntil(Promise.all([renew(), self.skipWaiting()])));

self.addEventListener("activate", (event) => event.waitUntil(caches.keys().then((names) =>
  Promise.all(names.filter((name) => name.startsWith(SERVER + " ") && name !== KEPT).map((name) => caches.delete(name))))));

self.addEventListener("fetch", (event) => {
  if (event.request.mode === "navigate" && event.request.method === "GET") event.respondWith(answered(event));
});
