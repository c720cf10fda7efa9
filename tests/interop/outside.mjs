// SPDX-License-Identifier: MIT
// Packages of npm, which scripts/test installs into the build folder and never into the source tree.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** The package `name` of the folder BF_NODE_MODULES; Node itself would look beside this file only. */
export function outside(name) {
	const require = createRequire(pathToFileURL(`${process.env.BF_NODE_MODULES}/`));
	return import(pathToFileURL(require.resolve(name)));
}
