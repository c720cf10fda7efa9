// SPDX-License-Identifier: MIT
// npm's oidc-provider, a certified authorization server that is not ours, dressed as B-Fabric.
//
//     BF_NODE_MODULES=FOLDER node server.mjs '{"log":"FILE"}'
//
// Prints {"base_url","control_url","client_id","client_secret"} on one line and ends with its
// standard input, so with whoever started it. See settings.mjs for what can be set.
import { appendFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

import { exchangeGrant, makeLaunchToken } from './exchange.mjs';
import { flaws } from './flaws.mjs';
import { interaction } from './interaction.mjs';
import { rotateKeys } from './keys.mjs';
import { outside } from './outside.mjs';
import { MOUNT, SERVICE, configuration, read } from './settings.mjs';

console.info = console.warn = console.error; // standard output carries the one line
const { default: Provider } = await outside('oidc-provider');
const set = read(process.argv[2]);
let count = 0;

const short = (value) => (typeof value === 'string'
	? createHash('sha256').update(value).digest('hex').slice(0, 8) : undefined);

/** One line a request, written before its reply leaves: who has the reply finds the line. */
function log(line) {
	if (set.log) appendFileSync(set.log, `${JSON.stringify({ n: (count += 1), ...line })}\n`);
}

async function logged(ctx, next) {
	await next();
	const params = ctx.oidc?.params ?? {};
	const body = typeof ctx.body === 'object' && ctx.body ? ctx.body : {};
	log({
		endpoint: ctx.oidc?.route ?? 'none',
		method: ctx.method,
		path: ctx.req.originalUrl.split('?')[0],
		status: ctx.status,
		error: body.error,
		grant: params.grant_type,
		authorization: ctx.get('authorization').split(' ')[0] || undefined,
		user_agent: ctx.get('user-agent'),
		account: ctx.oidc?.account?.accountId,
		token_id: short(params.token), // the one to revoke
		refresh_token_id: short(params.refresh_token),
		new_refresh_token_id: short(body.refresh_token),
	});
}

/** The provider leaves the interval of RFC 8628 out; with a setting it says one. */
async function interval(ctx, next) {
	await next();
	if (set.interval && ctx.oidc?.route === 'device_authorization' && ctx.status === 200) {
		ctx.body.interval = set.interval;
	}
}

/**
 * B-Fabric registers clients for an employee's access token, the provider for a token of its own;
 * and it knows the scope of a client apart from what clients may ask a resource for.
 */
async function registration(ctx, next) {
	const [scheme, token] = ctx.get('authorization').split(' ');
	if (ctx.method === 'POST' && ctx.path === '/rest/oauth/register' && scheme === 'Bearer'
		&& await set.accessToken(provider, token)) {
		const initial = await new provider.InitialAccessToken({ policies: ['api_scope'] }).save();
		ctx.req.headers.authorization = `Bearer ${initial}`;
	}
	await next();
	if (ctx.body?.api_scope) {
		ctx.body.scope = ctx.body.api_scope;
		delete ctx.body.api_scope;
	}
}

/** What a test asks of the server itself, by the last part of the path. */
const controls = {
	launch: async (given) => ({ launch_token: await makeLaunchToken(set, given) }),
	/** A key called `kid`; the one before stays published with `keep`. Logins go on. */
	keys: async (given) => {
		rotateKeys(set, given.get('kid'), given.has('keep'));
		provider = makeProvider();
		return { kid: set.key.kid };
	},
};

/** What was granted is in a memory that all providers of this process share. */
function makeProvider() {
	const made = new Provider(set.issuer, configuration(set));
	made.registerGrantType(...exchangeGrant(set));
	[logged, interval, registration, flaws(set)].forEach((one) => made.use(one));
	made.on('server_error', (_, error) => console.error(error));
	return made;
}

const server = createServer(async (req, res) => {
	const url = new URL(req.url, set.origin);
	const control = url.pathname.startsWith('/control/') && controls[url.pathname.slice(9)];
	if (control) {
		res.end(JSON.stringify(await control(url.searchParams)));
	} else if (url.pathname.startsWith(`${MOUNT}/interaction/`)) {
		await interaction(provider, req, res);
		log({ endpoint: 'interaction', method: req.method, path: url.pathname,
			status: res.statusCode, user_agent: req.headers['user-agent'] });
	} else if (url.pathname.startsWith(`${MOUNT}/`)) {
		req.originalUrl = req.url;
		req.url = req.url.slice(MOUNT.length);
		provider.callback()(req, res);
	} else {
		res.writeHead(404).end();
	}
});

await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
set.origin = `http://127.0.0.1:${server.address().port}`;
set.issuer = set.origin + MOUNT;
let provider = makeProvider();
process.stdin.on('end', () => process.exit(0)).resume();
process.stdout.write(`${JSON.stringify({ base_url: set.issuer, control_url: `${set.origin}/control`,
	client_id: SERVICE, client_secret: set.secret })}\n`);
