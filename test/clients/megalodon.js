// What a program on megalodon does in a day, for two people on one node.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import generator, { detector } from "megalodon";
import { authorize, live, node, scopes, square, within } from "./day.js";
import { pushService } from "./push.js";

// signIn registers an app for somebody and exchanges the code for a token.
async function signIn(name) {
  const kind = await detector(node);
  const app = await generator(kind, node).registerApp("megalodon", { scopes: scopes.split(" "), website: "https://client.example" });
  const code = await authorize(name, app.url);
  const token = await generator(kind, node).fetchAccessToken(app.client_id, app.client_secret, code);
  const api = generator(kind, node, token.access_token);
  const me = (await api.verifyAccountCredentials()).data;
  return { api, app, me, token: token.access_token };
}

const ids = (list) => list.map((one) => one.id);
const words = (status) => status.content.replace(/<[^>]*>/g, "");

// refused insists that a request is answered with a status.
const refused = (request, status) => assert.rejects(request, (error) => assert.equal(error.response?.status, status, error) ?? true);

async function instance({ api }) {
  const { data } = await api.getInstance();
  assert.ok(data.uri && data.title && data.stats.user_count >= 2 && data.configuration.statuses.max_characters > 0);
  assert.equal(data.urls.streaming_api, node.replace("http", "ws"));
  assert.equal((await api.getPreferences()).data["posting:default:visibility"], "public");
  assert.ok(Array.isArray((await api.getInstanceCustomEmojis()).data) && Array.isArray((await api.getInstanceAnnouncements()).data));
  assert.equal((await api.verifyAppCredentials()).data.name, "megalodon");
}

async function accounts(alice, bob) {
  const changed = (await alice.api.updateCredentials({ display_name: "Alice A.", note: "Tests", source: { language: "en" }, fields_attributes: [{ name: "site", value: "https://example.com" }] })).data;
  assert.deepEqual([changed.display_name, changed.source.language, changed.fields[0].name], ["Alice A.", "en", "site"]);
  assert.equal((await alice.api.lookupAccount("bob")).data.id, bob.me.id);
  assert.deepEqual(ids((await alice.api.searchAccount("bob", { limit: 5 })).data), [bob.me.id]);
  assert.ok((await alice.api.followAccount(bob.me.id, { reblog: true })).data.following);
  await bob.api.followAccount(alice.me.id);
  const relation = (await alice.api.getRelationship(bob.me.id)).data;
  assert.ok(relation.following && relation.followed_by);
  assert.deepEqual(ids((await alice.api.getAccountFollowing(alice.me.id)).data), [bob.me.id]);
  assert.deepEqual(ids((await alice.api.getAccountFollowers(alice.me.id)).data), [bob.me.id]);
  assert.ok((await alice.api.subscribeAccount(bob.me.id)).data.notifying && !(await alice.api.unsubscribeAccount(bob.me.id)).data.notifying);
  assert.equal((await alice.api.setAccountNote(bob.me.id, "a colleague")).data.note, "a colleague");
  assert.ok((await alice.api.muteAccount(bob.me.id, true)).data.muting && !(await alice.api.unmuteAccount(bob.me.id)).data.muting);
  await alice.api.blockDomain("blocked.example");
  assert.deepEqual((await alice.api.getDomainBlocks()).data, ["blocked.example"]);
  await alice.api.unblockDomain("blocked.example");
  assert.deepEqual((await alice.api.getDomainBlocks()).data, []);
  await alice.api.report(bob.me.id, { comment: "look", category: "spam" });
}

async function statuses(alice, bob) {
  const said = (await alice.api.postStatus("Hello #mega", { spoiler_text: "cw", sensitive: true, visibility: "unlisted", language: "en" })).data;
  assert.deepEqual([said.visibility, said.spoiler_text, said.application.name, said.tags[0].name], ["unlisted", "cw", "megalodon", "mega"]);
  const reply = (await bob.api.postStatus("@alice hello back", { in_reply_to_id: said.id })).data;
  assert.deepEqual(ids((await alice.api.getStatusContext(said.id)).data.descendants), [reply.id]);
  assert.ok((await bob.api.favouriteStatus(said.id)).data.favourited && (await bob.api.bookmarkStatus(said.id)).data.bookmarked);
  assert.equal((await bob.api.reblogStatus(said.id)).data.reblog.id, said.id);
  assert.deepEqual([ids((await alice.api.getStatusFavouritedBy(said.id)).data), ids((await alice.api.getStatusRebloggedBy(said.id)).data)], [[bob.me.id], [bob.me.id]]);
  assert.deepEqual([ids((await bob.api.getFavourites()).data), ids((await bob.api.getBookmarks()).data)], [[said.id], [said.id]]);
  assert.ok(!(await bob.api.unfavouriteStatus(said.id)).data.favourited && !(await bob.api.unbookmarkStatus(said.id)).data.bookmarked && !(await bob.api.unreblogStatus(said.id)).data.reblogged);
  assert.ok((await alice.api.pinStatus(said.id)).data.pinned && !(await alice.api.unpinStatus(said.id)).data.pinned);
  assert.ok((await alice.api.muteStatus(said.id)).data.muted && !(await alice.api.unmuteStatus(said.id)).data.muted);
  assert.equal(words((await alice.api.editStatus(said.id, { status: "Hello again #mega" })).data), "Hello again #mega");
  assert.equal((await alice.api.getStatusSource(said.id)).data.text, "Hello again #mega");
  assert.equal((await bob.api.search(said.url, { type: "statuses", resolve: true })).data.statuses[0].id, said.id);
  await alice.api.deleteStatus(said.id);
  await refused(alice.api.getStatus(said.id), 404);
}

async function media({ api }) {
  const folder = mkdtempSync(join(tmpdir(), "megalodon-"));
  writeFileSync(join(folder, "a.png"), square());
  const file = (await api.uploadMedia(createReadStream(join(folder, "a.png")), { description: "a square", focus: "0.5,-0.5" })).data;
  rmSync(folder, { recursive: true });
  assert.deepEqual([file.type, file.description], ["image", "a square"]);
  assert.equal((await api.updateMedia(file.id, { description: "grey" })).data.description, "grey");
  const said = (await api.postStatus("Look", { media_ids: [file.id] })).data;
  assert.deepEqual([said.media_attachments.length, said.media_attachments[0].description], [1, "grey"]);
}

async function polls(alice, bob) {
  const { poll } = (await alice.api.postStatus("Tea?", { poll: { options: ["yes", "no"], expires_in: 3600 } })).data;
  const voted = (await bob.api.votePoll(poll.id, [1])).data;
  assert.deepEqual([voted.voted, voted.options.map((o) => o.votes_count)], [true, [0, 1]]);
  assert.equal((await alice.api.getPoll(poll.id)).data.votes_count, 1);
}

async function timelines(alice, bob) {
  const written = [];
  for (let n = 0; n < 5; n++) written.unshift((await bob.api.postStatus(`Page ${n} #megapages`)).data.id);
  const first = await alice.api.getTagTimeline("megapages", { limit: 3 });
  assert.deepEqual(ids(first.data), written.slice(0, 3));
  const max_id = new URL(/<([^>]+)>; rel="next"/.exec(first.headers.link)[1]).searchParams.get("max_id");
  assert.deepEqual(ids((await alice.api.getTagTimeline("megapages", { limit: 3, max_id })).data), written.slice(3));
  for (const timeline of [alice.api.getHomeTimeline({ limit: 1 }), alice.api.getLocalTimeline({ limit: 1 }), alice.api.getPublicTimeline({ limit: 1 })]) {
    assert.deepEqual(ids((await timeline).data), [written[0]]);
  }
  assert.deepEqual(ids((await alice.api.getAccountStatuses(bob.me.id, { limit: 2 })).data), written.slice(0, 2));
}

async function filters({ api }) {
  const made = (await api.createFilter("rain", ["home"], { whole_word: true })).data;
  assert.deepEqual([made.phrase, made.context], ["rain", ["home"]]);
  assert.equal((await api.updateFilter(made.id, "snow", ["home"])).data.phrase, "snow");
  await api.deleteFilter(made.id);
  assert.deepEqual((await api.getFilters()).data, []);
}

async function lists(alice, bob) {
  const list = (await alice.api.createList("Friends")).data;
  await alice.api.addAccountsToList(list.id, [bob.me.id]);
  assert.deepEqual(ids((await alice.api.getAccountsInList(list.id)).data), [bob.me.id]);
  const said = (await bob.api.postStatus("For the list")).data;
  assert.equal((await alice.api.getListTimeline(list.id)).data[0].id, said.id);
  assert.equal((await alice.api.updateList(list.id, "Colleagues")).data.title, "Colleagues");
  await alice.api.deleteAccountsFromList(list.id, [bob.me.id]);
  assert.deepEqual((await alice.api.getAccountsInList(list.id)).data, []);
  await alice.api.deleteList(list.id);
  assert.deepEqual((await alice.api.getLists()).data, []);
}

async function notifications(alice, bob) {
  const said = (await bob.api.postStatus("@alice look")).data;
  const [told] = (await alice.api.getNotifications({ limit: 1, exclude_types: ["follow"] })).data;
  assert.deepEqual([told.type, told.status.id, told.account.acct], ["mention", said.id, "bob"]);
  const marks = (await alice.api.saveMarkers({ notifications: { last_read_id: told.id } })).data;
  assert.equal(marks.notifications.last_read_id, told.id);
  assert.equal((await alice.api.getMarkers(["notifications"])).data.notifications.last_read_id, told.id);
  await alice.api.dismissNotification(told.id);
  await alice.api.dismissNotifications();
  assert.deepEqual((await alice.api.getNotifications()).data, []);
  await bob.api.postStatus("@alice psst", { visibility: "direct" });
  const [talk] = (await alice.api.getConversationTimeline()).data;
  assert.ok(talk.unread && !(await alice.api.readConversation(talk.id)).data.unread);
  assert.ok((await alice.api.followTag("mega")).data.following);
  assert.deepEqual((await alice.api.getFollowedTags()).data.map((t) => t.name), ["mega"]);
  await alice.api.unfollowTag("mega");
}

async function streams(alice, bob) {
  const stream = await alice.api.userStreaming();
  await within("the stream", once(stream, "connect"));
  const heard = Object.fromEntries(["update", "notification", "status_update", "delete"].map((name) => [name, within(name, once(stream, name))]));
  const said = (await bob.api.postStatus("@alice over the wire")).data;
  assert.equal((await heard.update)[0].id, said.id);
  assert.equal((await heard.notification)[0].status.id, said.id);
  await bob.api.editStatus(said.id, { status: "@alice again" });
  assert.equal((await heard.status_update)[0].id, said.id);
  await bob.api.deleteStatus(said.id);
  assert.equal(String((await heard.delete)[0]), said.id);
  stream.stop();
  const direct = await alice.api.directStreaming();
  await within("the stream", once(direct, "connect"));
  const talk = within("a conversation", once(direct, "conversation"));
  await bob.api.postStatus("@alice in private", { visibility: "direct" });
  assert.ok((await talk)[0].unread);
  direct.stop();
}

async function push(alice, bob) {
  const service = await pushService();
  const made = (await alice.api.subscribePushNotification({ endpoint: service.endpoint, keys: service.keys }, { alerts: { mention: true } })).data;
  assert.deepEqual([made.endpoint, made.alerts.mention, made.alerts.follow], [service.endpoint, true, false]);
  const said = (await bob.api.postStatus("@alice wake up")).data;
  const message = await service.woken();
  assert.equal((await alice.api.getNotification(message.notification_id)).data.status.id, said.id);
  assert.ok((await alice.api.updatePushSubscription({ alerts: { follow: true } })).data.alerts.follow);
  await alice.api.deletePushSubscription();
  await refused(alice.api.getPushSubscription(), 404);
  service.close();
}

async function refusals(alice) {
  await refused(generator("mastodon", node, "guess").getHomeTimeline(), 401);
  await refused(alice.api.postStatus(""), 422);
  await alice.api.revokeToken(alice.app.client_id, alice.app.client_secret, alice.token);
  await refused(alice.api.verifyAccountCredentials(), 401);
}

await live([instance, accounts, statuses, media, polls, timelines, filters, lists, notifications, streams, push, refusals], await signIn("alice"), await signIn("bob"));
