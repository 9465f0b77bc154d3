// SPDX-License-Identifier: MIT
// 1,000 containers: found, sorted, and an update of one touches one row. How fast is measured by `make bench-page`.
import assert from 'node:assert/strict';

import { eventually } from './support/await.mjs';
import { awaitCount, awaitText, awaitValue, cell, confirm, goTo, names, row } from './support/hooks.mjs';
import { runTests, test } from './support/suite.mjs';
import { fakeWorld } from './support/world.mjs';

async function openCrowd(world) {
    await world.fakeEngine('population 1000 healthy label=autoheal=true');
    await world.serve({ config: { restart: { mode: 'on-failure' }, monitor: { interval_seconds: 3600 } } });
    const window = await world.open();
    await goTo(window.page, 'containers');
    await row(window.page, 'member-0000').waitFor();
    return window;
}

// Which rows change from now on, and how.
const watchRows = () => {
    globalThis.touched = new Set();
    new MutationObserver((changes) => {
        for (const { target, addedNodes, removedNodes } of changes) {
            for (const node of target.id === 'rows' ? [...addedNodes, ...removedNodes] : [target]) {
                const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
                globalThis.touched.add(element.closest('tr[data-container]')?.dataset.container ?? element.outerHTML.slice(0, 80));
            }
        }
    }).observe(document.getElementById('rows'), { subtree: true, childList: true, attributes: true, characterData: true });
};

test('an update of one container touches one row', async (world) => {
    const { page } = await openCrowd(world);
    await page.evaluate(watchRows);
    await world.fake.script('container member-0007 health=unhealthy probe="it is sick"\nevent "health_status: unhealthy" member-0007');
    await awaitText(cell(page, 'member-0007', 'verdict'), /failing|unhealthy/);
    assert.deepEqual(await page.evaluate(() => [...globalThis.touched]), ['member-0007']);
});

test('a whole look that finds nothing new touches no row', async (world) => {
    const window = await openCrowd(world);
    const { page } = window;
    await page.evaluate(watchRows);
    await Promise.all([page.waitForResponse((answer) => answer.url().includes('/api/')), world.service.ask('POST', '/api/pass')]);
    await window.settled();
    assert.deepEqual(await page.evaluate(() => [...globalThis.touched]), []);
});

test('one of a thousand is found by search, filter and sort', async (world) => {
    const window = await openCrowd(world);
    const { page } = window;
    await awaitText(page.locator('#count'), /1,?000/);
    await page.locator('#search').fill('0999');
    await awaitValue('the last', () => names(page), ['member-0999']);
    await page.locator('#search').fill('');
    await page.locator('th button[data-sort="name"]').click();
    await eventually('the last first', async () => (await names(page))[0] === 'member-0999' || (await names(page))[0] === 'member-0000');
    await page.locator('#show').selectOption('failing');
    await awaitCount(page.locator('#rows > tr'), 0);
    await page.locator('#show').selectOption('all');
    await window.shots('crowd');
});

test('all of them are there for whoever scrolls', async (world) => {
    const { page } = await openCrowd(world);
    await eventually('the last row', async () => {
        await page.locator('#rows > tr').last().scrollIntoViewIfNeeded();
        return await page.locator('#rows > tr').count() === 1000;
    });
    assert.equal(new Set(await names(page)).size, 1000);
});

test('of the quarantined that are gone a hundred are named, and the others counted', async (world) => {
    await world.fakeEngine('population 3 healthy label=autoheal=true');
    const gone = Array.from({ length: 130 }, (_, i) => `gone-${i}`);
    await world.serve({ files: { 'quarantine.json': [...gone, 'member-0001'] } });
    const window = await world.open();
    const { page } = window;
    await awaitCount(page.locator('#gone > li'), 100);
    await awaitText(page.locator('#gone-more'), /^and 30 more/);
    await window.shots('crowd-gone');
    const release = page.locator('#gone [data-action="release"]').first();
    await release.click();
    await confirm(page);
    await awaitText(page.locator('#gone-more'), /^and 29 more/);
    await awaitCount(page.locator('#gone > li'), 100);
});

await runTests(fakeWorld);
