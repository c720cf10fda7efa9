// SPDX-License-Identifier: MIT
// A real Chromium as the person's browser: opens the address, signs in, presses Approve or Deny, and
// says as JSON what it saw. drive.js DECISION FOLDER ADDRESS; pictures and saw.json go into FOLDER.
const fs = require('fs');
const path = require('path');
const { chromium } = require(path.join(process.env.BF_NODE_MODULES, 'playwright-core'));

const [decision, folder, address] = process.argv.slice(2);
const looks = [['light', 1280], ['dark', 1280], ['light', 360], ['dark', 360]];

// Whoever waits for the file finds all of it.
function tell(name, text) {
  fs.writeFileSync(path.join(folder, `${name}.new`), text);
  fs.renameSync(path.join(folder, `${name}.new`), path.join(folder, name));
}

async function pictures(page) {
  const overflow = {};
  for (const [scheme, width] of looks) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 640 });
    await page.screenshot({ path: path.join(folder, `${scheme}-${width}.png`) });
    overflow[`${scheme}-${width}`] = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  }
  return overflow;
}

async function main() {
  const browser = await chromium.launch({
    executablePath: process.env.BF_CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const page = await browser.newPage();
  const saw = { requests: [], complaints: [] };
  page.on('request', request => saw.requests.push(request.method() + ' ' + request.url()));
  page.on('console', message => saw.complaints.push(message.text()));
  page.on('pageerror', error => saw.complaints.push(String(error)));
  await page.goto(address);
  await page.fill('#username', 'scientist');
  await page.fill('#password', 'any');
  await page.click('button[value=sign-in]');
  await page.click(`button[value=${decision}]`);
  await page.waitForURL(/\/callback/);
  saw.title = await page.title();
  saw.text = await page.innerText('main');
  saw.background = await page.evaluate(() => getComputedStyle(document.querySelector('main')).maxWidth);
  saw.overflow = await pictures(page);
  await browser.close();
  tell('saw.json', JSON.stringify(saw));
}

main().catch(error => {
  tell('failed.txt', String(error.stack));
  process.exit(1);
});
