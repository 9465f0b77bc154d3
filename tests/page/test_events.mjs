// SPDX-License-Identifier: MIT
// The history: live, filtered, exported, cleared.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { eventually } from './support/await.mjs';
import { action, awaitCount, awaitText, awaitValue, confirm, goTo } from './support/hooks.mjs';
import { runTests, test } from './support/suite.mjs';
import { realWorld } from './support/world.mjs';

const COMPOSED = ['--label', 'com.docker.compose.project=shop', '--label', 'com.docker.compose.service=db'];

async function openEvents(world) {
    await Promise.all([world.engine.runPatient('web', '--label', 'autoheal=true'), world.engine.runPatient('db', '--label', 'autoheal=true', ...COMPOSED)]);
    for (const name of ['web', 'db']) await world.engine.awaitHealth(name, 'healthy');
    await world.serve();
    await world.service.awaitEvent('auto_monitor', 'web');
    await world.service.awaitEvent('auto_monitor', 'db');
    const window = await world.open();
    await goTo(window.page, 'events');
    await awaitCount(window.page.locator('#events > li'), 2);
    return window;
}

test('what happens appears at once, newest first', async (world) => {
    const window = await openEvents(world);
    const { page } = window;
    await world.engine.sicken('web');
    await page.locator('#events > li[data-event="restart"][data-container="web"][data-status="success"]').waitFor();
    await page.locator('#events > li[data-event="recovered"][data-container="web"]').waitFor();
    await eventually('all of them, newest first', async () => {
        const told = await page.locator('#events > li').evaluateAll((items) => items.map((item) => item.dataset.event));
        assert.deepEqual(told, world.service.read('events.json').map(({ event_type }) => event_type).reverse());
        return true;
    });
    await awaitText(page.locator('#events > li[data-event="restart"]'), /probe/);
    await awaitText(page.locator('#events > li[data-container="db"]'), /shop_db/); // its stable id
    await window.shots('events');
});

test('by type, container, words and age', async (world) => {
    const window = await openEvents(world);
    const { page } = window;
    await world.engine.sicken('web');
    await page.locator('#events > li[data-event="recovered"]').waitFor();
    const all = await page.locator('#events > li').count();
    await page.locator('#events-type').selectOption('restart');
    await awaitCount(page.locator('#events > li'), 1);
    await page.locator('#events-type').selectOption('');
    await page.locator('#events-container').fill('db');
    await awaitCount(page.locator('#events > li'), 1);
    await page.locator('#events > li[data-container="db"]').waitFor();
    await window.shots('events-filtered');
    await page.locator('#events-container').fill('');
    await page.locator('#events-search').fill('recovered');
    await awaitText(page.locator('#events-count'), /1 of/);
    await awaitCount(page.locator('#events > li'), 1);
    await page.locator('#events-search').fill('nothing like that');
    await awaitCount(page.locator('#events > li'), 0);
    await page.locator('#events-search').fill('');
    await page.locator('#events-since').selectOption('3600');
    await page.locator('#events-type').selectOption('restart');
    await page.reload();
    await awaitCount(page.locator('#events > li'), 1);
    assert.equal(await page.locator('#events-since').inputValue(), '3600');
    await page.locator('#events-type').selectOption('');
    for (const value of await page.locator('#events-since option').evaluateAll((options) => options.map((option) => option.value))) {
        await page.locator('#events-since').selectOption(value);
        await awaitCount(page.locator('#events > li'), all);
    }
});

test('what is exported is what there is', async (world) => {
    const { page } = await openEvents(world);
    const [download] = await Promise.all([page.waitForEvent('download'), action(page, 'events-export').click()]);
    assert.match(download.suggestedFilename(), /events.*\.json$/);
    assert.deepEqual(JSON.parse(readFileSync(await download.path(), 'utf8')), world.service.read('events.json'));
});

test('clearing asks, and forgets', async (world) => {
    const window = await openEvents(world);
    const { page } = window;
    await action(page, 'events-clear').click();
    await window.shots('events-clear-asked');
    await page.locator('.confirm [data-confirm="no"]').click();
    assert.equal(world.service.read('events.json').length, 2);
    await action(page, 'events-clear').click();
    await confirm(page);
    await awaitValue('events.json', () => world.service.read('events.json').length, 0);
    await awaitCount(page.locator('#events > li'), 0);
    await window.shots('events-none');
});

await runTests(realWorld);
