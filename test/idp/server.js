// An OpenID Provider for tests: oidc-provider with people who are whoever the
// form says, in the groups that the test puts them in.
//
// Usage: server.js PORT KEYS NODE [ES256]
//
// With ES256 it signs by that, and the node proves itself with a key, which it
// fetches from the node, instead of a secret.
//
// KEYS is a file of signing keys. Each start makes a new one and signs with it;
// the earlier ones stay published, as with a rotation. NODE is the address of
// the node that people sign in to.
//
//   POST /control/groups  {"sub": "ada", "groups": ["x"]}  from the next sign-in on
//   POST /control/logout  {"sub": "ada", "sid": "..."}     by the back channel; without sid by subject
//   POST /control/leave   {"sub": "ada"}                   cannot sign in any more, and is signed out of the node
//   POST /control/disable {"sub": "ada"}                   is not there any more, of which the node is not told
//   POST /control/revoke  {"sub": "ada"}                   takes back that the node may ask about her

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const [port, keyFile, node, alg = 'RS256'] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;
const groups = new Map();
const gone = new Set();
const grants = new Map(); // what the node may ask, by person

function signingKeys() {
  const earlier = existsSync(keyFile) ? JSON.parse(readFileSync(keyFile, 'utf8')) : [];
  const { privateKey } = alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = [{ ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg }, ...earlier];
  writeFileSync(keyFile, JSON.stringify(keys));
  return keys;
}

const proof = alg === 'ES256'
  ? { token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: alg, jwks_uri: `${node}/auth/oidc/corp-idp/jwks.json` }
  : { client_secret: 'a secret of the test' };

function account(ctx, sub) {
  return gone.has(sub) ? undefined : {
    accountId: sub,
    claims: () => ({
      sub,
      name: sub[0].toUpperCase() + sub.slice(1),
      preferred_username: sub,
      email: `${sub}@corp.example`,
      email_verified: true,
      groups: groups.get(sub) ?? [],
    }),
  };
}

// Whoever signs in is asked nothing more.
async function grant(ctx) {
  const { client, session, provider } = ctx.oidc;
  const made = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  made.addOIDCScope('openid profile email groups');
  await made.save();
  grants.set(session.accountId, made);
  return made;
}

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'parley',
    ...proof,
    grant_types: ['authorization_code', 'refresh_token'],
    id_token_signed_response_alg: alg,
    redirect_uris: [`${node}/auth/oidc/callback`],
    post_logout_redirect_uris: [`${node}/`],
    backchannel_logout_uri: `${node}/auth/oidc/corp-idp/backchannel_logout`,
    backchannel_logout_session_required: true,
  }],
  jwks: { keys: signingKeys() },
  claims: { openid: ['sub', 'sid'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'], groups: ['groups'] },
  cookies: { keys: ['of no use but in tests'] },
  features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  interactions: { url: (ctx, interaction) => `/login/${interaction.uid}` },
  findAccount: account,
  loadExistingGrant: grant,
  // Offline access is given to whoever asks, without a page that asks the person.
  issueRefreshToken: (ctx, client) => client.grantTypeAllowed('refresh_token'),
  expiresWithSession: () => false,
  rotateRefreshToken: true,
  pkce: { required: () => true },
  // By default it calls nothing on this machine.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
});

// What it cannot do stands in its log.
provider.on('server_error', (ctx, error) => console.error(error));

const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

async function body(request) {
  let text = '';
  for await (const part of request) text += part;
  return text;
}

async function login(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  if (request.method === 'POST') {
    const sub = new URLSearchParams(await body(request)).get('person');
    const result = gone.has(sub) ? { error: 'access_denied' } : { login: { accountId: sub } };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    return;
  }
  const people = ['ada', 'bob', 'eve'];
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(`<!doctype html><title>Sign in to ${escape(params.client_id)}</title>
<form method="post" action="${escape(request.url)}">${people.map((name) => `<button name="person" value="${name}">${name}</button>`).join('')}</form>`);
}

async function signOut(sub, sid) {
  const client = await provider.Client.find('parley');
  client.backchannelLogoutSessionRequired = Boolean(sid);
  await client.backchannelLogout(sub, sid);
}

const controls = {
  groups: async ({ sub, groups: of }) => { groups.set(sub, of); },
  logout: async ({ sub, sid }) => signOut(sub, sid),
  leave: async ({ sub }) => {
    gone.add(sub);
    await signOut(sub);
  },
  disable: async ({ sub }) => { gone.add(sub); },
  revoke: async ({ sub }) => grants.get(sub).destroy(),
};

async function control(request, response) {
  await controls[request.url.split('/')[2]](JSON.parse(await body(request)));
  response.end('{}');
}

const answer = provider.callback();
createServer(async (request, response) => {
  try {
    if (request.url.startsWith('/auth?') && gone.size) delete request.headers.cookie; // nobody is signed in here any more
    if (request.url.startsWith('/login/')) await login(request, response);
    else if (request.url.startsWith('/control/')) await control(request, response);
    else answer(request, response);
  } catch (error) {
    console.error(error);
    response.writeHead(500).end(String(error));
  }
}).listen(Number(port), '127.0.0.1');
