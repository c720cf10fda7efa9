// SPDX-License-Identifier: MIT
// What B-Fabric's authorization server is, in the words of oidc-provider.
import { createPublicKey, randomBytes } from 'node:crypto';

import { makeKeys } from './keys.mjs';
import { outside } from './outside.mjs';

export const MOUNT = '/bfabric';
export const SERVICE = 'interop-service';
export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
// RFC 8707 wants a URI for a resource; the audience in its tokens is what B-Fabric's say.
export const RESOURCE = 'urn:bfabric:api';
const AUDIENCE = 'bfabric-api';
const API_SCOPES = 'api:read api:write tus download groups containers employee';

/**
 * The settings of a run: log (a file), lifetime of access tokens (s), opaque (access tokens that
 * are no JWT), alg (RS256, PS256, ES256, EdDSA), interval (s; by default none is told), rotation
 * (true by default), flaws (true: the accounts of flaws.mjs get what they are named after).
 */
export function read(text) {
	const set = { lifetime: 3600, opaque: false, alg: 'RS256', interval: 0, rotation: true,
		...JSON.parse(text || '{}') };
	set.secret = randomBytes(24).toString('base64url');
	makeKeys(set);
	set.accessToken = (provider, token) => (set.opaque
		? provider.AccessToken.find(token) : verify(set, token));
	return set;
}

async function verify(set, token) {
	const { jwtVerify } = await outside('jose');
	const key = createPublicKey({ key: set.key, format: 'jwk' });
	const found = await jwtVerify(token, key, { issuer: set.issuer, audience: AUDIENCE })
		.catch(() => undefined);
	return found?.payload;
}

/** The resource server; a token for it is a JWT, or opaque, whatever this says. */
export function resourceServer(set) {
	return {
		scope: API_SCOPES,
		audience: AUDIENCE,
		accessTokenTTL: set.lifetime,
		accessTokenFormat: set.opaque ? 'opaque' : 'jwt',
		jwt: { sign: { alg: set.alg, kid: set.key.kid } },
	};
}

function clients(set) {
	return [{
		client_id: 'CLI',
		client_name: 'bfabric-auth',
		application_type: 'native', // any port of the loopback address (RFC 8252 section 7.3)
		redirect_uris: ['http://127.0.0.1/callback'],
		grant_types: ['authorization_code', 'refresh_token', DEVICE],
		token_endpoint_auth_method: 'none',
	}, {
		client_id: SERVICE,
		client_secret: set.secret,
		redirect_uris: ['https://app.example.org/callback'],
		grant_types: ['authorization_code', 'refresh_token', 'client_credentials', EXCHANGE],
		token_endpoint_auth_method: 'client_secret_basic',
	}];
}

/** A client's scope may hold the provider's own ones only: the API's are kept beside it. */
function apiScope(ctx, properties) {
	if (properties.scope) properties.api_scope = properties.scope;
	delete properties.scope;
}

function features(set) {
	return {
		devInteractions: { enabled: false },
		clientCredentials: { enabled: true },
		deviceFlow: { enabled: true },
		introspection: {
			enabled: true,
			allowedPolicy: (ctx, client, token) => client.clientAuthMethod !== 'none'
				|| token.clientId === client.clientId,
		},
		revocation: { enabled: true },
		registration: { enabled: true, initialAccessToken: true, policies: { api_scope: apiScope } },
		registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
		rpInitiatedLogout: { enabled: false },
		pushedAuthorizationRequests: { enabled: false },
		resourceIndicators: {
			enabled: true,
			defaultResource: () => RESOURCE, // clients of B-Fabric do not name one
			useGrantedResource: () => true,
			getResourceServerInfo: () => resourceServer(set),
		},
	};
}

export function configuration(set) {
	return {
		clients: clients(set),
		features: features(set),
		jwks: { keys: set.keys },
		clientAuthMethods: ['client_secret_basic', 'none'],
		enabledJWA: { idTokenSigningAlgValues: ['RS256'] },
		cookies: { keys: [randomBytes(24).toString('base64url')] },
		extraClientMetadata: { properties: ['service_user_login', 'api_scope'] },
		extraTokenClaims: (ctx) => ctx.launch, // set by the exchange of a launch token
		expiresWithSession: () => false,
		issueRefreshToken: (ctx, client) => client.grantTypeAllowed('refresh_token'),
		rotateRefreshToken: set.rotation,
		findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
		interactions: { url: (ctx, one) => `${MOUNT}/interaction/${one.uid}` },
		pkce: { methods: ['S256'], required: () => true },
		scopes: ['openid', 'offline_access', 'profile', 'email'],
		claims: { openid: ['sub'], profile: ['name'], email: ['email'] },
		ttl: {
			AccessToken: set.lifetime, ClientCredentials: set.lifetime, DeviceCode: 600,
			Grant: 86400, IdToken: 3600, Interaction: 600, RefreshToken: 86400, Session: 86400,
		},
		routes: {
			authorization: '/rest/oauth/authorize',
			code_verification: '/device',
			device_authorization: '/rest/oauth/device_authorization',
			introspection: '/rest/oauth/introspect',
			jwks: '/rest/oauth/jwks',
			registration: '/rest/oauth/register',
			revocation: '/rest/oauth/revoke',
			token: '/rest/oauth/token',
			userinfo: '/rest/oauth/userinfo',
		},
	};
}
