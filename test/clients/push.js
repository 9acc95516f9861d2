// A push service of one app, which reads what it is sent as RFC 8291 says.
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
  if (headers["content-encoding"] !== "aes128gcm") throw new Error(`encoded as ${headers["content-encoding"]}`);
  const salt = body.subarray(0, 16), sender = body.subarray(21, 21 + body[20]), text = body.subarray(21 + body[20]);
  const derive = (ikm, salt, info, length) => Buffer.from(hkdfSync("sha256", ikm, salt, info, length));
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), secret.public, sender]);
  const ikm = derive(secret.key.computeSecret(sender), secret.auth, info, 32);
  const opened = createDecipheriv("aes-128-gcm", derive(ikm, salt, "Content-Encoding: aes128gcm\0", 16), derive(ikm, salt, "Content-Encoding: nonce\0", 12));
  opened.setAuthTag(text.subarray(-16));
  const plain = Buffer.concat([opened.update(text.subarray(0, -16)), opened.final()]);
  return plain.subarray(0, plain.lastIndexOf(2)).toString();
}
