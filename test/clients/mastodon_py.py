"""What a program on Mastodon.py does in a day, for two people on one node.

The test gives the node's address and a token of its owner as arguments. Where
somebody is to sign in, this prints the address to go to, and reads the code that
is shown there."""

import base64
import io
import queue
import struct
import sys
import threading
import time
import traceback
import zlib
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer

from mastodon import Mastodon, MastodonAPIError, MastodonNotFoundError, StreamListener
from mastodon.errors import MastodonIllegalArgumentError, MastodonUnauthorizedError

NODE, OWNER = sys.argv[1:]
PATIENCE = 20
SCOPES = ["read", "write", "follow", "push"]


def sign_in(name, scopes=SCOPES):
    """An app of its own for each person, as different programs have."""
    client_id, secret = Mastodon.create_app("Mastodon.py", scopes=scopes, api_base_url=NODE, website="https://client.example")
    api = Mastodon(client_id, secret, api_base_url=NODE, ratelimit_method="throw", version_check_mode="created")
    print("AUTHORIZE", name, api.auth_request_url(scopes=scopes, state="xyz"), flush=True)
    api.log_in(code=sys.stdin.readline().strip(), scopes=scopes)
    return api


def eventually(what, ask):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = ask()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("did not come true: " + what)


def refused(error, ask, *args, **how):
    try:
        ask(*args, **how)
    except error as refusal:
        return refusal
    raise AssertionError(f"{ask.__name__} was not refused")


def square():
    """A picture of one grey pixel, as PNG."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\x80")) + chunk(b"IEND", b"")


class Listener(StreamListener):
    """Keeps what a stream brings."""

    def __init__(self):
        self.events = []
        self.more = threading.Condition()

    def keep(self, name, payload):
        with self.more:
            self.events.append((name, payload))
            self.more.notify_all()

    def on_update(self, status):
        self.keep("update", status)

    def on_notification(self, notification):
        self.keep("notification", notification)

    def on_delete(self, status_id):
        self.keep("delete", status_id)

    def on_status_update(self, status):
        self.keep("status.update", status)

    def on_conversation(self, conversation):
        self.keep("conversation", conversation)

    def hears(self, name, matches=lambda _: True):
        def heard():
            return [payload for kind, payload in self.events if kind == name and matches(payload)]
        with self.more:
            assert self.more.wait_for(heard, PATIENCE), f"no {name} came, but {[kind for kind, _ in self.events]}"
            return heard()[0]


class PushService(BaseHTTPRequestHandler):
    """Takes messages in place of a push service."""

    messages = queue.Queue()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.messages.put((self.headers, body))
        self.send_response(201)
        self.end_headers()

    def log_message(self, *_):
        pass


def instance(alice, bob):
    about = alice.instance()
    assert about.uri and about.title and about.version, about
    assert alice.verify_minimum_version("4.0.0")
    assert alice.instance_health()
    assert alice.instance_nodeinfo().software.name == "parley"
    assert alice.instance_peers() == [] and isinstance(alice.instance_activity()[0].statuses, int)
    assert isinstance(alice.instance_rules(), list) and isinstance(alice.custom_emojis(), list)
    assert isinstance(alice.announcements(), list) and isinstance(alice.directory(), list)
    assert alice.preferences()["posting:default:visibility"] == "public"
    assert alice.app_verify_credentials().name == "Mastodon.py"
    assert alice.ratelimit_limit > 0 and 0 <= alice.ratelimit_remaining < alice.ratelimit_limit
    assert -60 < alice.ratelimit_reset - time.time() < 600


def accounts(alice, bob):
    me = alice.me()
    assert me.username == me.acct == "alice" and me.url.endswith("/@alice") and isinstance(me.id, int), me
    changed = alice.account_update_credentials(display_name="Alice A.", note="Tests", bot=False, locked=False, discoverable=True,
                                               fields=[("site", "https://example.com")], avatar=square(), avatar_mime_type="image/png")
    assert changed.display_name == "Alice A." and changed.source.note == "Tests" and changed.fields[0].name == "site", changed
    assert "missing" not in changed.avatar, changed.avatar
    them = alice.account_lookup("bob")
    assert alice.account(them.id).acct == "bob"
    assert [a.id for a in alice.account_search("bob")] == [them.id]
    relation = alice.account_follow(them.id, reblogs=False, notify=True)
    assert relation.following and not relation.showing_reblogs and relation.notifying, relation
    bob.account_follow(me.id)
    assert [a.acct for a in alice.account_following(me.id)] == ["bob"] and [a.acct for a in alice.account_followers(me.id)] == ["bob"]
    assert alice.account_relationships([them.id])[0].followed_by
    assert alice.account_familiar_followers(them.id)[0].id == them.id
    assert alice.account_note_set(them.id, "a colleague").note == "a colleague"
    assert alice.account_mute(them.id, duration=60).muting and [a.id for a in alice.mutes()] == [them.id]
    assert not alice.account_unmute(them.id).muting
    assert alice.account_remove_from_followers(them.id).followed_by is False
    assert bob.account_follow(me.id).following
    refused(MastodonNotFoundError, alice.account, 1)


def statuses(alice, bob):
    said = alice.status_post("Hello #test", spoiler_text="cw", sensitive=True, visibility="unlisted", language="en", idempotency_key="one")
    assert said.visibility == "unlisted" and said.spoiler_text == "cw" and said.language == "en" and said.application.name == "Mastodon.py", said
    assert said.created_at.tzinfo and abs(datetime.now(timezone.utc) - said.created_at) < timedelta(minutes=1)
    assert alice.status_post("Hello #test", idempotency_key="one").id == said.id
    reply = bob.status_reply(said, "Hello back")
    assert reply.in_reply_to_id == said.id and [m.acct for m in reply.mentions] == ["alice"], reply
    context = alice.status_context(said.id)
    assert [s.id for s in context.descendants] == [reply.id] and context.ancestors == [], context
    assert bob.status_favourite(said.id).favourited and bob.status_reblog(said.id).reblog.id == said.id and bob.status_bookmark(said.id).bookmarked
    assert [a.acct for a in alice.status_favourited_by(said.id)] == ["bob"] and [a.acct for a in alice.status_reblogged_by(said.id)] == ["bob"]
    assert [s.id for s in bob.favourites()] == [said.id] and [s.id for s in bob.bookmarks()] == [said.id]
    assert not bob.status_unfavourite(said.id).favourited and not bob.status_unreblog(said.id).reblogged and not bob.status_unbookmark(said.id).bookmarked
    assert alice.status_pin(said.id).pinned and [s.id for s in alice.account_statuses(alice.me().id, pinned=True)] == [said.id]
    assert not alice.status_unpin(said.id).pinned
    assert alice.status_mute(said.id).muted and not alice.status_unmute(said.id).muted
    edited = alice.status_update(said.id, "Hello again #test", spoiler_text="")
    assert edited.edited_at and edited.spoiler_text == "", edited
    assert [("again" in h.content, h.spoiler_text) for h in alice.status_history(said.id)] == [(False, "cw"), (True, "")]
    assert alice.status_source(said.id).text == "Hello again #test"
    assert [s.id for s in bob.search_v2(said.url, resolve=True).statuses] == [said.id]
    assert alice.status_delete(said.id).text == "Hello again #test"
    refused(MastodonNotFoundError, alice.status, said.id)


def media(alice, bob):
    file = alice.media_post(io.BytesIO(square()), mime_type="image/png", description="a square", focus=(0.5, -0.5), file_name="a.png", synchronous=True)
    assert file.type == "image" and file.url and file.description == "a square" and file.meta.focus.x == 0.5, file
    assert alice.media_update(file.id, description="a grey square").description == "a grey square"
    said = alice.status_post("", media_ids=[file.id])
    assert said.media_attachments[0].description == "a grey square" and said.content == "", said
    assert said.media_attachments[0].blurhash
    assert [s.id for s in bob.account_statuses(alice.me().id, only_media=True)] == [said.id]
    refused(MastodonAPIError, alice.media_post, io.BytesIO(b"no picture"), mime_type="image/png", file_name="a.png")


def polls(alice, bob):
    asked = alice.status_post("Tea?", poll=alice.make_poll(["yes", "no"], expires_in=3600, multiple=False, hide_totals=True))
    assert [o.title for o in asked.poll.options] == ["yes", "no"] and not asked.poll.expired and asked.poll.expires_at > datetime.now(timezone.utc), asked.poll
    bob.poll_vote(asked.poll.id, [1])
    voted = bob.poll(asked.poll.id)
    assert voted.voted and voted.own_votes == [1], voted
    assert alice.poll(asked.poll.id).votes_count == 1
    refused(MastodonAPIError, bob.poll_vote, asked.poll.id, [0])


def timelines(alice, bob):
    """Walks pages forth and back with the library's helpers."""
    ids = [bob.status_post(f"Page {n} #pages").id for n in range(7)]
    ids.reverse()
    first = alice.timeline_home(limit=3)
    second = alice.fetch_next(first)
    assert [s.id for s in first] == ids[:3] and [s.id for s in second] == ids[3:6], ([s.id for s in second], ids)
    assert [s.id for s in alice.fetch_previous(second)] == ids[:3]
    newer = bob.status_post("Page 8 #pages")
    assert [s.id for s in alice.fetch_previous(first)] == [newer.id]
    tagged = alice.fetch_remaining(alice.timeline_hashtag("pages", limit=2))
    assert [s.id for s in tagged] == [newer.id] + ids, tagged
    assert [s.id for s in alice.timeline_home(min_id=ids[3], limit=2)] == ids[1:3]
    assert [s.id for s in alice.timeline_home(since_id=ids[3], limit=2)] == [newer.id, ids[0]]
    assert newer.id in [s.id for s in alice.timeline_public()] and newer.id in [s.id for s in alice.timeline_local()]
    mine = alice.fetch_remaining(bob.account_statuses(bob.me().id, limit=5))
    assert len(mine) == len({s.id for s in mine}) >= 8


def filters(alice, bob):
    made = alice.filter_create("rain", ["home", "public"], whole_word=True, expires_in=3600)
    assert made.phrase == "rain" and made.whole_word and made.expires_at > datetime.now(timezone.utc), made
    assert alice.filter(made.id).context == ["home", "public"] and [f.id for f in alice.filters()] == [made.id]
    said = bob.status_post("It will rain")
    # The library knows filters of the first version alone; those of the second
    # show in what it reads.
    shown = next(s for s in alice.timeline_home() if s.id == said.id)
    assert shown.filtered[0].keyword_matches == ["rain"] and shown.filtered[0].filter.filter_action == "warn", shown.filtered
    assert alice.filters_apply([shown], alice.filters(), "home") == []
    assert alice.filter_update(made.id, phrase="snow", context=["home"]).phrase == "snow"
    alice.filter_delete(made.id)
    assert alice.filters() == []


def lists(alice, bob):
    them = alice.account_lookup("bob").id
    made = alice.list_create("Friends")
    alice.list_accounts_add(made.id, [them])
    assert [a.id for a in alice.list_accounts(made.id)] == [them] and [one.id for one in alice.account_lists(them)] == [made.id]
    said = bob.status_post("For the list")
    assert alice.timeline_list(made.id)[0].id == said.id
    assert alice.list_update(made.id, "Colleagues").title == "Colleagues" and [one.title for one in alice.lists()] == ["Colleagues"]
    alice.list_accounts_delete(made.id, [them])
    assert alice.list_accounts(made.id) == []
    alice.list_delete(made.id)
    assert alice.lists() == []


def notifications(alice, bob):
    said = bob.status_post("@alice look")
    told = next(n for n in alice.notifications(types=["mention"]) if n.status.id == said.id)
    assert told.type == "mention" and told.account.acct == "bob" and alice.notifications(id=told.id).id == told.id
    assert all(n.type != "mention" for n in alice.notifications(exclude_types=["mention"]))
    older = alice.fetch_next(alice.notifications(limit=1))
    assert older and older[0].id < told.id
    marks = alice.markers_set(["notifications", "home"], [told.id, said.id])
    assert marks.notifications.last_read_id == told.id and alice.markers_get(["home"]).home.last_read_id == said.id, marks
    alice.notifications_dismiss(told.id)
    alice.notifications_clear()
    assert alice.notifications() == []


def conversations(alice, bob):
    said = bob.status_post("@alice psst", visibility="direct")
    talk = alice.conversations()[0]
    assert talk.unread and talk.last_status.id == said.id and [a.acct for a in talk.accounts] == ["bob"], talk
    assert not alice.conversations_read(talk.id).unread


def hashtags(alice, bob):
    alice.status_post("About #snow and #snow")
    made = alice.featured_tag_create("snow")
    assert made.name == "snow" and [t.id for t in alice.featured_tags()] == [made.id]
    assert [t.name for t in bob.account_featured_tags(alice.me().id)] == ["snow"]
    assert isinstance(alice.featured_tag_suggestions(), list)
    alice.featured_tag_delete(made.id)
    assert alice.featured_tags() == []


def relations(alice, bob):
    me, them = alice.me().id, alice.account_lookup("bob").id
    alice.account_update_credentials(locked=True)
    bob.account_unfollow(me)
    assert bob.account_follow(me).requested
    assert [a.id for a in alice.follow_requests()] == [them]
    alice.follow_request_authorize(them)
    assert bob.account_relationships(me)[0].following
    alice.account_update_credentials(locked=False)
    assert alice.account_block(them).blocking and [a.id for a in alice.blocks()] == [them]
    refused(MastodonNotFoundError, bob.account_statuses, 1)
    assert not alice.account_unblock(them).blocking
    alice.account_follow(them)
    alice.domain_block("blocked.example")
    assert list(alice.domain_blocks()) == ["blocked.example"]
    alice.domain_unblock("blocked.example")
    assert alice.report(them, status_ids=[bob.status_post("odd").id], comment="look", category="spam").category == "spam"


def streams(alice, bob):
    said = bob.status_post("before")
    home, private = Listener(), Listener()
    # They end with the program: the library closes one only after its next event.
    alice.stream_user(home, run_async=True)
    alice.stream_direct(private, run_async=True)
    assert alice.stream_healthy()
    update = bob.status_post("@alice over the wire")
    assert home.hears("update", lambda s: s.id == update.id).account.acct == "bob"
    assert home.hears("notification", lambda n: n.type == "mention").status.id == update.id
    bob.status_update(said.id, "after")
    assert home.hears("status.update", lambda s: s.id == said.id).content == "<p>after</p>"
    bob.status_delete(said.id)
    assert home.hears("delete") == said.id
    bob.status_post("@alice in private", visibility="direct")
    assert private.hears("conversation").unread
    tagged = Listener()
    alice.stream_hashtag("wire", tagged, run_async=True)
    marked = bob.status_post("#wire")
    assert tagged.hears("update").id == marked.id


def push(alice, bob):
    service = HTTPServer(("127.0.0.1", 0), PushService)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    private, public = alice.push_subscription_generate_keys()
    made = alice.push_subscription_set(f"http://localhost:{service.server_port}/wake", public, mention_events=True, follow_events=False)
    assert made.alerts.mention and not made.alerts.follow and made.server_key, made
    assert base64.urlsafe_b64decode(made.server_key + "=")[0] == 4
    assert alice.push_subscription().endpoint == made.endpoint
    said = bob.status_post("@alice wake up")
    headers, body = PushService.messages.get(timeout=PATIENCE)
    told = alice.push_subscription_decrypt_push(body, private, headers["Encryption"], headers["Crypto-Key"])
    assert told.notification_type == "mention" and "wake up" in told.body and told.title, told
    assert alice.notifications(id=told.notification_id).status.id == said.id
    assert alice.push_subscription_update(follow_events=True).alerts.follow
    alice.push_subscription_delete()
    refused(MastodonNotFoundError, alice.push_subscription)
    service.shutdown()


def administration(alice, bob):
    olga = Mastodon(api_base_url=NODE, access_token=OWNER)
    them = alice.account_lookup("bob").id
    found = olga.admin_accounts_v2(origin="local", username="bob")
    assert [a.id for a in found] == [them] and found[0].account.acct == "bob", found
    assert olga.admin_account(them).username == "bob"
    made = alice.report(them, comment="look again")
    report = olga.admin_report(made.id)
    assert report.comment == "look again" and report.target_account.username == "bob", report
    assert made.id in [r.id for r in olga.admin_reports()]
    assert olga.admin_report_assign(made.id).assigned_account.username == "olga"
    assert olga.admin_report_unassign(made.id).assigned_account is None
    assert olga.admin_report_resolve(made.id).action_taken and not olga.admin_report_reopen(made.id).action_taken
    olga.admin_account_moderate(them, action="silence", report_id=made.id)
    assert olga.admin_account(them).silenced and not olga.admin_account_unsilence(them).silenced
    olga.admin_account_moderate(them, action="suspend")
    refused(MastodonUnauthorizedError, bob.me)
    assert not olga.admin_account_unsuspend(them).suspended
    refused(MastodonAPIError, alice.admin_accounts_v2)


def refusals(alice, bob):
    """What the library makes of errors."""
    nobody = Mastodon(api_base_url=NODE, access_token="guess")
    refused(MastodonUnauthorizedError, nobody.timeline_home)
    reader = sign_in("alice", ["read"])
    assert "outside the authorized scopes" in str(refused(MastodonAPIError, reader.status_post, "no"))
    refused(MastodonIllegalArgumentError, reader.log_in, "alice", "password")
    reader.revoke_access_token()
    assert reader.access_token is None
    assert "blank" in str(refused(MastodonAPIError, alice.status_post, ""))


PARTS = [instance, accounts, statuses, media, polls, timelines, filters, lists, notifications, conversations, hashtags, relations, streams, push, refusals, administration]


def main():
    alice, bob = sign_in("alice"), sign_in("bob")
    failed = 0
    for part in PARTS:
        try:
            part(alice, bob)
            print("passed:", part.__name__, flush=True)
        except Exception:
            failed += 1
            print("FAILED:", part.__name__, flush=True)
            traceback.print_exc(file=sys.stdout)
    sys.exit(1 if failed else 0)


main()
