// The people of the peer: who they are, what they have said, and who follows
// them. Their documents are built by the library, in its words.
import { generateCryptoKeyPair } from "@fedify/fedify";
import * as vocab from "@fedify/vocab";
import { LanguageString } from "@fedify/vocab-runtime";

export const pub = vocab.PUBLIC_COLLECTION;
export const people = new Map(); // identifier: person
export const posts = new Map(); // id in the path: { made, as, options }
export const stamps = new Map(); // id in the path: QuoteAuthorization

// join makes somebody; each has an RSA key and an Ed25519 key.
export async function join(identifier, more = {}) {
  const keys = [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"), await generateCryptoKeyPair("Ed25519")];
  people.set(identifier, { name: identifier, summary: "", keys, followers: new Map(), pinned: [], tags: [], aliases: [], ...more });
}

// actor is the document of somebody.
export async function actor(ctx, identifier) {
  const p = people.get(identifier);
  if (p == null) return null;
  const pairs = await ctx.getActorKeyPairs(identifier);
  return new vocab.Person({
    id: ctx.getActorUri(identifier),
    preferredUsername: identifier,
    name: p.name,
    summary: p.summary,
    inbox: ctx.getInboxUri(identifier),
    endpoints: new vocab.Endpoints({ sharedInbox: ctx.getInboxUri() }),
    followers: ctx.getFollowersUri(identifier),
    featured: ctx.getFeaturedUri(identifier),
    featuredTags: ctx.getFeaturedTagsUri(identifier),
    url: ctx.getActorUri(identifier),
    manuallyApprovesFollowers: p.locked ?? false,
    discoverable: true,
    indexable: true,
    suspended: p.suspended ?? false,
    aliases: p.aliases.map((uri) => new URL(uri)),
    successor: p.movedTo ? new URL(p.movedTo) : null,
    attachments: [new vocab.PropertyValue({ name: "Workshop", value: "third floor" })],
    publicKey: pairs[0].cryptographicKey,
    assertionMethods: pairs.map((pair) => pair.multikey),
  });
}

// audience is to and cc for a visibility, as most servers write it.
function audience(ctx, as, visibility, mentioned) {
  const followers = ctx.getFollowersUri(as);
  switch (visibility) {
    case "unlisted":
      return { tos: [followers], ccs: [pub, ...mentioned] };
    case "private":
      return { tos: [followers], ccs: mentioned };
    case "direct":
      return { tos: mentioned, ccs: [] };
    default:
      return { tos: [pub], ccs: [followers, ...mentioned] };
  }
}

// write makes a Note or, with options, a Question.
export function write(ctx, { as, text, summary, visibility, reply, quote, stamp, picture, tag, options, multiple, minutes = 60 }, mentioned) {
  const What = options ? vocab.Question : vocab.Note;
  const key = crypto.randomUUID();
  const choices = options?.map((name) => option(name, 0));
  const made = new What({
    id: ctx.getObjectUri(What, { id: key }),
    attribution: ctx.getActorUri(as),
    ...audience(ctx, as, visibility, mentioned.map((one) => one.id)),
    contents: [text, new LanguageString(text, "en")],
    summary,
    sensitive: summary != null,
    replyTarget: reply ? new URL(reply) : null,
    tags: [
      ...mentioned.map((one) => new vocab.Mention({ href: one.id, name: `@${one.preferredUsername}@${one.id.host}` })),
      ...(tag ? [new vocab.Hashtag({ href: new URL(`/tags/${tag}`, ctx.origin), name: `#${tag}` })] : []),
    ],
    attachments: picture ? [new vocab.Document({ mediaType: "image/png", url: new URL(picture, ctx.origin), name: "A drawing", width: 64, height: 48 })] : [],
    quote: quote ? new URL(quote) : null,
    quoteUrl: quote ? new URL(quote) : null,
    quoteAuthorization: stamp ? new URL(stamp) : null,
    interactionPolicy: new vocab.InteractionPolicy({ canQuote: new vocab.InteractionRule({ automaticApproval: pub }) }),
    published: Temporal.Now.instant(),
    url: ctx.getObjectUri(What, { id: key }),
    ...(options && { [multiple ? "inclusiveOptions" : "exclusiveOptions"]: choices, endTime: Temporal.Now.instant().add({ minutes }), voters: 0 }),
  });
  posts.set(key, { made, as, options });
  return made;
}

export const option = (name, votes) => new vocab.Note({ name, replies: new vocab.Collection({ totalItems: votes }) });
