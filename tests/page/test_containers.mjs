// SPDX-License-Identifier: MIT
// The list of containers and what can be done to them, each with its effect in the engine and in the data directory.
import assert from 'node:assert/strict';

import { eventually } from './support/await.mjs';
import { action, awaitCount, awaitNotice, awaitText, awaitValue, cell, confirm, goTo, names, row, undo } from './support/hooks.mjs';
import { runTests, test } from './support/suite.mjs';
import { realWorld } from './support/world.mjs';

// A monitored one, one that nobody opted in, and one that is down because somebody stopped it.
async function threeContainers(world) {
    await Promise.all([
        world.engine.runPatient('web', '--label', 'autoheal=true', '--label', 'tier=front'),
        world.engine.runPlain('plain'),
        world.engine.runPlain('stopped', '--label', 'autoheal=true'),
    ]);
    await world.engine.docker('stop', 'stopped');
    await world.engine.awaitHealth('web', 'healthy');
}

async function openList(world, options) {
    await threeContainers(world);
    await world.serve(options);
    const window = await world.open();
    await goTo(window.page, 'containers');
    await row(window.page, 'web').waitFor();
    return window;
}

test('search, filter and sort show what was asked for, and the address remembers it', async (world) => {
    const window = await openList(world);
    const { page } = window;
    await awaitCount(page.locator('#rows > tr'), 3);
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'search');
    await page.keyboard.type('we');
    await awaitValue('only web', () => names(page), ['web']);
    await awaitText(page.locator('#count'), /1 of 3/);
    await window.shots('containers-search');
    assert.match(page.url(), /q=we/);
    await action(row(page, 'web'), 'explain').click();
    await page.locator('#panel').waitFor();
    await page.reload();
    await awaitValue('beside the panel, too', () => names(page), ['web']);
    assert.equal(await row(page, 'web').getAttribute('aria-current'), 'true');
    await action(page.locator('#panel'), 'close').click();
    await awaitCount(page.locator('#panel'), 0);
    assert.match(page.url(), /containers\?q=we$/);
    await page.reload();
    await awaitValue('web again', () => names(page), ['web']);
    assert.equal(await page.locator('#search').inputValue(), 'we');
    await page.goto(`${world.service.url}/#/containers?q=pla&sort=name&dir=desc`); // a link that was kept, while the view is shown
    await awaitValue('what the link asks for', () => names(page), ['plain']);
    assert.equal(await page.locator('#search').inputValue(), 'pla');
    assert.match(page.url(), /containers\?q=pla&sort=name&dir=desc$/);
    await page.goto(`${world.service.url}/#/containers?sort=verdict`);
    await awaitCount(page.locator('#rows > tr'), 3);
    await page.locator('#search').fill('');
    await page.locator('#show').selectOption('unmonitored');
    await awaitValue('only plain', () => names(page), ['plain']);
    await page.locator('#show').selectOption('monitored');
    await awaitCount(page.locator('#rows > tr'), 2);
    for (const none of ['failing', 'quarantined']) {
        await page.locator('#show').selectOption(none);
        await awaitCount(page.locator('#rows > tr'), 0);
    }
    await window.shots('containers-none');
    await page.locator('#show').selectOption('due');
    await page.locator('#show').selectOption('all');
    await awaitCount(page.locator('#rows > tr'), 3);
    const sort = (key) => page.locator(`th button[data-sort="${key}"]`);
    for (const key of ['image', 'engine', 'verdict', 'monitored', 'restarts', 'quarantined', 'next', 'name']) {
        await sort(key).click();
        await page.locator(`th[aria-sort]:not([aria-sort="none"]) button[data-sort="${key}"]`).waitFor();
        assert.equal((await names(page)).length, 3);
    }
    const once = await names(page);
    await sort('name').click();
    await awaitValue('the other way round', () => names(page), [...once].reverse());
    assert.deepEqual([...once].sort(), ['plain', 'stopped', 'web']);
    await window.shots('containers-sorted');
});

test('each has its id, and what the engine says of it', async (world) => {
    const window = await openList(world);
    const { page } = window;
    const told = async (name) => [await cell(page, name, 'engine').locator('bdi').innerText(), await cell(page, name, 'engine').locator('[data-health]').textContent()];
    await awaitValue('web', () => told('web'), ['running', 'healthy']);
    await awaitValue('plain', () => told('plain'), ['running', 'health: none']);
    await awaitValue('stopped', () => told('stopped'), ['exited', '']);
    assert.equal(await cell(page, 'web', 'name').locator('.id').innerText(), (await world.engine.inspect('web')).Id.slice(0, 12));
    await page.locator('th button[data-sort="engine"]').click();
    await awaitValue('the worst first', () => names(page), ['stopped', 'plain', 'web']);
    await world.engine.docker('pause', 'plain');
    await awaitValue('paused', () => told('plain'), ['paused', '']);
    await awaitValue('above it', () => names(page), ['plain', 'stopped', 'web']);
    await window.shots('containers-engine');
    await world.engine.docker('unpause', 'plain');
    await awaitValue('running', () => told('plain'), ['running', 'health: none']);
    for (const width of [360, 640, 800, 961, 1100, 1281, 1440, 1601, 1920, 3840]) {
        await page.setViewportSize({ width, height: 800 });
        const spilt = await page.locator('#rows td').evaluateAll((cells) => cells.filter((td) => td.scrollWidth > td.clientWidth + 1).map((td) => td.dataset.cell));
        assert.deepEqual([...new Set(spilt)], [], `at ${width}`);
    }
});

test('restart asks first, and restarts the container', async (world) => {
    const window = await openList(world);
    const { page } = window;
    const before = await world.engine.startedAt('web');
    await action(row(page, 'web'), 'restart').click();
    await page.locator('.confirm [data-confirm="yes"]').waitFor();
    assert.match(await page.locator(':focus').innerText(), /restart web/i);
    await window.shots('containers-restart-asked');
    await page.keyboard.press('Escape');
    await awaitCount(page.locator('.confirm'), 0);
    await action(row(page, 'web'), 'restart').click();
    await page.locator('.confirm [data-confirm="no"]').click();
    await awaitCount(page.locator('.confirm'), 0);
    await action(row(page, 'web'), 'restart').dblclick(); // the second click is no answer
    assert.equal(await page.locator('.confirm').count(), 1);
    await page.keyboard.press('Escape');
    assert.equal(await world.engine.startedAt('web'), before);
    await action(row(page, 'web'), 'restart').click();
    await page.keyboard.press('Enter');
    await world.engine.awaitRestart('web', before);
    await awaitNotice(page, 'done', /web/);
    await world.service.awaitEvent('restart', 'web');
    await window.shots('containers-restarted');
});

test('quarantine and release, with undo', async (world) => {
    const window = await openList(world);
    const { page } = window;
    const quarantined = () => (world.service.has('quarantine.json') ? world.service.read('quarantine.json') : []);
    await action(row(page, 'web'), 'quarantine').click();
    await awaitValue('web in quarantine.json', quarantined, ['web']);
    await awaitNotice(page, 'done', /web/);
    await action(row(page, 'web'), 'release').waitFor();
    await window.shots('containers-quarantined');
    assert.equal(world.service.read('containers.json').web.quarantined_by, 'person');
    await page.locator('#show').selectOption('quarantined');
    await awaitValue('only web', () => names(page), ['web']);
    await page.locator('#show').selectOption('all');
    await undo(page, /quarantine/);
    await awaitValue('undone', quarantined, []);
    await action(row(page, 'web'), 'quarantine').click();
    await awaitValue('web in quarantine.json', quarantined, ['web']);
    await action(row(page, 'web'), 'release').click();
    await confirm(page);
    await awaitValue('released', quarantined, []);
    await action(row(page, 'web'), 'quarantine').waitFor();
    await world.service.awaitEvent('unquarantine', 'web', 2);
    await window.shots('containers-released');
});

test('what is done to a selection is done to each of it', async (world) => {
    const window = await openList(world);
    const { page } = window;
    const containers = () => world.service.read('config.json').containers ?? {};
    const sorted = (list) => [...(list ?? [])].sort();
    const pick = (name) => cell(page, name, 'select').locator('[data-action="select"]');
    await pick('web').check();
    await pick('plain').check();
    await awaitText(page.locator('#selection'), /2/);
    await window.shots('containers-selection');
    await action(page, 'select-none').click();
    await page.locator('#select-all').check();
    await awaitText(page.locator('#selection'), /3 selected/);
    await awaitCount(page.locator('#rows input[data-action="select"]:checked'), 3);
    await pick('stopped').uncheck();
    await awaitText(page.locator('#selection'), /2 selected/);
    await action(page, 'monitor-selected').click();
    await awaitValue('both selected', () => sorted(containers().selected), ['plain', 'web']);
    await awaitText(cell(page, 'plain', 'monitored'), /yes/i);
    await page.locator('#select-all').check();
    await awaitText(page.locator('#selection'), /3/);
    await action(page, 'ignore-selected').click();
    await awaitValue('all excluded', () => [sorted(containers().excluded), sorted(containers().selected)], [['plain', 'stopped', 'web'], []]);
    await awaitText(cell(page, 'web', 'monitored'), /no/i);
    await window.shots('containers-ignored');
    await page.locator('#select-all').check();
    await action(page, 'quarantine-selected').click();
    await awaitValue('all quarantined', () => sorted(world.service.read('quarantine.json')), ['plain', 'stopped', 'web']);
    await page.locator('#select-all').check();
    await action(page, 'release-selected').click();
    await confirm(page);
    await awaitValue('all released', () => world.service.read('quarantine.json'), []);
    await page.locator('#select-all').check();
    await page.locator('#select-all').uncheck();
    await awaitCount(page.locator('#rows input[data-action="select"]:checked'), 0);
    await pick('web').check();
    await action(page, 'select-none').click();
    await awaitCount(page.locator('#rows input[data-action="select"]:checked'), 0);
    await pick('web').check();
    await action(page, 'maintenance-selected').click();
    await action(page.locator('#begin'), 'maintenance-begin').click();
    await eventually('web in maintenance.json', () => JSON.stringify(world.service.read('maintenance.json').scopes ?? []).includes('"web"'));
    await window.shots('containers-maintenance');
});

test('undo takes back one choice, and leaves those about others', async (world) => {
    const { page } = await openList(world);
    const lists = () => {
        const { selected = [], excluded = [] } = world.service.read('config.json').containers ?? {};
        return [selected, excluded];
    };
    const choose = async (name, what) => {
        await cell(page, name, 'select').locator('[data-action="select"]').check();
        await action(page, `${what}-selected`).click();
        await awaitNotice(page, 'done', new RegExp(`^${name} `));
        await action(page, 'select-none').click();
    };
    await choose('plain', 'monitor');
    await choose('web', 'ignore');
    await awaitValue('both', lists, [['plain'], ['web']]);
    await undo(page, /plain monitored/);
    await awaitValue('the other stays', lists, [[], ['web']]);
    await undo(page, /web ignored/);
    await awaitValue('as at first', lists, [[], []]);
});

test('what the question names is released, whatever is ticked meanwhile', async (world) => {
    const { page } = await openList(world);
    const quarantined = () => [...world.service.read('quarantine.json')].sort();
    const pick = (name) => cell(page, name, 'select').locator('[data-action="select"]');
    for (const name of ['web', 'plain']) await pick(name).check();
    await action(page, 'quarantine-selected').click();
    await awaitValue('both', quarantined, ['plain', 'web']);
    await pick('plain').uncheck();
    await action(page, 'release-selected').click();
    await awaitText(page.locator('.confirm [data-confirm="yes"]'), /Release 1 container/);
    await pick('plain').check();
    await confirm(page);
    await awaitNotice(page, 'done', /1 container released/);
    await awaitValue('the other is left', quarantined, ['plain']);
});

test('"look again" asks again', async (world) => {
    const { page } = await openList(world);
    const asked = page.waitForResponse((answer) => answer.url().includes('/api/containers'));
    await action(page, 'refresh').click();
    assert.ok((await asked).status() < 400);
});

test('a container appears, changes and goes while one looks', async (world) => {
    const window = await openList(world, { config: { restart: { cooldown_seconds: 3600 } } });
    const { page } = window;
    await world.engine.runPatient('late', '--label', 'autoheal=true');
    await row(page, 'late').waitFor();
    await world.engine.docker('pause', 'plain');
    await awaitText(row(page, 'plain'), /paused/i);
    await world.engine.docker('rm', '-f', 'late');
    await awaitCount(row(page, 'late'), 0);
    await world.engine.docker('unpause', 'plain');
    await window.shots('containers-live');
});

await runTests(realWorld);
