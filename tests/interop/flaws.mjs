// SPDX-License-Identifier: MIT
// Replies of the token endpoint that should convince nobody: what the provider granted, with one
// flaw. Which one it is, is the name of whoever approved; everybody else's replies pass untouched.
//
// Everything but the flaw stays true: what was changed is signed again with the provider's own key,
// so that whoever refuses it has seen the flaw itself. The accounts `signed` and `unnamed` have no
// flaw and are what the others are compared with.
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';

import { makeKey } from './keys.mjs';
import { outside } from './outside.mjs';

const { CompactSign, decodeJwt, decodeProtectedHeader } = await outside('jose');
const DAY = 86400;
const OTHER = 'OTHER';

const bytes = (value) => new TextEncoder().encode(JSON.stringify(value));
const encoded = (value) => Buffer.from(bytes(value)).toString('base64url');
const signed = (claims, header, key) => new CompactSign(bytes(claims))
	.setProtectedHeader(header).sign(key);

/** Claims are merged into those of the token; undefined ones leave it. */
async function sign(set, reply, name, change) {
	const header = decodeProtectedHeader(reply[name]);
	const claims = { ...decodeJwt(reply[name]), ...change };
	const jwk = set.keys.find(({ kid }) => kid === header.kid);
	reply[name] = await signed(claims, header, createPrivateKey({ key: jwk, format: 'jwk' }));
}

const claims = (change) => (set, reply) => sign(set, reply, 'id_token', change);

/** The access token has to say who approved. */
const accessClaims = (change) => (set, reply) => {
	delete reply.id_token;
	return sign(set, reply, 'access_token', change);
};

/** Without its signature. */
const unsigned = (name) => (set, reply) => {
	const header = { alg: 'none', typ: decodeProtectedHeader(reply[name]).typ };
	if (name === 'access_token') delete reply.id_token;
	reply[name] = `${encoded(header)}.${encoded(decodeJwt(reply[name]))}.`;
};

/** The same claims, signed with another private key that calls itself `kid`. */
async function signWith(reply, jwk, kid) {
	reply.id_token = await signed(decodeJwt(reply.id_token), { alg: jwk.alg, kid },
		createPrivateKey({ key: jwk, format: 'jwk' }));
}

/** Whoever takes any algorithm for the key at hand takes a public key for a shared secret. */
async function confused(set, reply) {
	const secret = createPublicKey({ key: set.key, format: 'jwk' })
		.export({ format: 'pem', type: 'spki' });
	reply.id_token = await signed(decodeJwt(reply.id_token),
		{ alg: 'HS256', kid: set.key.kid }, new TextEncoder().encode(secret));
}

/** Claims that the signature was not made for. */
function forged(set, reply) {
	const [header, , signature] = reply.id_token.split('.');
	const changed = { ...decodeJwt(reply.id_token), locale: 'de' };
	reply.id_token = [header, encoded(changed), signature].join('.');
}

function opaque(set, reply) {
	delete reply.id_token;
	reply.access_token = randomBytes(32).toString('base64url');
}

const now = () => Math.floor(Date.now() / 1000);
const lived = (from) => ({ iat: from, exp: from + 3600 });
const date = (seconds) => (set, reply, ctx) => {
	ctx.set('Date', new Date((now() + seconds) * 1000).toUTCString());
};

const FLAWS = {
	signed: claims({}),
	issuer: claims({ iss: 'https://sso.example.org/bfabric' }),
	audience: claims({ aud: OTHER }),
	audiences: (set, reply) => claims({ aud: [decodeJwt(reply.id_token).aud, OTHER] })(set, reply),
	party: claims({ azp: OTHER }),
	nobody: claims({ sub: undefined }),
	hash: claims({ at_hash: Buffer.alloc(16).toString('base64url') }),
	endless: claims({ exp: undefined }),
	undated: claims({ iat: undefined }),
	expired: (set, reply) => claims(lived(now() - DAY))(set, reply),
	early: (set, reply) => claims(lived(now() + DAY))(set, reply),
	ahead: date(DAY),
	behind: date(-DAY),

	unsigned: unsigned('id_token'),
	confused,
	forged,
	unknown: (set, reply) => signWith(reply, makeKey('RS256'), 'nowhere'),
	stranger: (set, reply) => signWith(reply, makeKey('RS256'), set.key.kid),
	retired: (set, reply) => signWith(reply, set.retired, set.retired.kid),

	unnamed: accessClaims({}),
	access_issuer: accessClaims({ iss: 'https://sso.example.org/bfabric' }),
	access_audience: accessClaims({ aud: OTHER }),
	access_client: accessClaims({ client_id: OTHER }),
	access_expired: (set, reply) => accessClaims(lived(now() - DAY))(set, reply),
	access_unsigned: unsigned('access_token'),
	opaque,
};

/** A middleware; without the setting `flaws` these are people like others. */
export function flaws(set) {
	return async (ctx, next) => {
		await next();
		const flaw = set.flaws && ctx.body?.id_token && ctx.oidc?.route === 'token'
			&& FLAWS[ctx.oidc.account?.accountId];
		if (flaw) await flaw(set, ctx.body, ctx);
	};
}
