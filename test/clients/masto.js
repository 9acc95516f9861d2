// What a program on masto.js does in a day, for two people on one node.
import assert from "node:assert/strict";
import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } from "masto";
import { authorize, live, node, outOfBand, scopes, square, within } from "./day.js";
import { pushService } from "./push.js";

// signIn registers an app for somebody and exchanges the code for a token.
async function signIn(name) {
  const app = await createRestAPIClient({ url: node }).v1.apps.create({ clientName: "masto.js", redirectUris: outOfBand, scopes, website: "https://client.example" });
  assert.deepEqual([app.redirectUris, app.scopes], [[outOfBand], scopes.split(" ")]);
  const ask = new URLSearchParams({ client_id: app.clientId, redirect_uri: outOfBand, response_type: "code", scope: scopes });
  const code = await authorize(name, `${node}/oauth/authorize?${ask}`);
  const how = { clientId: app.clientId, clientSecret: app.clientSecret, redirectUri: outOfBand };
  const token = await createOAuthAPIClient({ url: node }).token.create({ grantType: "authorization_code", code, scope: scopes, ...how });
  assert.equal(token.tokenType, "Bearer");
  assert.equal(token.scope, scopes);
  const { v1, v2 } = createRestAPIClient({ url: node, accessToken: token.accessToken });
  return { v1, v2, app, token: token.accessToken };
}

// words of a status, without what is around them.
const words = (status) => status.content.replace(/<[^>]*>/g, "");
const ids = (list) => list.map((one) => one.id);

async function instance(alice) {
  const about = await alice.v2.instance.fetch();
  assert.ok(about.domain && about.title && about.configuration.statuses.maxCharacters > 0 && about.apiVersions.mastodon > 0);
  assert.match(about.version, /^\d+\.\d+\.\d+/);
  assert.equal(about.configuration.urls.streaming, node.replace("http", "ws"));
  assert.ok(about.configuration.vapid.publicKey);
  assert.equal((await alice.v1.instance.fetch()).uri, about.domain);
  assert.equal((await alice.v1.preferences.fetch())["posting:default:visibility"], "public");
  assert.ok(Array.isArray(await alice.v1.customEmojis.list()) && Array.isArray(await alice.v1.announcements.list()));
}

async function accounts(alice, bob) {
  const me = await alice.v1.accounts.verifyCredentials();
  assert.equal(me.acct, "alice");
  const changed = await alice.v1.accounts.updateCredentials({
    displayName: "Alice A.", note: "Tests", avatar: new Blob([square()], { type: "image/png" }), source: { privacy: "public", language: "en" },
    fieldsAttributes: [{ name: "site", value: "https://example.com" }],
  });
  assert.deepEqual([changed.displayName, changed.source.note, changed.source.language, changed.fields[0].name], ["Alice A.", "Tests", "en", "site"]);
  assert.ok(!changed.avatar.includes("missing"));
  const them = await alice.v1.accounts.lookup({ acct: "bob" });
  assert.deepEqual(ids(await alice.v1.accounts.fetch({ id: [them.id, me.id] })).sort(), [me.id, them.id].sort());
  assert.ok((await alice.v1.accounts.$select(them.id).follow({ reblogs: true, notify: true, languages: ["en", "de"] })).notifying);
  await bob.v1.accounts.$select(me.id).follow();
  const [relation] = await alice.v1.accounts.relationships.fetch({ id: [them.id] });
  assert.deepEqual([relation.following, relation.followedBy, relation.languages], [true, true, ["en", "de"]]);
  await alice.v1.accounts.$select(them.id).follow({ languages: [] });
  assert.deepEqual(ids(await alice.v1.accounts.$select(me.id).following.list()), [them.id]);
  assert.deepEqual(ids(await alice.v1.accounts.$select(me.id).followers.list()), [them.id]);
  assert.equal((await alice.v1.accounts.$select(them.id).note.create({ comment: "a colleague" })).note, "a colleague");
  assert.ok((await alice.v1.accounts.$select(them.id).mute({ duration: 60, notifications: false })).muting);
  assert.deepEqual(ids(await alice.v1.mutes.list()), [them.id]);
  assert.ok(!(await alice.v1.accounts.$select(them.id).unmute()).muting);
  assert.equal((await alice.v2.search.list({ q: "bob", type: "accounts", resolve: true })).accounts[0].id, them.id);
}

async function profile(alice, bob) {
  const changed = await alice.v1.profile.update({ displayName: "Alice B.", avatar: new Blob([square()], { type: "image/png" }), avatarDescription: "a grey square", showFeatured: true });
  assert.deepEqual([changed.displayName, changed.avatarDescription, changed.showFeatured], ["Alice B.", "a grey square", true]);
  assert.equal((await alice.v1.profile.fetch()).id, changed.id);
  assert.ok((await alice.v1.profile.avatar.remove()).avatar.includes("missing"));
  await alice.v1.tags.$select("snow").feature();
  const [tag] = await alice.v1.featuredTags.list();
  assert.deepEqual([tag.name, (await bob.v1.accounts.$select(changed.id).featuredTags.list()).length], ["snow", 1]);
  await alice.v1.featuredTags.$select(tag.id).remove();
  assert.deepEqual(await alice.v1.featuredTags.list(), []);
}

async function statuses(alice, bob) {
  const said = await alice.v1.statuses.create({ status: "Hello #masto", spoilerText: "cw", sensitive: true, visibility: "unlisted", language: "en" });
  assert.deepEqual([said.visibility, said.spoilerText, said.application.name, said.tags[0].name], ["unlisted", "cw", "masto.js", "masto"]);
  const reply = await bob.v1.statuses.create({ status: "@alice hello back", inReplyToId: said.id });
  const { ancestors, descendants } = await alice.v1.statuses.$select(said.id).context.fetch();
  assert.deepEqual([ids(ancestors), ids(descendants)], [[], [reply.id]]);
  const theirs = bob.v1.statuses.$select(said.id), mine = alice.v1.statuses.$select(said.id);
  for (const [act, mark] of [["favourite", "favourited"], ["reblog", "reblogged"], ["bookmark", "bookmarked"]]) {
    const done = await theirs[act]();
    assert.equal((done.reblog ?? done)[mark], true, act);
  }
  assert.deepEqual([await mine.favouritedBy.list(), await mine.rebloggedBy.list()].map((list) => list.map((a) => a.acct)), [["bob"], ["bob"]]);
  assert.deepEqual([ids(await bob.v1.favourites.list()), ids(await bob.v1.bookmarks.list())], [[said.id], [said.id]]);
  for (const act of ["unfavourite", "unreblog", "unbookmark", "mute", "unmute"]) assert.equal((await theirs[act]()).id, said.id, act);
  assert.ok((await mine.pin()).pinned && !(await mine.unpin()).pinned);
  const edited = await mine.update({ status: "Hello again #masto", spoilerText: "" });
  assert.ok(edited.editedAt && words(edited) === "Hello again #masto");
  assert.equal((await mine.history.list()).length, 2);
  assert.equal((await mine.source.fetch()).text, "Hello again #masto");
  assert.deepEqual(ids(await bob.v1.statuses.fetch({ id: [said.id, reply.id] })).sort(), [said.id, reply.id].sort());
  const quote = await bob.v1.statuses.create({ status: "As she says", quotedStatusId: said.id });
  assert.deepEqual([quote.quote.state, quote.quote.quotedStatus.id], ["accepted", said.id]);
  assert.deepEqual(ids(await mine.quotes.list()), [quote.id]);
  assert.equal((await mine.remove()).text, "Hello again #masto");
  await assert.rejects(mine.fetch(), { statusCode: 404, message: "Record not found" });
}

async function media(alice) {
  const file = await alice.v2.media.create({ file: new Blob([square()], { type: "image/png" }), description: "a square", focus: "0.5,-0.5" });
  assert.deepEqual([file.type, file.description, file.meta.focus], ["image", "a square", { x: 0.5, y: -0.5 }]);
  assert.equal((await alice.v1.media.$select(file.id).update({ description: "grey" })).description, "grey");
  const said = await alice.v1.statuses.create({ mediaIds: [file.id] });
  assert.equal(said.mediaAttachments[0].description, "grey");
  const shown = await fetch(said.mediaAttachments[0].url, { headers: { Origin: "https://client.example" } });
  assert.deepEqual([shown.status, shown.headers.get("access-control-allow-origin")], [200, "*"]);
}

async function polls(alice, bob) {
  const { poll } = await alice.v1.statuses.create({ status: "Tea?", poll: { options: ["yes", "no", "both"], expiresIn: 3600, multiple: true } });
  const voted = await bob.v1.polls.$select(poll.id).votes.create({ choices: [0, 2] });
  assert.deepEqual([voted.voted, voted.ownVotes, voted.options.map((o) => o.votesCount)], [true, [0, 2], [1, 0, 1]]);
  await assert.rejects(bob.v1.polls.$select(poll.id).votes.create({ choices: [1] }), { statusCode: 422 });
}

async function pages(alice, bob) {
  const written = [];
  for (let n = 0; n < 7; n++) written.unshift((await bob.v1.statuses.create({ status: `Page ${n} #pages` })).id);
  const read = [];
  for await (const page of alice.v1.timelines.tag.$select("pages").list({ limit: 3 })) read.push(...ids(page));
  assert.deepEqual(read, written);
  const newer = [];
  for await (const page of alice.v1.timelines.home.list({ limit: 3, minId: written[6] }).setDirection("prev")) newer.unshift(...ids(page));
  assert.deepEqual(newer, written.slice(0, 6));
  for (const timeline of [alice.v1.timelines.home, alice.v1.timelines.public]) assert.equal((await timeline.list({ limit: 1 }))[0].id, written[0]);
  const them = await alice.v1.accounts.lookup({ acct: "bob" });
  assert.equal((await alice.v1.accounts.$select(them.id).statuses.list({ tagged: "pages", limit: 40, excludeReplies: true })).length, 7);
}

async function filters(alice, bob) {
  const made = await alice.v2.filters.create({ title: "Rain", context: ["home", "public"], filterAction: "warn", expiresIn: 3600, keywordsAttributes: [{ keyword: "rain", wholeWord: true }] });
  const filter = alice.v2.filters.$select(made.id);
  const said = await bob.v1.statuses.create({ status: "It will rain" });
  const shown = await alice.v1.statuses.$select(said.id).fetch();
  assert.deepEqual([shown.filtered[0].filter.title, shown.filtered[0].keywordMatches], ["Rain", ["rain"]]);
  const keyword = await filter.keywords.create({ keyword: "snow", wholeWord: false });
  assert.equal((await alice.v2.filters.keywords.$select(keyword.id).update({ keyword: "sleet" })).keyword, "sleet");
  await alice.v2.filters.keywords.$select(keyword.id).remove();
  const status = await filter.statuses.create({ statusId: said.id });
  assert.equal(status.statusId, said.id);
  await alice.v2.filters.statuses.$select(status.id).remove();
  const changed = await filter.update({ title: "Weather", filterAction: "hide", keywordsAttributes: [{ id: made.keywords[0].id, _destroy: true }] });
  assert.deepEqual([changed.title, changed.filterAction, changed.keywords], ["Weather", "hide", []]);
  await filter.remove();
  assert.deepEqual(await alice.v2.filters.list(), []);
}

async function lists(alice, bob) {
  const made = await alice.v1.lists.create({ title: "Friends", repliesPolicy: "list", exclusive: false });
  const them = await alice.v1.accounts.lookup({ acct: "bob" });
  const list = alice.v1.lists.$select(made.id);
  await list.accounts.create({ accountIds: [them.id] });
  assert.deepEqual([ids(await list.accounts.list()), ids(await alice.v1.accounts.$select(them.id).lists.list())], [[them.id], [made.id]]);
  const said = await bob.v1.statuses.create({ status: "For the list" });
  assert.equal((await alice.v1.timelines.list.$select(made.id).list())[0].id, said.id);
  assert.equal((await list.update({ title: "Colleagues" })).title, "Colleagues");
  await list.accounts.remove({ accountIds: [them.id] });
  assert.deepEqual(await list.accounts.list(), []);
  await list.remove();
  assert.deepEqual(await alice.v1.lists.list(), []);
}

async function notifications(alice, bob) {
  const said = await bob.v1.statuses.create({ status: "@alice look" });
  const [told] = await alice.v1.notifications.list({ types: ["mention"], limit: 1 });
  assert.deepEqual([told.type, told.status.id, told.account.acct], ["mention", said.id, "bob"]);
  const grouped = await alice.v2.notifications.list({ limit: 5, groupedTypes: ["favourite", "follow", "reblog"] });
  const group = grouped.notificationGroups.find((g) => g.statusId === said.id);
  assert.deepEqual([group.type, group.notificationsCount, grouped.accounts.some((a) => a.id === group.sampleAccountIds[0])], ["mention", 1, true]);
  assert.equal((await alice.v2.notifications.unreadCount.fetch()).count > 0, true);
  const marks = await alice.v1.markers.create({ notifications: { lastReadId: told.id } });
  assert.equal(marks.notifications.lastReadId, told.id);
  assert.equal((await alice.v1.markers.fetch({ timeline: ["notifications"] })).notifications.lastReadId, told.id);
  assert.equal((await alice.v2.notifications.unreadCount.fetch()).count, 0);
  const policy = await alice.v2.notifications.policy.update({ forNotFollowing: "filter" });
  assert.equal(policy.forNotFollowing, "filter");
  await alice.v2.notifications.policy.update({ forNotFollowing: "accept" });
  assert.deepEqual(await alice.v1.notifications.requests.list(), []);
  await alice.v1.notifications.$select(told.id).dismiss();
  await alice.v1.notifications.clear();
  assert.deepEqual(await alice.v1.notifications.list(), []);
}

async function rest(alice, bob) {
  assert.ok((await alice.v1.tags.$select("Masto").follow()).following);
  assert.deepEqual((await alice.v1.followedTags.list()).map((t) => t.name.toLowerCase()), ["masto"]);
  assert.ok(!(await alice.v1.tags.$select("masto").unfollow()).following);
  await bob.v1.statuses.create({ status: "@alice psst", visibility: "direct" });
  const [talk] = await alice.v1.conversations.list();
  assert.deepEqual([talk.unread, words(talk.lastStatus)], [true, "@alice psst"]);
  assert.ok(!(await alice.v1.conversations.$select(talk.id).read()).unread);
  await alice.v1.conversations.$select(talk.id).remove();
  assert.deepEqual(await alice.v1.conversations.list(), []);
  await alice.v1.domainBlocks.create({ domain: "blocked.example" });
  assert.deepEqual(await alice.v1.domainBlocks.list(), ["blocked.example"]);
  await alice.v1.domainBlocks.remove({ domain: "blocked.example" });
  assert.deepEqual(await alice.v1.domainBlocks.list(), []);
  const them = await alice.v1.accounts.lookup({ acct: "bob" });
  const report = await alice.v1.reports.create({ accountId: them.id, comment: "look", category: "spam", forward: false });
  assert.deepEqual([report.category, report.targetAccount.id, report.actionTaken], ["spam", them.id, false]);
}

// hears waits for an event of a stream.
async function hears(stream, matches) {
  return within("an event", (async () => {
    for await (const event of stream) if (matches(event)) return event;
  })());
}

async function streams(alice, bob) {
  const streaming = createStreamingAPIClient({ streamingApiUrl: node.replace("http", "ws"), accessToken: alice.token });
  const [user, private_, tagged] = [streaming.user.subscribe(), streaming.direct.subscribe(), streaming.hashtag.subscribe({ tag: "wire" })];
  const heard = { update: hears(user, (e) => e.event === "update"), told: hears(user, (e) => e.event === "notification"),
    edit: hears(user, (e) => e.event === "status.update"), end: hears(user, (e) => e.event === "delete"),
    talk: hears(private_, (e) => e.event === "conversation"), tag: hears(tagged, (e) => e.event === "update") };
  // A subscription is not answered: the first post that is heard shows that it holds.
  let said, done = false;
  heard.update.finally(() => (done = true)).catch(() => {});
  heard.tag.catch(() => {});
  while (!done) {
    said = await bob.v1.statuses.create({ status: "@alice #wire" });
    await new Promise((next) => setTimeout(next, 200));
  }
  assert.equal((await heard.update).payload.account.acct, "bob");
  assert.equal((await heard.told).payload.type, "mention");
  assert.deepEqual((await heard.tag).stream, ["hashtag", "wire"]);
  await bob.v1.statuses.$select(said.id).update({ status: "@alice #wire again" });
  assert.equal((await heard.edit).payload.id, said.id);
  await bob.v1.statuses.$select(said.id).remove();
  assert.equal((await heard.end).payload, said.id);
  await bob.v1.statuses.create({ status: "@alice in private", visibility: "direct" });
  assert.ok((await heard.talk).payload.unread);
  streaming.close();
}

async function push(alice, bob) {
  const service = await pushService();
  const made = await alice.v1.push.subscription.create({ subscription: { endpoint: service.endpoint, keys: service.keys, standard: true }, data: { alerts: { mention: true }, policy: "all" } });
  assert.deepEqual([made.endpoint, made.alerts.mention, made.alerts.follow], [service.endpoint, true, false]);
  const said = await bob.v1.statuses.create({ status: "@alice wake up" });
  const message = await service.woken();
  assert.deepEqual([message.notification_type, message.preferred_locale.length], ["mention", 2]);
  assert.equal((await alice.v1.notifications.$select(message.notification_id).fetch()).status.id, said.id);
  assert.ok((await alice.v1.push.subscription.update({ data: { alerts: { follow: true } } })).alerts.follow);
  await alice.v1.push.subscription.remove();
  await assert.rejects(alice.v1.push.subscription.fetch(), { statusCode: 404 });
  service.close();
}

async function refusals(alice) {
  await assert.rejects(createRestAPIClient({ url: node, accessToken: "guess" }).v1.accounts.verifyCredentials(), { statusCode: 401, message: "The access token is invalid" });
  await assert.rejects(alice.v1.statuses.create({ status: "" }), { statusCode: 422 });
  const oauth = createOAuthAPIClient({ url: node });
  const who = { clientId: alice.app.clientId, clientSecret: alice.app.clientSecret, redirectUri: outOfBand };
  await assert.rejects(oauth.token.create({ grantType: "password", username: "alice", password: "x", ...who }), { statusCode: 400 });
  const app = await oauth.token.create({ grantType: "client_credentials", ...who });
  assert.equal((await createRestAPIClient({ url: node, accessToken: app.accessToken }).v1.apps.verifyCredentials()).name, "masto.js");
  await oauth.revoke({ clientId: who.clientId, clientSecret: who.clientSecret, token: alice.token });
  await assert.rejects(alice.v1.accounts.verifyCredentials(), { statusCode: 401 });
}

await live([instance, accounts, profile, statuses, media, polls, pages, filters, lists, notifications, rest, streams, push, refusals], await signIn("alice"), await signIn("bob"));
