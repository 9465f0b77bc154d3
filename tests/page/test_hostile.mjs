// SPDX-License-Identifier: MIT
// Names, labels, probe output and messages that want to be more than text: they change nothing but their own cell.
import assert from 'node:assert/strict';

import { eventually } from './support/await.mjs';
import { quote } from './support/fake.mjs';
import { VIEWS, action, awaitCount, awaitNotice, awaitText, cell, confirm, goTo, openPanel, row } from './support/hooks.mjs';
import { startRelay } from './support/relay.mjs';
import { runTests, test } from './support/suite.mjs';
import { fakeWorld } from './support/world.mjs';

const SCRIPT = '<img src=x onerror="globalThis.taken=1"><script>globalThis.taken=1</script>';
const RTL = '\u202eevil\u2066\u200f\u05d0\u05d1';
const LONG = 'W'.repeat(10_000);
const CONTROL = 'a\u0007b\u001b[31mred\u0000 \u{1f4a9}\n\n\nlines';
const TIMES = `9999-99-99T99:99:99Z ${'2026-11-27T03:52:23.'.repeat(400)}`;
const HOSTILE = [SCRIPT, `"'\`><b>bold`, RTL, LONG, CONTROL, '${7*7}{{7*7}}', 'javascript:globalThis.taken=1', '../../etc/passwd', '__proto__', 'a b/c?d#e%f&g', '</textarea></title></style>x', TIMES];

const container = (name, more = '') => `container ${quote(name)} health=unhealthy label=autoheal=true ${more}`;

// What an engine might call a container: behind a slash comes the name in another container's network, and no name is endless.
const NAMES = HOSTILE.filter((text) => text !== CONTROL).map((text) => text.replaceAll('/', '\u2215').slice(0, 3000));

async function openHostile(world, options = {}) {
    const lines = NAMES.map((name, i) => container(name, `label=${quote(`l${i}=${HOSTILE[i]}`)} probe=${quote(HOSTILE[i])}`));
    lines.push(`container talker health=unhealthy label=autoheal=true label=${quote(`x=${CONTROL}`)} label=${quote(`${SCRIPT}=1`)} probe=${quote(HOSTILE.join('\n'))} image=${quote(SCRIPT)}`);
    lines.push('container calm health=healthy label=autoheal=true');
    await world.fakeEngine(lines.join('\n'));
    await world.serve({ config: { restart: { cooldown_seconds: 3600, max_restarts: 1 }, brake: { enabled: false } } });
    await eventually('all were restarted', () => world.service.events('restart').length >= lines.length - 1);
    return world.open(options);
}

// Nothing ran, nothing was made of the text but text, and nothing is wider than the window.
async function checkCalm(page, where) {
    const seen = await page.evaluate(() => ({
        taken: globalThis.taken ?? null,
        made: document.querySelectorAll('main img, main script, main b[onerror], [onerror], main iframe, main object').length,
        links: [...document.querySelectorAll('a[href]')].map((link) => link.protocol).filter((protocol) => !['http:', 'https:'].includes(protocol)),
        wide: document.documentElement.scrollWidth - innerWidth,
        polluted: Object.keys(Object.prototype).length,
    }));
    assert.deepEqual(seen, { taken: null, made: 0, links: [], wide: Math.min(seen.wide, 0), polluted: 0 }, where);
}

test('no view makes more of them than text, light or on a phone', async (world) => {
    for (const viewport of [{ width: 1280, height: 800 }, { width: 360, height: 780 }]) {
        const window = world.windows.length === 0 ? await openHostile(world, { viewport }) : await world.open({ viewport });
        for (const view of VIEWS) {
            await goTo(window.page, view);
            await window.settled();
            await checkCalm(window.page, `${view} at ${viewport.width}`);
            await window.shot(`hostile-${view}-${viewport.width}`);
        }
    }
});

test('each has a panel, with all that is hostile in it', async (world) => {
    const window = await openHostile(world);
    for (const name of [...NAMES, 'talker']) {
        const panel = await openPanel(window.page, name);
        await panel.locator('#rules tr[data-rule]').first().waitFor();
        await checkCalm(window.page, name.slice(0, 60));
        await window.shots(`hostile-panel-${(NAMES.indexOf(name) + NAMES.length + 1) % (NAMES.length + 1)}`);
    }
});

test('a calm one beside them looks as if it were alone', async (world) => {
    await world.fakeEngine('container calm health=healthy label=autoheal=true\ncontainer last health=healthy');
    await world.serve({ config: { brake: { enabled: false } } });
    const window = await world.open();
    const { page } = window;
    await goTo(page, 'containers');
    await row(page, 'calm').waitFor();
    const look = () => row(page, 'calm').evaluate((tr) => ({
        height: Math.round(tr.getBoundingClientRect().height),
        cells: [...tr.cells].map((td) => [td.dataset.cell, td.innerText, getComputedStyle(td).direction]),
    }));
    const alone = await look();
    await world.fake.script(NAMES.map((name) => `container ${quote(name)} health=healthy`).join('\n'));
    await world.service.ask('POST', '/api/pass');
    await row(page, LONG.slice(0, 3000)).waitFor();
    assert.deepEqual(await look(), alone);
    await window.shots('hostile-beside');
    // Marks of direction stay within their own cell: each text from outside stands by itself.
    const isolated = await cell(page, RTL, 'name').evaluate((td) => {
        const walker = document.createTreeWalker(td, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            if (!walker.currentNode.data.includes('evil')) continue;
            for (let element = walker.currentNode.parentElement; element && td.contains(element); element = element.parentElement) {
                if (element.tagName === 'BDI' || /isolate|plaintext/.test(getComputedStyle(element).unicodeBidi)) return true;
            }
            return false;
        }
        return null;
    });
    assert.equal(isolated, true);
});

test('one without a name goes by its id', async (world) => {
    await world.fakeEngine('container web health=healthy label=autoheal=true nameless=true id=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef');
    await world.serve();
    const window = await world.open();
    const { page } = window;
    await goTo(page, 'containers');
    await awaitText(page.locator('#rows > tr'), /0123456789ab/);
    await page.locator('#rows > tr [data-action="quarantine"]').click();
    await eventually('it is quarantined', () => world.service.read('quarantine.json').length === 1);
    await page.locator('#rows > tr a[data-action="explain"]').click();
    await page.locator('#rules tr[data-rule]').first().waitFor();
    await window.shots('hostile-nameless');
});

test('what is asked of one with such a name reaches it and no other', async (world) => {
    const window = await openHostile(world);
    const { page } = window;
    await goTo(page, 'containers');
    const known = await world.service.ask('GET', '/api/containers?include_stopped=true');
    for (const name of NAMES) {
        const { stable_id: id } = known.find((one) => one.name === name);
        await row(page, name).waitFor();
        await action(row(page, name), 'quarantine').click();
        await eventually(`${name.slice(0, 40)} alone is quarantined`, () => JSON.stringify(world.service.read('quarantine.json')) === JSON.stringify([id]));
        await action(row(page, name), 'release').click();
        await confirm(page);
        await eventually(`${name.slice(0, 40)} is released`, () => world.service.read('quarantine.json').length === 0);
    }
    await awaitNotice(page, 'done', /./);
    await checkCalm(page, 'the notices');
    await window.shots('hostile-notices');
});

// A history that somebody else has written: a type that is a name of every object's, no time, what should be text and is not.
test('events of an odd shape spoil no view', async (world) => {
    const odd = { event_type: 'restart', status: 'success', container_name: 'calm (calm)', container_id: 'x', timestamp: '2026-11-27T04:00:00.000000Z', message: 'odd' };
    const shapes = [{ event_type: 'constructor', status: '__proto__' }, { timestamp: 'garbage' }, { timestamp: 7, container_id: 5 }, { container_name: 5, message: { a: 1 } }];
    await world.fakeEngine('container calm health=healthy label=autoheal=true');
    await world.serve({ files: { 'events.json': shapes.map((shape) => ({ ...odd, timestamp: new Date().toISOString(), ...shape })) } });
    const window = await world.open();
    for (const view of VIEWS) {
        await goTo(window.page, view);
        await window.settled();
        await checkCalm(window.page, view);
    }
    await goTo(window.page, 'events');
    await eventually('all are listed', async () => await window.page.locator('#events > li').count() >= shapes.length);
    window.check();
});

test('no path of a setting reaches what all objects share', async (world) => {
    await world.fakeEngine('container calm health=healthy label=autoheal=true');
    await world.serve();
    const { page } = await world.open();
    await page.route('**/api/config/settings', async (route) => {
        const settings = await (await route.fetch()).json();
        await route.fulfill({ json: [...settings, { ...settings.find(({ path }) => path === 'restart.max_restarts'), path: '__proto__.taken' }] });
    });
    await page.route('**/api/config/validate', (route) => route.fulfill({ json: { status: 'success' } }));
    await goTo(page, 'configuration');
    await Promise.all([page.waitForRequest('**/api/config/validate'), page.locator('[id="set:__proto__.taken"]').fill('9')]);
    await checkCalm(page, 'after a change');
});

test('a message of the stream that does not end is given up', async (world) => {
    await world.fakeEngine('container calm health=healthy label=autoheal=true');
    await world.serve();
    const relay = world.ends(await startRelay(world.service.port));
    const { page } = await world.open({ origin: relay.url });
    await page.locator('body[data-connection="live"]').waitFor();
    await Promise.all([page.waitForRequest('**/api/events/stream'), relay.say(`data: ${'x'.repeat(6_000_000)}`)]);
    await page.locator('body[data-connection="live"]').waitFor();
});

async function choose(page, content) {
    await page.locator('#import-file').setInputFiles({ name: 'chosen.json', mimeType: 'application/json', buffer: Buffer.from(content) });
}

test('a file that is too deep or too much to be looked at is not offered for import', async (world) => {
    await world.fakeEngine('container calm health=healthy label=autoheal=true');
    await world.serve();
    const { page } = await world.open();
    await goTo(page, 'configuration');
    const many = (n) => Array.from({ length: n }, (_, i) => `"k${i}":1`).join();
    for (const content of [`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, `{${many(80_000)}}`, `{"${'k'.repeat(300_000)}":{${many(60_000)}}}`]) {
        await choose(page, content);
        await awaitText(page.locator('#import-errors'), /^chosen\.json changes too much/);
        assert.equal(await action(page, 'import').count(), 0);
    }
    await choose(page, '{}');
    await action(page, 'import').waitFor();
});

test('an import tells of secrets that it may replace, also whoever has not given the token', async (world) => {
    const config = (url) => ({ alerts: { webhook: url }, notifications: { services: [{ name: 'all', type: 'webhook', url }] } });
    await world.fakeEngine('container calm health=healthy label=autoheal=true');
    await world.serve({ config: config('http://127.0.0.1:9/ours') });
    const { page } = await world.open({ token: null });
    await goTo(page, 'configuration');
    const before = world.service.read('config.json');
    const changed = page.locator('#diff tr[data-change="changed"]');
    await choose(page, JSON.stringify({ ...before, ...config('http://127.0.0.1:9/theirs') }));
    await awaitText(changed, /^changed\s+alerts\.webhook\s+\*{8}\s+perhaps another secret/);
    await awaitText(changed, /notifications\.services/);
    await choose(page, JSON.stringify({ ...before, ...config('********') }));
    await awaitText(page.locator('#diff caption'), /nothing would change/);
    await awaitCount(changed, 0);
});

await runTests(fakeWorld);
