// SPDX-License-Identifier: MIT
// How the page begins, with which token, and when it is an old one: the first look, a link with a token, a serve that was updated, a tab that nobody looks at.
import assert from 'node:assert/strict';

import { eventually } from './support/await.mjs';
import { action, awaitCount, awaitText, awaitValue, goTo, row } from './support/hooks.mjs';
import { TOKEN } from './support/serve.mjs';
import { runTests, test } from './support/suite.mjs';
import { fakeWorld } from './support/world.mjs';

const WRONG = 'wrong-0123456789abcdef';
const STATUS = '/api/status';
const CONTAINERS = '/api/containers?include_stopped=true';
const STREAM = '/api/events/stream';

const live = (page) => page.locator('body[data-connection="live"]').waitFor({ timeout: 120_000 });
const kept = (page) => page.evaluate(() => sessionStorage.getItem('autoheal-token'));
const alert = (page, kind) => page.locator(`#alerts .alert[data-alert="${kind}"]`);

async function openPage(world, options) {
    await world.fakeEngine('container web health=healthy label=autoheal=true');
    await world.serve({ config: { restart: { mode: 'on-failure' } } });
    const window = await world.open(options);
    await live(window.page);
    return window;
}

async function acts(world, page) {
    await goTo(page, 'containers');
    await action(row(page, 'web'), 'quarantine').click();
    await awaitValue('it acts', () => (world.service.has('quarantine.json') ? world.service.read('quarantine.json') : []), ['web']);
}

// What is asked for from now on: [{ method, path, token, tag }].
function watchRequests(page) {
    const asked = [];
    page.on('request', (request) => {
        const { pathname, search } = new URL(request.url());
        const headers = request.headers();
        asked.push({ method: request.method(), path: pathname + search, token: headers.authorization?.replace('Bearer ', '') ?? '', tag: headers['if-none-match'] });
    });
    return asked;
}

const of = (asked, path) => asked.filter((one) => one.path === path);
const tokens = (asked, path) => of(asked, path).map(({ token }) => token);

// Nothing happens by itself any more; the page is held back until early.js has asked.
async function reloadStill(window, asked) {
    const { page } = window;
    await page.clock.pauseAt(Date.now() + 60_000);
    await window.settled();
    asked.length = 0;
    await page.route('**/assets/main.js', async (route) => {
        await eventually('both are asked for', () => [STATUS, CONTAINERS].every((path) => of(asked, path).length > 0));
        await route.continue();
    });
    await page.reload();
}

test('the first look asks for each thing once, before the page is there, and the next one only whether it is new', async (world) => {
    const window = await openPage(world, { ownClock: true });
    const { page } = window;
    await window.settled();
    const tags = new Map();
    page.on('response', async (reply) => tags.set(new URL(reply.url()).pathname, await reply.headerValue('etag')));
    const asked = watchRequests(page);
    await reloadStill(window, asked);
    await live(page);
    await window.settled();
    for (const path of [STATUS, CONTAINERS]) assert.deepEqual(tokens(asked, path), [TOKEN], path);
    const tag = await eventually('its tag', () => tags.get('/api/containers'));
    await page.clock.resume();
    await eventually('it is asked for again', () => of(asked, CONTAINERS).length > 1);
    assert.equal(of(asked, CONTAINERS)[1].tag, tag);
});

test('a token that was kept and is wrong: said, forgotten, and what can be read is shown', async (world) => {
    const window = await openPage(world, { token: null, ownClock: true });
    const { page } = window;
    window.expects(/status of 401/);
    await window.settled();
    await page.evaluate((token) => sessionStorage.setItem('autoheal-token', token), WRONG);
    const asked = watchRequests(page);
    await reloadStill(window, asked);
    for (const path of [STATUS, CONTAINERS]) await awaitValue(path, () => tokens(asked, path), [WRONG, '']);
    await window.settled();
    for (const path of [STATUS, CONTAINERS]) assert.equal(of(asked, path).length, 2);
    await awaitText(page.locator('#token-prompt'), /not the right one/);
    assert.equal(await kept(page), null);
    await page.clock.resume();
    await page.locator('#token-input').fill(TOKEN);
    await action(page, 'token-use').click();
    await acts(world, page);
});

test('too many wrong tokens at the start: said, and it goes on by itself', async (world) => {
    const window = await openPage(world, { token: null });
    const { page } = window;
    window.expects(/status of 4(01|29)/);
    await page.evaluate((token) => sessionStorage.setItem('autoheal-token', token), WRONG);
    let left = 4;
    await page.route(/\/api\/(status|containers)/, (route) => (left-- > 0
        ? route.fulfill({ status: 429, headers: { 'Retry-After': '1' }, json: { detail: 'too many wrong tokens at once: wait a second' } })
        : route.continue()));
    await page.reload();
    await awaitText(alert(page, 'stale'), /too many wrong tokens/);
    await awaitCount(alert(page, 'stale'), 0);
    await goTo(page, 'containers');
    await row(page, 'web').waitFor();
    assert.equal(await kept(page), null);
});

test('a first answer that does not come is given up, and asked for again', async (world) => {
    const window = await openPage(world, { ownClock: true });
    const { page } = window;
    let held = 0;
    await page.route('**/api/status', (route) => (held++ > 0 ? route.continue() : undefined));
    await page.reload();
    await live(page);
    await goTo(page, 'containers');
    await row(page, 'web').waitFor(); // the others are shown
    await page.clock.fastForward(31_000);
    await awaitText(alert(page, 'stale'), /did not answer in time/);
    await awaitCount(alert(page, 'stale'), 0);
    await page.locator('body[data-engine="connected"]').waitFor();
});

test('a look at the page that serve has is given up, and made again', async (world) => {
    const window = await openPage(world, { ownClock: true });
    const { page } = window;
    let held = 0;
    await page.route('**/assets/main.js', (route) => (route.request().method() !== 'HEAD' || held++ > 0 ? route.continue() : undefined));
    await page.reload();
    await live(page);
    await eventually('it is asked', () => held === 1);
    await page.clock.fastForward(31_000);
    await eventually('and asked again', () => held > 1);
});

test('it does without what is asked early', async (world) => {
    const window = await openPage(world);
    const { page } = window;
    window.expects(/ERR_FAILED/);
    await page.route('**/assets/early.js', (route) => route.abort());
    await page.reload();
    await live(page);
    await acts(world, page);
});

test('a link whose token is none, or not the right one: refused, and the one before stays', async (world) => {
    const window = await openPage(world);
    const { page } = window;
    window.expects(/status of 401/);
    const notice = page.locator('#notices .notice[data-kind="error"]');
    const asked = watchRequests(page);
    for (const bad of [WRONG, '%zz', 'two%20words', 'x'.repeat(129), '%C3%BC', '']) {
        await page.evaluate((token) => { location.hash = `#token=${token}`; }, bad);
        await awaitText(notice, /link's token is not used.*The one before stays/);
        assert.match(page.url(), /#\/$/);
        assert.equal(await kept(page), TOKEN, bad);
        if (bad === WRONG) await window.shots('token-link-wrong');
        await action(notice, 'dismiss').click();
    }
    // What cannot be one is not sent anywhere.
    assert.deepEqual([...new Set(asked.map(({ token }) => token))].filter((token) => token && token !== TOKEN), [WRONG, '%zz']);
    await page.goto(`${world.service.url}/?anew#token=${WRONG}`);
    await awaitText(notice, /not the token.*The one before stays/);
    assert.equal(await kept(page), TOKEN);
    assert.ok(!page.url().includes(WRONG));
    await acts(world, page);
});

test('what cannot be a token is not kept, and one that was is not used', async (world) => {
    const window = await openPage(world, { token: null });
    const { page } = window;
    window.expects(/status of 40[01]/);
    await page.evaluate(() => { location.hash = '#token=two%20words'; });
    await awaitText(page.locator('#notices .notice[data-kind="error"]'), /letters and digits without blanks\.$/m);
    assert.equal(await kept(page), null);
    await page.evaluate(() => sessionStorage.setItem('autoheal-token', 'two words'));
    const asked = watchRequests(page);
    await page.reload();
    await live(page);
    await window.settled();
    for (const path of [STATUS, CONTAINERS]) assert.deepEqual(tokens(asked, path).slice(0, 2), ['two words', ''], path);
    assert.equal(await page.locator('#token-prompt').isVisible(), false);
    assert.equal(await kept(page), null);
});

test('while a link is tried its token is in no address; of two links the later counts', async (world) => {
    const window = await openPage(world);
    const { page } = window;
    const bring = (token) => page.evaluate((value) => { location.hash = `#token=${value}`; }, token);
    const waiting = [];
    await page.route('**/api/status', (route) => (route.request().headers().authorization === `Bearer ${TOKEN}`
        ? route.continue() : waiting.push(route)));
    await bring('first-0123456789abcdef');
    await eventually('the first is tried', () => waiting.length === 1);
    assert.match(page.url(), /#\/$/);
    await bring('second-0123456789abcdef');
    await eventually('the second is tried', () => waiting.length === 2);
    assert.equal(await kept(page), TOKEN);
    for (const route of waiting.reverse()) await route.fulfill({ json: {} });
    await awaitValue('the second', () => kept(page), 'second-0123456789abcdef');
    window.expects(/status of 401/);
    await window.settled();
    assert.notEqual(await kept(page), 'first-0123456789abcdef');
});

test('a link with the right token takes the place of one that is not right any more', async (world) => {
    const window = await openPage(world);
    const { page } = window;
    window.expects(/status of (401|503)|ERR_/);
    await world.service.end();
    world.service.token = 'another-0123456789abcdef';
    await world.service.start();
    await page.goto(`${world.service.url}/?anew#token=another-0123456789abcdef`);
    await live(page);
    await awaitValue('it is used', () => kept(page), 'another-0123456789abcdef');
    await acts(world, page);
    assert.equal(await page.locator('#token-prompt').isVisible(), false);
});

// /api/status as another serve would give it.
async function pretend(page, change) {
    await page.route('**/api/status', async (route) => {
        const headers = { ...route.request().headers() };
        delete headers['if-none-match'];
        const response = await route.fetch({ headers });
        await route.fulfill({ response, json: { ...await response.json(), ...change } });
    });
}

test('another version of serve: the page says so, and nothing that is typed is lost by itself', async (world) => {
    const window = await openPage(world);
    const { page } = window;
    await goTo(page, 'configuration');
    const control = page.locator('[id="set:brake.min_failing"]');
    await control.fill('9');
    await window.settled();
    await awaitCount(alert(page, 'update'), 0);
    await pretend(page, { version: '99.0.0', started_at: '2030-01-01T00:00:00Z' });
    await awaitText(alert(page, 'update'), /updated/);
    await window.shots('updated');
    assert.deepEqual(await window.audit(), []);
    assert.equal(await control.inputValue(), '9');
    await action(page, 'reload').click();
    await page.keyboard.press('Escape');
    assert.equal(await control.inputValue(), '9');
    await goTo(page, 'overview'); // what is typed is kept elsewhere
    await action(page, 'reload').click();
    await page.locator('#alerts [data-confirm="yes"]').waitFor();
    await window.shots('updated-asks');
    const anew = page.waitForEvent('load');
    await page.locator('#alerts [data-confirm="yes"]').click();
    await anew;
    await live(page);
    await window.settled();
    await awaitCount(alert(page, 'update'), 0);
});

test('a serve that was started anew with another page is told, with the same page it is not', async (world) => {
    const window = await openPage(world);
    const { page } = window;
    window.expects(/status of 503|ERR_/);
    const asked = watchRequests(page);
    const heads = () => of(asked, '/assets/main.js').filter(({ method }) => method === 'HEAD').length;
    const again = async () => {
        const before = heads();
        await world.service.end();
        await world.service.start();
        await eventually('the page is looked at', () => heads() > before);
        await live(page);
        await window.settled();
    };
    await again();
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(drawn)));
    assert.equal(await alert(page, 'update').count(), 0);
    await page.route('**/assets/main.js', async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, headers: { ...response.headers(), etag: '"another"' } });
    });
    await again();
    await alert(page, 'update').waitFor();
    const anew = page.waitForEvent('load');
    await action(page, 'reload').click(); // nothing is typed: it does not ask
    await anew;
    await live(page);
});

test('a tab that nobody looks at gives its stream back, and takes it up again', async (world) => {
    const window = await openPage(world, { ownClock: true, init: () => {
        globalThis.isHidden = false;
        Object.defineProperty(Document.prototype, 'hidden', { get: () => globalThis.isHidden });
    } });
    const { page } = window;
    const hide = (hidden) => page.evaluate((value) => {
        globalThis.isHidden = value;
        document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
    await goTo(page, 'containers');
    const streams = [];
    page.on('request', (request) => request.url().endsWith(STREAM) && streams.push('begun'));
    page.on('requestfailed', (request) => request.url().endsWith(STREAM) && streams.push('ended'));
    await hide(true);
    await page.clock.fastForward(35_000);
    await world.service.ask('POST', '/api/containers/web/quarantine'); // it is heard: the stream is no silent one
    await action(row(page, 'web'), 'release').waitFor();
    assert.deepEqual(streams, []);
    await page.clock.fastForward(30_000);
    await awaitText(page.locator('#connection'), /rests/);
    await awaitValue('given back', () => streams, ['ended']);
    await world.fake.script('container web health=unhealthy\nevent "health_status: unhealthy" web');
    for (let i = 0; i < 3; i++) await page.clock.fastForward(60_000);
    await world.service.ask('POST', '/api/containers/web/unquarantine');
    await eventually('it is asked for now and then', async () => {
        await page.clock.fastForward(10_000);
        return await action(row(page, 'web'), 'quarantine').count() === 1;
    });
    assert.deepEqual(streams, ['ended']);
    await hide(false);
    await live(page);
    assert.deepEqual(streams, ['ended', 'begun']);
    await hide(true);
    await page.clock.fastForward(30_000);
    await hide(false); // for a moment only
    await world.service.ask('POST', '/api/containers/web/quarantine');
    await action(row(page, 'web'), 'release').waitFor();
    await page.clock.fastForward(35_000);
    await world.service.ask('POST', '/api/containers/web/unquarantine');
    await action(row(page, 'web'), 'quarantine').waitFor();
    assert.deepEqual(streams, ['ended', 'begun']);
});

await runTests(fakeWorld);
