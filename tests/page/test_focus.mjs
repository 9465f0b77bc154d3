// SPDX-License-Identifier: MIT
// What has the focus may go at any time: whoever works by keyboard is then at a place that makes sense, and never at the top of the page.
import assert from 'node:assert/strict';

import { action, awaitCount, awaitValue, confirm, goTo, names, openPanel, row } from './support/hooks.mjs';
import { runTests, test } from './support/suite.mjs';
import { fakeWorld } from './support/world.mjs';

const SCRIPT = ['a', 'b', 'c'].map((name) => `container ${name} health=healthy label=autoheal=true`).join('\n');

async function openView(world, view, config) {
    await world.fakeEngine(SCRIPT);
    await world.serve({ config });
    const { page } = await world.open();
    await goTo(page, view);
    return page;
}

// "a in b": what has the focus, and of whom.
const focus = (page) => page.evaluate(() => {
    const node = document.activeElement;
    const whose = node.closest('[data-container], [data-service], [data-scope]')?.dataset ?? {};
    const what = node.dataset.action ?? (node.id || node.tagName.toLowerCase());
    return [what, whose.container ?? whose.service ?? whose.scope].filter(Boolean).join(' of ');
});

const awaitFocus = (page, wanted) => awaitValue(`the focus is on ${wanted}`, () => focus(page), wanted);

async function remove(world, name) {
    await world.fake.script(`remove ${name}`);
    await world.service.ask('POST', '/api/pass');
}

test('a row that goes gives the focus to the one in its place', async (world) => {
    const page = await openView(world, 'containers');
    await awaitValue('all', () => names(page), ['a', 'b', 'c']);
    await action(row(page, 'b'), 'quarantine').focus();
    await remove(world, 'b');
    await awaitCount(row(page, 'b'), 0);
    await awaitFocus(page, 'select of c');
    await remove(world, 'c');
    await awaitCount(row(page, 'c'), 0);
    await awaitFocus(page, 'select of a');
    await remove(world, 'a');
    await awaitCount(row(page, 'a'), 0);
    await awaitFocus(page, 'h1');
});

test('a button that becomes another one keeps it', async (world) => {
    const page = await openView(world, 'containers');
    await action(row(page, 'a'), 'quarantine').focus();
    await page.keyboard.press('Enter');
    await awaitFocus(page, 'release of a');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await awaitFocus(page, 'quarantine of a');
    await openPanel(page, 'a');
    const panel = page.locator('#panel');
    await action(panel, 'quarantine').focus();
    await page.keyboard.press('Enter');
    await awaitFocus(page, 'release of a');
    await goTo(page, 'overview');
    await action(page, 'maintenance-on').focus();
    await page.keyboard.press('Enter');
    await awaitFocus(page, 'maintenance-off');
    await page.keyboard.press('Enter');
    await awaitFocus(page, 'maintenance-on');
});

test('the selection leaves it to what selects', async (world) => {
    const page = await openView(world, 'containers');
    await row(page, 'c').waitFor();
    await page.locator('#select-all').check();
    await action(page, 'select-none').focus();
    await page.keyboard.press('Enter');
    await awaitFocus(page, 'select-all');
});

test('on the overview who is released leaves it to the next', async (world) => {
    const page = await openView(world, 'overview');
    for (const name of ['a', 'b']) await world.service.ask('POST', `/api/containers/${name}/quarantine`);
    await awaitCount(page.locator('#sick > li'), 2);
    for (const [name, next] of [['a', 'explain of b'], ['b', 'h1']]) {
        await action(page.locator(`#sick > li[data-container="${name}"]`), 'release').focus();
        await page.keyboard.press('Enter');
        await page.keyboard.press('Enter');
        await awaitCount(page.locator(`#sick > li[data-container="${name}"]`), 0);
        await awaitFocus(page, next === 'explain of b' ? 'a of b' : next);
    }
    await world.service.ask('POST', '/api/containers/c/quarantine');
    await remove(world, 'c');
    await action(page.locator('#gone'), 'release').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await awaitCount(page.locator('#gone > li'), 0);
    await awaitFocus(page, 'h1');
});

test('a history that is cleared, a check, a scope and a service that are taken away', async (world) => {
    const page = await openView(world, 'events', {
        custom_health_checks: {
            a: { container_id: 'a', check_type: 'http', http_endpoint: 'http://127.0.0.1:9/', interval_seconds: 3600 },
            b: { container_id: 'b', check_type: 'http', http_endpoint: 'http://127.0.0.1:9/', interval_seconds: 3600 },
        },
        notifications: { services: [{ name: 'ops', type: 'webhook', url: 'http://127.0.0.1:9/' }] },
    });
    await action(page, 'events-clear').click();
    await confirm(page);
    await awaitCount(page.locator('#events > li'), 0);
    await awaitFocus(page, 'h1');
    await goTo(page, 'checks');
    await action(page.locator('#checks tr[data-container="a"]'), 'check-remove').click();
    await confirm(page);
    await awaitCount(page.locator('#checks tr[data-container]'), 1);
    await awaitFocus(page, 'a of b');
    await goTo(page, 'maintenance');
    await world.service.ask('POST', '/api/maintenance/enable', { scopes: ['a', 'b'] });
    for (const [scope, next] of [['a', 'h1'], ['b', 'h1']]) {
        const item = page.locator(`#scopes > li[data-scope="${scope}"]`);
        await item.locator('button').last().focus();
        await page.keyboard.press('Enter');
        if (await page.locator('.confirm').count() > 0) await page.keyboard.press('Enter');
        await awaitCount(item, 0);
        await awaitFocus(page, next);
    }
    await goTo(page, 'notifications');
    await action(page, 'service-delete').click();
    await confirm(page);
    await awaitCount(page.locator('#services tr[data-service]'), 0);
    assert.notEqual(await focus(page), 'body');
});

test('a dry run that is made again leaves it where it was', async (world) => {
    const page = await openView(world, 'plan');
    await page.locator('#plan-all').check();
    const link = page.locator('#plan tr[data-container="b"] a');
    await link.focus();
    const old = await link.elementHandle();
    await page.evaluate(() => document.querySelector('[data-action="plan"]').click()); // the focus stays
    await awaitValue('drawn anew', () => old.evaluate((node) => node.isConnected), false);
    await awaitFocus(page, 'a of b');
});

await runTests(fakeWorld);
