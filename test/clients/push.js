// A push service of one app, which reads what it is sent: as RFC 8291 says, or in
// the encoding before that, which most libraries ask for.
import { createServer } from "node:http";
import { createDecipheriv, createECDH, hkdfSync, randomBytes } from "node:crypto";
import { within } from "./day.js";

export async function pushService() {
  const key = createECDH("prime256v1");
  const secret = { key, public: key.generateKeys(), auth: randomBytes(16) };
  const arrived = [], waiting = [];
  const server = createServer(async (request, answer) => {
    const message = { headers: request.headers, body: Buffer.concat(await Array.fromAsync(request)) };
    answer.writeHead(201).end();
    const next = waiting.shift();
    next ? next(message) : arrived.push(message);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    endpoint: `http://localhost:${server.address().port}/wake`,
    keys: { p256dh: secret.public.toString("base64url"), auth: secret.auth.toString("base64url") },
    // woken waits for a message, and reads it.
    async woken() {
      const message = arrived.shift() ?? (await within("a push message", new Promise((next) => waiting.push(next))));
      return JSON.parse(open(secret, message));
    },
    close: () => server.close(),
  };
}

function open(secret, { headers, body }) {
  switch (headers["content-encoding"]) {
    case "aes128gcm": {
      const salt = body.subarray(0, 16), sender = body.subarray(21, 21 + body[20]);
      const key = derive(secret.key.computeSecret(sender), secret.auth, Buffer.concat([Buffer.from("WebPush: info\0"), secret.public, sender]), 32);
      const plain = decrypt(key, salt, "aes128gcm", Buffer.alloc(0), body.subarray(21 + body[20]));
      return plain.subarray(0, plain.lastIndexOf(2)).toString();
    }
    case "aesgcm": {
      const salt = named(headers.encryption, "salt"), sender = named(headers["crypto-key"], "dh");
      const key = derive(secret.key.computeSecret(sender), secret.auth, "Content-Encoding: auth\0", 32);
      const both = Buffer.concat([Buffer.from("P-256\0\0A"), secret.public, Buffer.from("\0A"), sender]);
      return decrypt(key, salt, "aesgcm", both, body).subarray(2).toString();
    }
  }
  throw new Error(`encoded as ${headers["content-encoding"]}`);
}

const derive = (key, salt, info, length) => Buffer.from(hkdfSync("sha256", key, salt, info, length));
const named = (header, name) => Buffer.from(new RegExp(`${name}=([^;,]+)`).exec(header)[1], "base64url");

function decrypt(key, salt, kind, context, text) {
  const info = (what) => Buffer.concat([Buffer.from(`Content-Encoding: ${what}\0`), context]);
  const opened = createDecipheriv("aes-128-gcm", derive(key, salt, info(kind), 16), derive(key, salt, info("nonce"), 12));
  opened.setAuthTag(text.subarray(-16));
  return Buffer.concat([opened.update(text.subarray(0, -16)), opened.final()]);
}
