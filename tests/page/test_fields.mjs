// SPDX-License-Identifier: MIT
// What is wrong with what was typed stands at its field, whoever found out, and the first such field has the focus.
import assert from 'node:assert/strict';

import { action, awaitCount, awaitText, awaitValue, goTo, openPanel } from './support/hooks.mjs';
import { runTests, test } from './support/suite.mjs';
import { fakeWorld } from './support/world.mjs';

async function openPage(world) {
    await world.fakeEngine('container web health=healthy label=autoheal=true');
    await world.serve();
    return world.open();
}

// It is marked, described by the text beneath it, and has the focus if it is the first.
async function awaitWrong(input, pattern, isFirst = true) {
    await awaitValue(`${input} is marked`, () => input.getAttribute('aria-invalid'), 'true');
    const told = await input.evaluate((node) => node.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id)?.textContent).join(' '));
    assert.match(told, pattern);
    assert.equal(await input.evaluate((node) => node === document.activeElement), isFirst);
}

const awaitRight = (scope) => awaitCount(scope.locator('[aria-invalid]'), 0);

test('the windows: times here, scopes by serve', async (world) => {
    const window = await openPage(world);
    const { page } = window;
    await goTo(page, 'maintenance');
    const kept = () => world.service.read('config.json').maintenance?.windows ?? [];
    const form = page.locator('#windows');
    const input = (n, name) => form.locator(`[data-window="${n}"] [name="${name}"]`);
    for (let i = 0; i < 3; i++) await action(form, 'window-add').click();
    await input(1, 'from').fill('25:00');
    await input(1, 'to').fill('24:00');
    await input(2, 'to').fill('');
    await action(form, 'windows-save').click();
    await awaitWrong(input(1, 'from'), /00:00 to 23:59/);
    await awaitWrong(input(2, 'to'), /00:00 to 24:00/, false);
    assert.equal(await input(1, 'to').getAttribute('aria-invalid'), null);
    await window.shots('windows-wrong-time');
    assert.deepEqual(await window.audit(), []);
    await input(1, 'from').fill('23:00');
    await awaitCount(form.locator('[aria-invalid]'), 1); // what is mended is not complained about
    await input(2, 'to').fill('05:00');
    window.expects(/status of 422/);
    await input(1, 'scope').fill('label:');
    await input(2, 'scope').fill('project:');
    await action(form, 'windows-save').click();
    await awaitWrong(input(1, 'scope'), /project:NAME/);
    await awaitWrong(input(2, 'scope'), /project:NAME/, false);
    await awaitCount(page.locator('#notices .notice'), 0);
    assert.deepEqual(kept(), []);
    await window.shots('windows-wrong-scope');
    await action(form.locator('[data-window="1"]'), 'window-remove').click();
    await input(1, 'scope').fill('project:shop');
    await action(form, 'windows-save').click();
    await awaitValue('saved', () => kept().map(({ scope }) => scope ?? ''), ['', 'project:shop']);
    await awaitRight(form);
});

test('the windows: what has no field here is told', async (world) => {
    const window = await openPage(world);
    const { page } = window;
    await goTo(page, 'maintenance');
    window.expects(/status of 422/);
    await page.route('**/api/config', (route) => (route.request().method() === 'PUT' ? route.fulfill({ status: 422, json: { detail: [
        { loc: ['body', 'maintenance', 'windows', 0, 'scope'], msg: 'is not liked' }, { loc: ['body', 'maintenance', 'windows'], msg: 'are too many' }] } })
        : route.continue()));
    await action(page, 'window-add').click();
    await action(page, 'windows-save').click();
    await awaitText(page.locator('#notices .notice[data-kind="error"]'), /are too many/);
    await awaitWrong(page.locator('[data-window="0"] [name="scope"]'), /is not liked/);
});

test('a check: numbers, headers and command here, the rest by serve', async (world) => {
    const window = await openPage(world);
    const panel = await openPanel(window.page, 'web');
    const form = panel.locator('#check');
    const input = (name) => form.locator(`[name="${name}"]`);
    const kept = () => Object.values(world.service.read('config.json').custom_health_checks ?? {});
    const save = () => action(form, 'check-save').click();
    await input('http_endpoint').fill('http://127.0.0.1:9/');
    await input('http_expected_status').fill('3');
    await input('http_headers').fill('none');
    await input('retries').fill('');
    await save();
    await awaitWrong(input('http_expected_status'), /100 to 599/);
    await awaitWrong(input('http_headers'), /NAME: VALUE/, false);
    await awaitWrong(input('retries'), /1 to 1000/, false);
    await window.shots('check-wrong');
    assert.deepEqual(await window.audit(), []);
    await input('check_type').selectOption('exec'); // what it does not ask for is not looked at
    await input('exec_command').fill('["true"');
    await input('retries').fill('2');
    await save();
    await awaitWrong(input('exec_command'), /JSON|Expected/);
    window.expects(/status of 422/);
    await input('exec_command').fill('[]');
    await save();
    await awaitWrong(input('exec_command'), /must not be empty/);
    await input('check_type').selectOption('http');
    await input('http_endpoint').fill('nowhere');
    await input('http_expected_status').fill('200');
    await input('http_headers').fill('two words: x');
    await save();
    await awaitWrong(input('http_endpoint'), /http:\/\//);
    await awaitWrong(input('http_headers'), /no header/, false);
    await awaitCount(window.page.locator('#notices .notice'), 0);
    assert.deepEqual(kept(), []);
    await input('http_endpoint').fill('http://127.0.0.1:9/');
    await input('http_headers').fill('');
    await save();
    await awaitValue('saved', () => kept().map(({ check_type: type, retries }) => [type, retries]), [['http', 2]]);
    await awaitRight(form);
});

await runTests(fakeWorld);
