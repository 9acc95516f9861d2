// What the people of the peer can be told to do. Each act gets a context and
// the fields of the request; as is who acts, to somebody it is sent to beside
// his followers. Most give the id of what they made.
import * as vocab from "@fedify/vocab";
import { actor, join, option, people, posts, pub, stamps, write } from "./people.js";

const { Accept, Create, Delete, Follow, QuoteAuthorization, QuoteRequest, Tombstone, Undo, Update } = vocab;

export const acts = {
  // join makes somebody.
  async join(_, { as, ...more }) {
    await join(as, more);
  },

  // act does what takes no more than an object: Like, Announce, Follow, Block
  // and the like. Of a Flag there are several objects.
  async act(ctx, { as, kind, object, objects, content, target, instrument, to, quietly }) {
    const id = fresh(ctx, as, kind);
    await send(ctx, as, to, made(ctx, { as, kind, id, object, objects, content, target, instrument, to }), quietly);
    return { id: id.href };
  },

  // undo takes back what was done under an id.
  async undo(ctx, { as, kind, id, object, to }) {
    const undone = made(ctx, { as, kind, id: new URL(id), object, to });
    await send(ctx, as, to, new Undo({ ...by(ctx, as, "Undo"), object: undone, tos: [pub] }));
  },

  // answer says yes or no to a Follow.
  async answer(ctx, { as, kind, id, to }) {
    const asked = new Follow({ id: new URL(id), actor: new URL(to), object: ctx.getActorUri(as) });
    await send(ctx, as, to, new vocab[kind]({ ...by(ctx, as, kind), object: asked, to: new URL(to) }), true);
  },

  // post says something.
  async post(ctx, fields) {
    const mentioned = fields.mention ? [await known(ctx, fields.as, fields.mention)] : [];
    const note = write(ctx, fields, mentioned);
    const create = new Create({ id: new URL("#create", note.id), actor: ctx.getActorUri(fields.as), object: note, tos: note.toIds, ccs: note.ccIds });
    await send(ctx, fields.as, fields.mention, create, fields.visibility === "direct");
    return { id: note.id.href };
  },

  // edit says it otherwise, or tells how a poll stands.
  async edit(ctx, { id, text, votes, closed, stamp, to }) {
    const post = posts.get(keyOf(ctx, id));
    const changes = {};
    if (text) Object.assign(changes, { contents: [text], updated: Temporal.Now.instant() });
    if (stamp) changes.quoteAuthorization = new URL(stamp);
    if (votes) Object.assign(changes, { exclusiveOptions: votes.map((n, at) => option(post.options[at], n)), voters: votes.reduce((a, b) => a + b) });
    if (closed) Object.assign(changes, { closed: Temporal.Now.instant(), endTime: Temporal.Now.instant() });
    post.made = post.made.clone(changes);
    await send(ctx, post.as, to, new Update({ ...by(ctx, post.as, "Update"), object: post.made, tos: post.made.toIds, ccs: post.made.ccIds }));
  },

  // delete takes it back.
  async delete(ctx, { id, to }) {
    const { as } = posts.get(keyOf(ctx, id));
    posts.delete(keyOf(ctx, id));
    await send(ctx, as, to, new Delete({ ...by(ctx, as, "Delete"), object: new Tombstone({ id: new URL(id) }), tos: [pub] }));
  },

  // pin shows a post on the profile, or with off no more.
  async pin(ctx, { as, id, off }) {
    const p = people.get(as);
    p.pinned = off ? p.pinned.filter((one) => one !== id) : [...p.pinned, id];
    const kind = off ? "Remove" : "Add";
    await send(ctx, as, null, new vocab[kind]({ ...by(ctx, as, kind), object: new URL(id), target: ctx.getFeaturedUri(as), tos: [pub] }));
  },

  // profile changes what somebody is.
  async profile(ctx, { as, to, ...changes }) {
    Object.assign(people.get(as), changes);
    const document = await actor(ctx, as);
    await send(ctx, as, to, new Update({ ...by(ctx, as, "Update"), object: document, tos: [pub] }));
  },

  // leave deletes somebody; his document is gone.
  async leave(ctx, { as, to }) {
    await send(ctx, as, to, new Delete({ ...by(ctx, as, "Delete"), object: ctx.getActorUri(as), tos: [pub] }));
    people.delete(as);
  },

  // vote chooses in a poll: a Note with a name and nothing to say.
  async vote(ctx, { as, object, name, to }) {
    const id = fresh(ctx, as, "votes");
    const vote = new vocab.Note({ id, attribution: ctx.getActorUri(as), name, replyTarget: new URL(object), to: new URL(to) });
    await send(ctx, as, to, new Create({ ...by(ctx, as, "Create"), object: vote, to: new URL(to) }), true);
  },

  // ask wants leave to quote, FEP-044f.
  async ask(ctx, { as, object, id, to }) {
    const request = new QuoteRequest({ ...by(ctx, as, "QuoteRequest"), object: new URL(object), instrument: new URL(id), to: new URL(to) });
    await send(ctx, as, to, request, true);
  },

  // allow gives leave to quote: a stamp that can be read.
  async allow(ctx, { as, request, object, id, to }) {
    const key = crypto.randomUUID();
    const stamp = new QuoteAuthorization({ id: ctx.getObjectUri(QuoteAuthorization, { id: key }), attribution: ctx.getActorUri(as), interactingObject: new URL(id), interactionTarget: new URL(object) });
    stamps.set(key, stamp);
    const asked = new QuoteRequest({ id: new URL(request), actor: new URL(to), object: new URL(object), instrument: new URL(id) });
    await send(ctx, as, to, new Accept({ ...by(ctx, as, "Accept"), object: asked, result: stamp.id, to: new URL(to) }), true);
    return { id: stamp.id.href };
  },

  // revoke takes that back.
  async revoke(ctx, { as, id, to }) {
    stamps.delete(keyOf(ctx, id));
    await send(ctx, as, to, new Delete({ ...by(ctx, as, "Delete"), object: new URL(id), tos: [pub] }));
  },

  // read is a document as the library understands it, and the ids of what is
  // in it if it is a collection.
  async read(ctx, { as, uri }) {
    const documentLoader = await ctx.getDocumentLoader({ identifier: as });
    const found = await ctx.lookupObject(uri, { documentLoader });
    if (found == null) throw new Error(`there is no ${uri}`);
    const items = [];
    if (found instanceof vocab.Collection) {
      for await (const item of ctx.traverseCollection(found, { documentLoader })) items.push(item.id.href);
    }
    return { document: await understood(ctx, found), items };
  },
};

// understood is a document in the library's own words: what it did not
// understand is not in it.
export const understood = (ctx, object) => object.toJsonLd({ format: "compact", contextLoader: ctx.contextLoader });

const fresh = (ctx, as, kind) => new URL(`#${kind}/${crypto.randomUUID()}`, ctx.getActorUri(as));

const by = (ctx, as, kind) => ({ id: fresh(ctx, as, kind), actor: ctx.getActorUri(as) });

function made(ctx, { as, kind, id, object, objects, content, target, instrument, to }) {
  return new vocab[kind]({
    id,
    actor: ctx.getActorUri(as),
    ...(objects ? { objects: objects.map((uri) => new URL(uri)) } : { object: new URL(object) }),
    content,
    target: target ? new URL(target) : null,
    instrument: instrument ? new URL(instrument) : null,
    tos: kind === "Announce" ? [pub] : to ? [new URL(to)] : [],
    ccs: kind === "Announce" ? [ctx.getFollowersUri(as)] : [],
  });
}

const keyOf = (ctx, id) => ctx.parseUri(new URL(id)).values.id;

async function known(ctx, as, uri) {
  const found = await ctx.lookupObject(uri, { documentLoader: await ctx.getDocumentLoader({ identifier: as }) });
  if (found == null) throw new Error(`there is no ${uri}`);
  return found;
}

// send delivers to one and, unless quietly, to the followers.
async function send(ctx, as, to, activity, quietly) {
  const receivers = new Map(quietly ? [] : people.get(as).followers);
  if (to) receivers.set(to, await known(ctx, as, to));
  await ctx.sendActivity({ identifier: as }, [...receivers.values()], activity);
}
