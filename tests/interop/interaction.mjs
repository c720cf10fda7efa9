// SPDX-License-Identifier: MIT
// The two pages of a person: sign in, and approve. Field and button names are the sandbox server's,
// so that one browser of the tests presses the buttons of both.

function page(title, content) {
	return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<link rel="icon" href="data:,"></head>
<body><h1>${title}</h1><form method="post">${content}</form></body></html>`;
}

const SIGN_IN = page('Sign in', `
<label>User name <input id="username" name="username" value="scientist"
	autocomplete="username" required></label>
<label>Password <input id="password" name="password" type="password"
	autocomplete="current-password"></label>
<button name="action" value="sign-in">Sign in</button>`);

const CONSENT = page('Approve this login?', `
<button name="action" value="approve">Approve</button>
<button name="action" value="deny">Deny</button>`);

async function formOf(req) {
	let text = '';
	for await (const part of req) text += part;
	return new URLSearchParams(text);
}

async function approve(provider, { session, params, prompt: { details } }) {
	const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
	if (details.missingOIDCScope) grant.addOIDCScope(details.missingOIDCScope.join(' '));
	if (details.missingOIDCClaims) grant.addOIDCClaims(details.missingOIDCClaims);
	for (const [resource, scopes] of Object.entries(details.missingResourceScopes ?? {})) {
		grant.addResourceScope(resource, scopes.join(' '));
	}
	return { consent: { grantId: await grant.save() } };
}

async function decide(provider, details, form) {
	switch (form.get('action')) {
	case 'sign-in': return { login: { accountId: form.get('username') } };
	case 'approve': return approve(provider, details);
	default: return { error: 'access_denied', error_description: 'The person said no' };
	}
}

/** Shows what the person is asked, or takes their answer. */
export async function interaction(provider, req, res) {
	try {
		const details = await provider.interactionDetails(req, res);
		if (req.method !== 'POST') {
			res.setHeader('Content-Type', 'text/html; charset=utf-8');
			res.end(details.prompt.name === 'login' ? SIGN_IN : CONSENT);
			return;
		}
		const result = await decide(provider, details, await formOf(req));
		await provider.interactionFinished(req, res, result,
			{ mergeWithLastSubmission: !('login' in result) });
	} catch (error) {
		console.error(error);
		res.writeHead(400).end();
	}
}
