// SPDX-License-Identifier: MIT
// Token exchange (RFC 8693), a grant that oidc-provider lets its user add: a launch token becomes
// an access token that carries what the web application was started with.
import { createPrivateKey, createPublicKey, randomUUID } from 'node:crypto';

import { outside } from './outside.mjs';
import { EXCHANGE, RESOURCE, SERVICE, resourceServer } from './settings.mjs';

const { SignJWT, jwtVerify } = await outside('jose');
const { errors } = await outside('oidc-provider');
const ACCESS_TYPE = 'urn:ietf:params:oauth:token-type:access_token';
const AUDIENCE = 'launch';

/** What B-Fabric appends to a web application's address: short-lived, with its context. */
export function makeLaunchToken(set, given) {
	return new SignJWT({
		entityId: Number(given.get('entityId') ?? 321),
		entityClassName: given.get('entityClassName') ?? 'Workunit',
		applicationId: 7,
		jobId: 65,
		client_id: given.get('client_id') ?? SERVICE,
	}).setProtectedHeader({ alg: set.alg, kid: set.key.kid })
		.setIssuer(set.issuer).setAudience(AUDIENCE).setSubject(given.get('user') ?? 'scientist')
		.setJti(randomUUID())
		.setIssuedAt().setExpirationTime(`${given.get('lifetime') ?? 60}s`)
		.sign(createPrivateKey({ key: set.key, format: 'jwk' }));
}

async function launchOf(set, params, client) {
	if (params.subject_token_type !== ACCESS_TYPE) {
		throw new errors.InvalidRequest('subject_token_type is not supported');
	}
	const key = createPublicKey({ key: set.key, format: 'jwk' });
	const found = await jwtVerify(params.subject_token ?? '', key,
		{ issuer: set.issuer, audience: AUDIENCE }).catch(() => undefined);
	if (!found || found.payload.client_id !== client.clientId) {
		throw new errors.InvalidRequest('not a launch token for this client'); // section 2.2.2
	}
	return found.payload;
}

/** The arguments of provider.registerGrantType(). */
export function exchangeGrant(set) {
	async function handler(ctx, next) {
		const { client, params, provider } = ctx.oidc;
		const { sub, entityId, entityClassName, applicationId, jobId } =
			await launchOf(set, params, client);
		const grant = new provider.Grant({ accountId: sub, clientId: client.clientId });
		grant.addResourceScope(RESOURCE, 'api:read api:write');
		const token = new provider.AccessToken({ accountId: sub, client,
			grantId: await grant.save(), gty: 'token_exchange' });
		token.resourceServer = new provider.ResourceServer(RESOURCE, resourceServer(set));
		token.scope = 'api:read api:write';
		ctx.launch = { entityId, entityClassName, applicationId, jobId };
		ctx.oidc.entity('AccessToken', token);
		ctx.body = {
			access_token: await token.save(), issued_token_type: ACCESS_TYPE,
			token_type: token.tokenType, expires_in: token.expiration, scope: token.scope,
		};
		await next();
	}
	return [EXCHANGE, handler, ['subject_token', 'subject_token_type', 'scope']];
}
