// SPDX-License-Identifier: MIT
// What is typed is judged as a whole before it is saved, by the server alone, and nothing is changed by that.
import assert from 'node:assert/strict';

import { action, awaitCount, awaitText, goTo } from './support/hooks.mjs';
import { runTests, test } from './support/suite.mjs';
import { fakeWorld } from './support/world.mjs';

const FINE = { restart: { cooldown_seconds: 60, max_restarts: 3, max_restarts_window_seconds: 600 } };
const input = (page, path) => page.locator(`.setting[data-path="${path}"] [data-input]`).first();
const verdicts = (page) => page.locator('fieldset[data-section="restart"] .verdicts li');

async function openConfiguration(world, options) {
    await world.fakeEngine('container web health=healthy label=autoheal=true');
    await world.serve({ config: FINE });
    const window = await world.open(options);
    await goTo(window.page, 'configuration');
    await input(window.page, 'restart.cooldown_seconds').waitFor();
    return window;
}

test('settings that are each fine and together are not', async (world) => {
    const window = await openConfiguration(world);
    const { page } = window;
    const before = world.service.read('config.json');
    await input(page, 'restart.cooldown_seconds').fill('400');
    await awaitText(verdicts(page), /3 restarts take at least \d+ s .* longer than restart\.max_restarts_window_seconds \(600\)/);
    await window.shots('configuration-judged');
    assert.deepEqual(await window.audit(), []);
    await input(page, 'restart.max_restarts_window_seconds').fill('4000');
    await awaitCount(verdicts(page), 0);
    await input(page, 'restart.mode').selectOption('on-failure');
    await awaitText(verdicts(page), /unhealthy containers are not healed/);
    await input(page, 'restart.cooldown_seconds').fill('4000');
    await awaitCount(verdicts(page), 2);
    await input(page, 'restart.cooldown_seconds').fill('-1'); // that its own field tells
    await awaitCount(verdicts(page), 0);
    await action(page.locator('fieldset[data-section="restart"]'), 'section-discard').click();
    await awaitCount(verdicts(page), 0);
    assert.deepEqual(world.service.read('config.json'), before);
    assert.equal(world.service.events('config').length, 0);
});

test('a warning keeps nobody from saving', async (world) => {
    const { page } = await openConfiguration(world);
    await input(page, 'restart.cooldown_seconds').fill('400');
    await awaitCount(verdicts(page), 1);
    await action(page.locator('fieldset[data-section="restart"]'), 'section-save').click();
    await awaitText(page.locator('#notices .notice[data-kind="warning"]'), /3 restarts take at least/);
    assert.equal(world.service.read('config.json').restart.cooldown_seconds, 400);
});

test('nobody is asked for the token while typing', async (world) => {
    const { page } = await openConfiguration(world, { token: null });
    const asked = [];
    page.on('request', (one) => asked.push(one.url()));
    await input(page, 'restart.cooldown_seconds').fill('400');
    const next = page.waitForResponse((answer) => answer.url().includes('/api/status')); // a look comes after the pause of the judge
    await next;
    assert.equal(await page.locator('#token-prompt').isVisible(), false);
    assert.deepEqual(asked.filter((url) => url.includes('validate')), []);
});

test('what is doubtful in the configuration in force is told until it is mended', async (world) => {
    await world.fakeEngine('container web health=healthy label=autoheal=true');
    await world.serve({ config: { restart: { cooldown_seconds: 400, max_restarts: 3, max_restarts_window_seconds: 600 } } });
    const window = await world.open();
    const { page } = window;
    await goTo(page, 'configuration');
    const told = page.locator('#settings-warnings li');
    await awaitText(told, /^Warning: restart\..*3 restarts take at least \d+ s .* longer than restart\.max_restarts_window_seconds \(600\)/);
    await window.shots('configuration-doubtful');
    assert.deepEqual(await window.audit(), []);
    await input(page, 'restart.max_restarts_window_seconds').fill('4000');
    await action(page.locator('fieldset[data-section="restart"]'), 'section-save').click();
    await awaitCount(told, 0);
});

await runTests(fakeWorld);
