// SPDX-License-Identifier: MIT
// The engine goes, serve goes, the token changes, the network stalls: the page says so, keeps what it showed, and recovers by itself.
import assert from 'node:assert/strict';

import { eventually } from './support/await.mjs';
import { action, awaitCount, awaitText, cell, goTo, row } from './support/hooks.mjs';
import { startRelay } from './support/relay.mjs';
import { TOKEN } from './support/serve.mjs';
import { runTests, test } from './support/suite.mjs';
import { realWorld } from './support/world.mjs';

// What Chromium itself says when nobody answers.
const NETWORK = /ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|SOCKET_NOT_CONNECTED|TIMED_OUT|ABORTED|FAILED|NETWORK_CHANGED|CONTENT_LENGTH_MISMATCH|CONNECTION_CLOSED)/;

const live = (page) => page.locator('body[data-connection="live"]').waitFor({ timeout: 120_000 });
const reconnecting = (page) => page.locator('body[data-connection="reconnecting"]').waitFor({ timeout: 120_000 });

async function useToken(page, token) {
    const prompt = page.locator('#token-prompt');
    await prompt.waitFor({ timeout: 120_000 });
    await prompt.locator('#token-input').fill(token);
    await action(prompt, 'token-use').click();
}

async function prepare(world) {
    await world.engine.runPatient('web', '--label', 'autoheal=true');
    await world.engine.awaitHealth('web', 'healthy');
    await world.serve({ config: { restart: { mode: 'on-failure' } } });
}

async function watch(world, options) {
    const window = await world.open(options);
    await live(window.page);
    await goTo(window.page, 'containers');
    await row(window.page, 'web').waitFor();
    return window;
}

// It lives again: what happens in the engine is seen.
async function checkFollows(world, page) {
    await world.engine.sicken('web');
    await awaitText(cell(page, 'web', 'verdict'), /failing|unhealthy/);
}

test('the engine goes away and comes back', async (world) => {
    await prepare(world);
    const window = await watch(world);
    const { page } = window;
    await world.engine.crash();
    await page.locator('body[data-engine="away"]').waitFor({ timeout: 120_000 });
    await page.locator('#alerts .alert[data-alert="engine"]').waitFor();
    assert.equal(await row(page, 'web').count(), 1);
    await window.shots('connection-engine-away');
    window.expects(/status of 50[0-9]/);
    await action(row(page, 'web'), 'restart').click();
    await page.keyboard.press('Enter');
    await page.locator('#notices .notice[data-kind="error"]').waitFor();
    await window.shots('connection-engine-away-restart');
    await world.engine.startAgain();
    await page.locator('body[data-engine="connected"]').waitFor({ timeout: 120_000 });
    await awaitCount(page.locator('#alerts .alert[data-alert="engine"]'), 0);
    await world.engine.awaitHealth('web', 'healthy');
    await checkFollows(world, page);
});

test('serve is restarted', async (world) => {
    await prepare(world);
    const window = await watch(world);
    const { page } = window;
    window.expects(NETWORK);
    window.expects(/status of 503/); // it answers before it has seen the engine
    await world.service.end();
    await reconnecting(page);
    await awaitText(page.locator('#connection'), /reconnecting/i);
    assert.equal(await row(page, 'web').count(), 1);
    await window.shots('connection-reconnecting');
    await world.service.start();
    await live(page);
    assert.equal(await row(page, 'web').count(), 1);
    await checkFollows(world, page);
});

test('the token changes: the page says so, shows on what it may, and acts again with the new one', async (world) => {
    await prepare(world);
    const window = await watch(world);
    const { page } = window;
    window.expects(NETWORK);
    window.expects(/status of (40[13]|503)/);
    await world.service.end();
    world.service.token = 'another-0123456789abcdef';
    await world.service.start();
    await awaitText(page.locator('#notices, #alerts, #connection, #token-prompt'), /token/i);
    await live(page);
    assert.equal(await row(page, 'web').count(), 1);
    await window.shots('connection-token-changed');
    await action(row(page, 'web'), 'quarantine').click();
    await useToken(page, 'another-0123456789abcdef');
    await eventually('it acts again', () => world.service.has('quarantine.json') && world.service.read('quarantine.json').includes('web'));
});

test('where reading needs the token too, it is asked for, and the view stays', async (world) => {
    await world.engine.runPatient('web', '--label', 'autoheal=true');
    await world.engine.awaitHealth('web', 'healthy');
    // Whoever comes through a proxy that says so is not on loopback for serve.
    await world.serve();
    const relay = world.ends(await startRelay(world.service.port, { 'X-Forwarded-For': '192.0.2.7' }));
    const window = await world.open({ origin: relay.url, token: null });
    const { page } = window;
    window.expects(/status of (40[13]|503)/);
    window.expects(NETWORK);
    await page.locator('body[data-connection="token"]').waitFor();
    await page.locator('#token-prompt').waitFor();
    await window.shots('connection-token-needed');
    await useToken(page, TOKEN);
    await live(page);
    await goTo(page, 'containers');
    await row(page, 'web').waitFor();
    await world.service.end();
    world.service.token = 'another-0123456789abcdef';
    await world.service.start();
    await page.locator('#token-prompt').waitFor({ timeout: 120_000 });
    assert.equal(await row(page, 'web').count(), 1);
    await window.shots('connection-token-changed-needed');
    await useToken(page, 'another-0123456789abcdef');
    await live(page);
});

test('the network stalls: silence is noticed', async (world) => {
    await prepare(world);
    const relay = world.ends(await startRelay(world.service.port));
    const window = await watch(world, { origin: relay.url, ownClock: true });
    const { page } = window;
    window.expects(NETWORK);
    relay.stall();
    await page.clock.fastForward('01:00'); // serve says something every 15 s
    await reconnecting(page);
    assert.equal(await row(page, 'web').count(), 1);
    await window.shots('connection-stalled');
    relay.resume();
    await live(page);
    await checkFollows(world, page);
});

test('the network is cut, and what was missed is made up for', async (world) => {
    await prepare(world);
    const relay = world.ends(await startRelay(world.service.port));
    const window = await watch(world, { origin: relay.url });
    const { page } = window;
    window.expects(NETWORK);
    await goTo(page, 'events');
    await relay.cut();
    await reconnecting(page);
    await world.service.ask('POST', '/api/containers/web/quarantine');
    await relay.listen();
    await live(page);
    await page.locator('#events > li[data-event="quarantine"][data-container="web"]').waitFor();
    await goTo(page, 'containers');
    await action(row(page, 'web'), 'release').waitFor();
    await window.shots('connection-made-up');
});

test('what happened before the stream began is made up for', async (world) => {
    await prepare(world);
    const window = await world.open({ path: '#/events', token: null, init: () => {
        const ask = globalThis.fetch;
        globalThis.fetch = (path, init) => ask(path.endsWith('/stream') && !globalThis.streams ? '/api/nothing' : path, init);
    } });
    const { page } = window;
    window.expects(/status of 404/);
    await reconnecting(page);
    await awaitText(page.locator('#events-count'), /^\d+ events?$/);
    await window.settled();
    await world.service.ask('POST', '/api/containers/web/quarantine');
    await page.evaluate(() => { globalThis.streams = true; });
    await live(page);
    await page.locator('#events > li[data-event="quarantine"][data-container="web"]').waitFor();
});

test('a wrong token in the address is said, and what can be read is shown', async (world) => {
    await prepare(world);
    const window = await world.open({ token: 'wrong-0123456789abcdef' });
    const { page } = window;
    window.expects(/status of (40[13]|503)/);
    await awaitText(page.locator('#notices, #alerts, #connection, #token-prompt'), /token/i);
    await live(page);
    await goTo(page, 'containers');
    await row(page, 'web').waitFor();
});

await runTests(realWorld);
