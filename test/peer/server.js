// A small server of the fediverse with one person, fred. The library checks
// every signature; what it let through can be asked for, and what fred does is
// asked for, both below /control.
//
//   node server.js PORT
import { Temporal } from "@js-temporal/polyfill";
globalThis.Temporal ??= Temporal;

import { createServer } from "node:http";
const { createFederation, generateCryptoKeyPair, MemoryKvStore } = await import("@fedify/fedify");
const {
  Accept, Activity, Announce, Create, Delete, Endpoints, Follow, Like, Mention, Note, Person, PUBLIC_COLLECTION, Tombstone, Undo, Update,
} = await import("@fedify/vocab");

const port = Number(process.argv[2]);
const origin = `http://localhost:${port}`;
const fred = "fred";

const federation = createFederation({ kv: new MemoryKvStore(), allowPrivateAddress: true, origin });
const keys = [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"), await generateCryptoKeyPair("Ed25519")];
const notes = new Map(); // id in the path: Note
const followers = new Map(); // actor id: Actor
const received = []; // what arrived with a signature that holds

federation
  .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
    if (identifier !== fred) return null;
    const pairs = await ctx.getActorKeyPairs(identifier);
    return new Person({
      id: ctx.getActorUri(identifier),
      preferredUsername: identifier,
      name: "Fred of Fedify",
      inbox: ctx.getInboxUri(identifier),
      endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
      followers: ctx.getFollowersUri(identifier),
      url: ctx.getActorUri(identifier),
      publicKey: pairs[0].cryptographicKey,
      assertionMethods: pairs.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher((_, identifier) => (identifier === fred ? keys : []));
federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({ items: [...followers.values()] }));
federation.setObjectDispatcher(Note, "/notes/{id}", (_, { id }) => notes.get(id) ?? null);
federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .on(Follow, async (ctx, follow) => {
    const follower = await follow.getActor(ctx);
    followers.set(follower.id.href, follower);
    await note(ctx, follow);
    await ctx.sendActivity({ identifier: fred }, follower, new Accept({ id: fresh(ctx, "accepts"), actor: ctx.getActorUri(fred), object: follow }));
  })
  .on(Activity, note)
  .onError((_, error) => console.error("an activity failed:", error));

// note remembers an activity as the tests look at it.
async function note(ctx, activity) {
  const object = await activity.getObject(ctx).catch(() => null);
  received.push({ type: activity.constructor.name, id: activity.id?.href, actor: activity.actorId?.href, object: activity.objectId?.href, content: object?.content?.toString() });
}

const fresh = (ctx, kind) => new URL(`#${kind}/${crypto.randomUUID()}`, ctx.getActorUri(fred));

// What fred can be told to do. Each gets a context and the fields of a form.
const acts = {
  async follow(ctx, { actor }) {
    const other = await known(ctx, actor);
    await send(ctx, other, new Follow({ id: fresh(ctx, "follows"), actor: ctx.getActorUri(fred), object: other.id, to: other.id }));
  },
  async post(ctx, { text }) {
    const made = newNote(ctx, { text });
    await ctx.sendActivity({ identifier: fred }, [...followers.values()], create(ctx, made));
    return { id: made.id.href };
  },
  async reply(ctx, { object, text }) {
    const target = await ctx.lookupObject(object);
    const author = await known(ctx, target.attributionId.href);
    const made = newNote(ctx, { text, target, author });
    await send(ctx, author, create(ctx, made));
    return { id: made.id.href };
  },
  async edit(ctx, { id, text, actor }) {
    const path = ctx.parseUri(new URL(id)).values.id;
    const changed = notes.get(path).clone({ content: text, updated: Temporal.Now.instant() });
    notes.set(path, changed);
    await send(ctx, await known(ctx, actor), new Update({ id: fresh(ctx, "updates"), actor: ctx.getActorUri(fred), object: changed, to: PUBLIC_COLLECTION }));
  },
  async delete(ctx, { id, actor }) {
    notes.delete(ctx.parseUri(new URL(id)).values.id);
    await send(ctx, await known(ctx, actor), new Delete({ id: fresh(ctx, "deletes"), actor: ctx.getActorUri(fred), object: new Tombstone({ id: new URL(id) }), to: PUBLIC_COLLECTION }));
  },
  like: (ctx, fields) => react(ctx, fields, Like),
  announce: (ctx, fields) => react(ctx, fields, Announce),
  async undo(ctx, { id, kind, object }) {
    const author = await authorOf(ctx, object);
    const what = { Like, Announce }[kind];
    const undone = new what({ id: new URL(id), actor: ctx.getActorUri(fred), object: new URL(object) });
    await send(ctx, author, new Undo({ id: fresh(ctx, "undos"), actor: ctx.getActorUri(fred), object: undone, to: PUBLIC_COLLECTION }));
  },
};

async function react(ctx, { object }, What) {
  const id = fresh(ctx, "reactions");
  await send(ctx, await authorOf(ctx, object), new What({ id, actor: ctx.getActorUri(fred), object: new URL(object), to: PUBLIC_COLLECTION }));
  return { id: id.href };
}

async function authorOf(ctx, object) {
  return known(ctx, (await ctx.lookupObject(object)).attributionId.href);
}

async function known(ctx, actor) {
  const found = await ctx.lookupObject(actor, { documentLoader: await ctx.getDocumentLoader({ identifier: fred }) });
  if (found == null) throw new Error(`there is no ${actor}`);
  return found;
}

function newNote(ctx, { text, target, author }) {
  const id = crypto.randomUUID();
  const made = new Note({
    id: ctx.getObjectUri(Note, { id }),
    attribution: ctx.getActorUri(fred),
    to: PUBLIC_COLLECTION,
    ccs: [ctx.getFollowersUri(fred), ...(author ? [author.id] : [])],
    content: text,
    mediaType: "text/html",
    replyTarget: target?.id,
    tags: author ? [new Mention({ href: author.id, name: `@${author.preferredUsername}@${author.id.host}` })] : [],
    published: Temporal.Now.instant(),
    url: ctx.getObjectUri(Note, { id }),
  });
  notes.set(id, made);
  return made;
}

const create = (ctx, made) => new Create({ id: new URL("#create", made.id), actor: ctx.getActorUri(fred), object: made, to: PUBLIC_COLLECTION, cc: ctx.getFollowersUri(fred) });

const send = (ctx, to, activity) => ctx.sendActivity({ identifier: fred }, to, activity);

// control does what a test asks for.
async function control(path, body) {
  if (path === "/control/received") return received;
  const act = acts[path.slice("/control/".length)];
  return (await act(federation.createContext(new URL(origin), undefined), JSON.parse(body))) ?? {};
}

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

createServer(async (request, response) => {
  try {
    const sent = await body(request);
    if (request.url.startsWith("/control/")) {
      const answer = await control(request.url, sent.toString());
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
      return;
    }
    const asked = new Request(new URL(request.url, origin), { method: request.method, headers: request.headers, body: sent.length ? sent : undefined });
    const answer = await federation.fetch(asked, { contextData: undefined });
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(Buffer.from(await answer.arrayBuffer()));
  } catch (error) {
    console.error(error);
    response.writeHead(500).end(String(error));
  }
}).listen(port, "127.0.0.1", () => console.log(`fred is at ${origin}/users/${fred}`));
