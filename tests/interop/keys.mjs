// SPDX-License-Identifier: MIT
// What the provider signs with, and how that changes while it runs.
import { generateKeyPairSync } from 'node:crypto';

const KINDS = {
	RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
	PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
	ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
	EdDSA: () => generateKeyPairSync('ed25519'),
};

/** A private key (RFC 7517) for signatures. */
export function makeKey(alg, kid) {
	return { ...KINDS[alg]().privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
}

/**
 * set.key signs access tokens, set.keys are all that are published. Id tokens are signed with RS256
 * whatever the access tokens are.
 */
export function makeKeys(set) {
	set.key = makeKey(set.alg, 'interop-1');
	set.keys = [set.key];
	if (set.alg !== 'RS256') set.keys.push(makeKey('RS256', 'interop-2'));
}

/**
 * A new key takes the place of the one with which everything is signed. Who looks for the old one
 * finds it as long as it is kept; later it is in set.retired only, for flaws.mjs.
 */
export function rotateKeys(set, kid, keep) {
	if (set.alg !== 'RS256') throw new Error('two keys are in use');
	set.retired = set.key;
	set.key = makeKey(set.alg, kid);
	set.keys = keep ? [set.key, ...set.keys] : [set.key];
}
