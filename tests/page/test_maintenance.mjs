// SPDX-License-Identifier: MIT
// Maintenance of all or of some, for a while or until it is ended, and the weekly windows.
import assert from 'node:assert/strict';

import { action, awaitCount, awaitProblem, awaitText, awaitValue, confirm, goTo, undo } from './support/hooks.mjs';
import { runTests, test } from './support/suite.mjs';
import { realWorld } from './support/world.mjs';

async function openMaintenance(world, config = {}) {
    await world.engine.runPatient('web', '--label', 'autoheal=true', '--label', 'tier=db');
    await world.engine.awaitHealth('web', 'healthy');
    await world.serve({ config });
    const window = await world.open();
    await goTo(window.page, 'maintenance');
    await window.page.locator('#begin').waitFor();
    return window;
}

const state = (world) => world.service.read('maintenance.json');
const scopes = (world) => (state(world).scopes ?? []).map(({ kind, value }) => `${kind}:${value}`);
test('everything, with a reason, for two hours; then it is ended', async (world) => {
    const window = await openMaintenance(world);
    const { page } = window;
    const form = page.locator('#begin');
    await form.locator('[name="reason"]').fill('new disks');
    await form.locator('[name="for"]').selectOption({ label: '2 hours' });
    await action(form, 'maintenance-begin').click();
    await awaitValue('enabled', () => state(world).enabled, true);
    assert.equal(state(world).reason, 'new disks');
    const left = Date.parse(state(world).until) - Date.parse(state(world).start_time);
    assert.ok(left > 7190_000 && left < 7210_000, `${left}`);
    await awaitText(page.locator('#maintenance-state'), /new disks/);
    await window.shots('maintenance-all');
    await action(page.locator('#maintenance-state'), 'maintenance-off').click();
    await awaitValue('ended', () => state(world).enabled, false);
    await undo(page, /disabled/);
    await awaitValue('on again', () => [state(world).enabled, state(world).reason], [true, 'new disks']);
});

test('scopes: a container, a project, a label; until a time; each is ended alone', async (world) => {
    const window = await openMaintenance(world);
    const { page } = window;
    const form = page.locator('#begin');
    for (const scope of ['web', 'project:shop', 'label:tier=db']) {
        await form.locator('[name="scope"]').fill(scope);
        await action(form, 'maintenance-begin').click();
        await page.locator(`#scopes > li[data-scope="${scope}"]`).waitFor();
    }
    await awaitValue('all three', () => scopes(world), ['container:web', 'project:shop', 'label:tier=db']);
    assert.equal(state(world).enabled ?? false, false);
    await window.shots('maintenance-scopes');
    await action(page.locator('#scopes > li[data-scope="project:shop"]'), 'maintenance-end').click();
    await awaitValue('two are left', () => scopes(world), ['container:web', 'label:tier=db']);
    await form.locator('[name="for"]').selectOption('until');
    await form.locator('[name="scope"]').fill('project:late');
    await form.locator('[name="until"]').fill('2030-01-31T12:00');
    await action(form, 'maintenance-begin').click();
    await page.locator('#scopes > li[data-scope="project:late"]').waitFor();
    assert.match(state(world).scopes.find(({ value }) => value === 'late').until, /^2030-01-31T12:00/);
    await action(page, 'maintenance-end-all').click();
    await confirm(page);
    await awaitValue('none is left', () => scopes(world), []);
    await awaitCount(page.locator('#scopes > li'), 0);
});

test('undo of what was on already leaves it on, as it was', async (world) => {
    const { page } = await openMaintenance(world);
    const form = page.locator('#begin');
    const begin = async (scope, reason) => {
        await form.locator('[name="scope"]').fill(scope);
        await form.locator('[name="reason"]').fill(reason);
        await action(form, 'maintenance-begin').click();
        await awaitText(page.locator('#maintenance-state, #scopes'), new RegExp(reason));
        await awaitValue('the form is empty', () => form.locator('[name="reason"]').inputValue(), '');
    };
    const reasons = () => (state(world).scopes ?? []).map(({ value, reason }) => `${value}: ${reason}`);
    await begin('web', 'disks');
    await begin('web, project:shop', 'power');
    await awaitValue('both', reasons, ['web: power', 'shop: power']);
    await undo(page, /web, project:shop enabled/);
    await awaitValue('the first as it was', reasons, ['web: disks']);
    await begin('', 'all of it');
    await begin('', 'once more');
    await undo(page, /mode enabled/);
    await awaitValue('on as before', () => [state(world).enabled, state(world).reason], [true, 'all of it']);
});

test('what is misspelt begins nothing', async (world) => {
    const window = await openMaintenance(world);
    const { page } = window;
    window.expects(/status of 4(04|22)/);
    const form = page.locator('#begin');
    const scope = form.locator('[name="scope"]');
    for (const [text, problem] of [['label:', /names no label/], ['web, nobody', /No such container: nobody/]]) {
        await scope.fill(text);
        assert.equal(await scope.getAttribute('aria-invalid'), null);
        await action(form, 'maintenance-begin').click();
        await awaitProblem(page, scope, problem);
        assert.equal(await page.evaluate(() => document.activeElement.name), 'scope');
        await window.shots(`maintenance-wrong-${text.slice(0, 3)}`);
    }
    await scope.fill('');
    const ends = form.locator('[name="until"]');
    await form.locator('[name="for"]').selectOption('until');
    await action(form, 'maintenance-begin').click();
    await awaitProblem(page, ends, /when it ends/);
    await ends.fill('2020-01-31T12:00');
    await action(form, 'maintenance-begin').click();
    await awaitProblem(page, ends, /in the future/);
    await awaitCount(page.locator('#notices .notice'), 0);
    assert.deepEqual([state(world).enabled ?? false, scopes(world)], [false, []]);
});

test('weekly windows: added, changed, discarded, removed', async (world) => {
    const window = await openMaintenance(world, { maintenance: { windows: [{ days: ['sun'], from: '02:00', to: '04:00', scope: 'project:shop' }] } });
    const { page } = window;
    const form = page.locator('#windows');
    const kept = () => world.service.read('config.json').maintenance?.windows ?? [];
    const one = (n) => form.locator(`[data-window="${n}"]`);
    await awaitCount(form.locator('[data-window]'), 1);
    assert.equal(await one(0).locator('[name="from"]').inputValue(), '02:00');
    assert.ok(await one(0).locator('[name="day"][value="sun"]').isChecked());
    assert.equal(await action(page, 'windows-save').isVisible(), false);
    await action(page, 'window-add').click();
    await awaitCount(form.locator('[data-window]'), 2);
    for (const day of ['mon', 'thu']) await one(1).locator(`[name="day"][value="${day}"]`).check();
    for (const day of ['tue', 'wed', 'fri', 'sat', 'sun']) await one(1).locator(`[name="day"][value="${day}"]`).uncheck();
    await one(1).locator('[name="from"]').fill('23:30');
    await one(1).locator('[name="to"]').fill('00:30');
    await one(1).locator('[name="timezone"]').selectOption('utc');
    await one(1).locator('[name="scope"]').fill('label:tier=db');
    await window.shots('maintenance-windows');
    await action(page, 'windows-save').click();
    await awaitValue('two windows', () => kept()[1], { days: ['mon', 'thu'], from: '23:30', to: '00:30', timezone: 'utc', scope: 'label:tier=db' });
    assert.equal(kept()[0].scope, 'project:shop');
    await awaitText(page.locator('#next-window'), /^The next weekly window, of (project:shop|label:tier=db), begins in \S+ \(\d{4}-.*\)$/);
    await one(0).locator('[name="to"]').fill('05:00');
    await action(page, 'windows-discard').click();
    await awaitValue('discarded', () => one(0).locator('[name="to"]').inputValue(), '04:00');
    await action(one(0), 'window-remove').click();
    await action(page, 'windows-save').click();
    await awaitValue('one is left', () => kept().map(({ from }) => from), ['23:30']);
    await awaitCount(page.locator('#windows[data-dirty]'), 0);
    await one(0).locator('[name="to"]').fill('01:00');
    await undo(page, /windows are saved/);
    await awaitValue('both again', () => kept().map(({ from }) => from), ['02:00', '23:30']);
    await awaitText(page.locator('#notices'), /as they were/);
    assert.equal(await one(0).locator('[name="to"]').inputValue(), '01:00'); // what was typed stays
    await action(page, 'windows-discard').click();
    await awaitCount(form.locator('[data-window]'), 2);
});

test('a weekly window of everything that is open says so on every view', async (world) => {
    const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
    const window = await openMaintenance(world, { maintenance: { windows: [{ days, from: '00:00', to: '00:00', timezone: 'utc' }] } });
    const { page } = window;
    await awaitText(page.locator('[data-alert="maintenance"]'), /^Maintenance of all containers: nothing is restarted\. \d\d:\d\d:\d\d Weekly window\. Look$/);
    await awaitText(page.locator('#maintenance-state'), /^Of all containers, in a weekly window:$/);
    await awaitCount(page.locator('#open-windows > li'), 1);
    await goTo(page, 'overview');
    await awaitText(page.locator('.maintenance a'), /^In a weekly window/);
    await page.locator('[data-alert="maintenance"]').waitFor();
    await window.shots('maintenance-weekly-all');
});

await runTests(realWorld);
