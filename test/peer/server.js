// A small server of the fediverse, on a library of another make. The library
// checks every signature; what it let through can be asked for, and what its
// people do is asked for, both below /control.
//
//   node server.js PORT [KNOCK]
//
// KNOCK is the one way in which deliveries are taken, and the first in which
// they are signed: rfc9421 or draft-cavage-http-signatures-12.
import { Temporal } from "@js-temporal/polyfill";
globalThis.Temporal ??= Temporal;

import { createServer } from "node:http";
const { createFederation, MemoryKvStore } = await import("@fedify/fedify");
const { Accept, Activity, Follow, Note, Question, QuoteAuthorization } = await import("@fedify/vocab");
const { acts, understood } = await import("./acts.js");
const { actor, join, people, posts, stamps } = await import("./people.js");

const [port, knock = "draft-cavage-http-signatures-12"] = process.argv.slice(2);
const origin = `http://localhost:${port}`;
const received = []; // what arrived with a signature that holds

const federation = createFederation({ kv: new MemoryKvStore(), allowPrivateAddress: true, origin, firstKnock: knock });

federation.setActorDispatcher("/users/{identifier}", actor).setKeyPairsDispatcher((_, identifier) => people.get(identifier)?.keys ?? []);
federation.setFollowersDispatcher("/users/{identifier}/followers", (_, identifier) => ({ items: [...people.get(identifier).followers.values()] }));
federation.setFeaturedDispatcher("/users/{identifier}/featured", (ctx, identifier) => ({ items: people.get(identifier).pinned.map((id) => posts.get(ctx.parseUri(new URL(id)).values.id).made) }));
federation.setFeaturedTagsDispatcher("/users/{identifier}/tags", () => ({ items: [] }));
for (const [What, path] of [[Note, "/notes/{id}"], [Question, "/polls/{id}"]]) {
  federation.setObjectDispatcher(What, path, (_, { id }) => posts.get(id)?.made ?? null);
}
federation.setObjectDispatcher(QuoteAuthorization, "/stamps/{id}", (_, { id }) => stamps.get(id) ?? null);
federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .on(Follow, async (ctx, follow) => {
    await take(ctx, follow);
    const { identifier } = ctx.parseUri(follow.objectId);
    if (people.get(identifier).locked) return;
    const follower = await follow.getActor(ctx);
    people.get(identifier).followers.set(follower.id.href, follower);
    const accept = new Accept({ id: new URL(`#accepts/${crypto.randomUUID()}`, follow.objectId), actor: follow.objectId, object: follow });
    await ctx.sendActivity({ identifier }, follower, accept);
  })
  .on(Activity, take)
  .onError((_, error) => console.error("an activity failed:", error));

async function take(ctx, activity) {
  received.push(await understood(ctx, activity));
}

// control does what a test asks for.
async function control(path, body) {
  if (path === "/control/received") return received;
  return (await acts[path.slice("/control/".length)](federation.createContext(new URL(origin), undefined), JSON.parse(body))) ?? {};
}

// signedOtherwise reports whether a delivery is signed in another way than this
// server wants.
const signedOtherwise = ({ method, headers }) => method === "POST" && (knock === "rfc9421") !== (headers["signature-input"] != null);

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

async function answer(request, sent) {
  if (request.url.startsWith("/control/")) return { status: 200, headers: { "content-type": "application/json" }, text: JSON.stringify(await control(request.url, sent.toString())) };
  if (signedOtherwise(request)) return { status: 401, headers: {}, text: `signed otherwise than by ${knock}` };
  const asked = new Request(new URL(request.url, origin), { method: request.method, headers: request.headers, body: sent.length ? sent : undefined });
  const found = await federation.fetch(asked, { contextData: undefined });
  return { status: found.status, headers: Object.fromEntries(found.headers), text: Buffer.from(await found.arrayBuffer()) };
}

await join("fred", { name: "Fred of Fedify" });
createServer(async (request, response) => {
  try {
    const { status, headers, text } = await answer(request, await body(request));
    response.writeHead(status, headers).end(text);
  } catch (error) {
    console.error(error);
    response.writeHead(500).end(String(error));
  }
}).listen(Number(port), "127.0.0.1", () => console.log(`fred is at ${origin}/users/fred`));
