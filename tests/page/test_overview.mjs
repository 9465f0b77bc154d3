// SPDX-License-Identifier: MIT
// The first view: calm when all is well, one glance to the sick one, what was done and what happens next.
import assert from 'node:assert/strict';

import { eventually } from './support/await.mjs';
import { action, awaitCount, awaitNotice, awaitText, awaitValue, confirm, goTo, row } from './support/hooks.mjs';
import { runTests, test } from './support/suite.mjs';
import { realWorld } from './support/world.mjs';

const HELD = { config: { restart: { cooldown_seconds: 3600 } } };

async function patients(world, ...names) {
    await Promise.all(names.map((name) => world.engine.runPatient(name, '--label', 'autoheal=true')));
    for (const name of names) await world.engine.awaitHealth(name, 'healthy');
}

// Sick, and held by the cooldown of the restart before: what comes next is known, and an hour away.
async function sickAndHeld(world, name) {
    await world.service.ask('POST', `/api/containers/${name}/restart`);
    await world.engine.awaitHealth(name, 'healthy');
    await world.engine.sicken(name);
}

const count = (page, which) => page.locator(`[data-count="${which}"] .number`).first();

test('it is calm when all is well', async (world) => {
    await patients(world, 'web');
    await world.engine.runPlain('plain');
    await world.serve();
    const window = await world.open();
    const { page } = window;
    await page.locator('[data-headline][data-state="ok"]').waitFor();
    for (const [which, number] of [['total', '2'], ['monitored', '1'], ['failing', '0'], ['quarantined', '0']])
        await awaitText(count(page, which), new RegExp(`^${number}$`));
    await awaitCount(page.locator('#sick > li'), 0);
    await awaitText(page.locator('#engine'), /docker\.sock/);
    await page.locator('body[data-engine="connected"][data-connection="live"]').waitFor();
    await awaitText(page.locator('#monitored'), /^active, 1\/2 monitored$/);
    await window.shots('overview-calm');
    const session = await window.context.newCDPSession(page);
    const { errors, data } = await session.send('Page.getAppManifest');
    assert.deepEqual(errors, []);
    assert.equal(JSON.parse(data).short_name, 'autoheal');
});

test('a sick one is seen at once, with why, what comes next and when', async (world) => {
    await patients(world, 'web', 'sick');
    await world.serve(HELD);
    const window = await world.open();
    const { page } = window;
    await sickAndHeld(world, 'sick');
    const item = page.locator('#sick > li[data-container="sick"]');
    await item.waitFor();
    await awaitText(page.locator('#announce'), /sick: failing/);
    await page.locator('[data-headline][data-state="failing"]').waitFor();
    await awaitText(page.locator('[data-headline]'), /1|sick/);
    await awaitText(count(page, 'failing'), /^1$/);
    await awaitCount(page.locator('#sick > li'), 1);
    await awaitText(item, /probe/);
    const next = page.locator('#next > li[data-container="sick"] .countdown');
    await next.waitFor();
    const before = await next.innerText();
    await eventually('the countdown runs', async () => await next.innerText() !== before);
    await window.shots('overview-sick');
    await action(item, 'explain').click();
    await page.locator('#panel[data-container="sick"]').waitFor();
    await page.goBack();
    const started = await world.engine.startedAt('sick');
    await action(item, 'restart').click();
    await window.shots('overview-restart-asked');
    await confirm(page);
    await world.engine.awaitRestart('sick', started);
    await awaitCount(page.locator('#sick > li[data-container="sick"]'), 0);
    await page.locator('[data-headline][data-state="ok"]').waitFor();
});

test('quarantine and release from the first view', async (world) => {
    await patients(world, 'sick');
    await world.serve(HELD);
    const { page } = await world.open();
    await sickAndHeld(world, 'sick');
    const item = page.locator('#sick > li[data-container="sick"]');
    await action(item, 'quarantine').click();
    await awaitValue('quarantine.json', () => world.service.read('quarantine.json'), ['sick']);
    await awaitText(count(page, 'quarantined'), /^1$/);
    await page.locator('[data-headline][data-state="quarantined"]').waitFor();
    await awaitText(page.locator('[data-headline]'), /^1 quarantined$/);
    await awaitText(count(page, 'failing'), /^1$/); // as `status` counts
    await action(item, 'release').click();
    await confirm(page);
    await awaitValue('quarantine.json', () => world.service.read('quarantine.json'), []);
});

test('restarts and quarantines are drawn over the hours that are chosen', async (world) => {
    await patients(world, 'web');
    await world.serve({ config: { restart: { max_restarts: 1 } } });
    const window = await world.open();
    const { page } = window;
    const marks = (mark) => page.locator(`#timeline .lane[data-container="web"] [data-mark="${mark}"]`);
    await world.engine.sicken('web');
    await world.service.awaitEvent('restart', 'web');
    await awaitCount(marks('restart'), 1);
    await world.engine.awaitHealth('web', 'healthy');
    await world.engine.sicken('web');
    await world.service.awaitEvent('quarantine', 'web');
    await awaitCount(marks('quarantine'), 1);
    await awaitText(page.locator('#sick > li[data-container="web"]'), /next: held \(quarantined\)/); // by now, not at the next look
    await awaitText(page.locator('#recent li'), /quarantine/);
    await window.shots('overview-timeline');
    const hours = page.locator('#timeline-hours');
    for (const value of await hours.locator('option').evaluateAll((options) => options.map((option) => option.value))) {
        await hours.selectOption(value);
        await awaitCount(marks('restart'), 1);
    }
    await window.shots('overview-timeline-long');
    await page.setViewportSize({ width: 360, height: 780 });
    await eventually('no hour is written over another', () => page.locator('#timeline .axis text').evaluateAll((texts) => {
        const boxes = texts.map((text) => text.getBoundingClientRect()).filter(({ width }) => width > 0).sort((a, b) => a.left - b.left);
        return boxes.length > 0 && boxes.every((box, i) => i === 0 || boxes[i - 1].right < box.left);
    }));
    await page.setViewportSize({ width: 1280, height: 800 });
    await awaitCount(page.locator('#recent li[data-event="restart"]'), 1);
});

test('one that is quarantined and gone is released', async (world) => {
    await patients(world, 'web');
    await world.serve();
    const window = await world.open();
    const { page } = window;
    await world.service.ask('POST', '/api/containers/web/quarantine');
    await world.engine.docker('rm', '-f', 'web');
    const gone = page.locator('#gone > li[data-container="web"]');
    await gone.waitFor();
    await window.shots('overview-gone');
    await action(gone, 'release').click();
    await confirm(page);
    await awaitValue('quarantine.json', () => world.service.read('quarantine.json'), []);
    await awaitCount(gone, 0);
});

test('maintenance is switched on and off, and its clock runs', async (world) => {
    await patients(world, 'web');
    await world.serve();
    const window = await world.open();
    const { page } = window;
    await action(page, 'maintenance-on').click();
    if (await page.locator('.confirm').count() > 0) await confirm(page);
    await awaitValue('maintenance.json', () => world.service.read('maintenance.json').enabled, true);
    const alert = page.locator('#alerts .alert[data-alert="maintenance"]');
    await alert.waitFor();
    const before = await page.locator('#main').innerText() + await alert.innerText();
    await eventually('the clock runs', async () => await page.locator('#main').innerText() + await alert.innerText() !== before);
    await window.shots('overview-maintenance');
    const started = await world.engine.startedAt('web');
    await world.engine.sicken('web');
    await world.engine.awaitHealth('web', 'unhealthy');
    await page.locator('#sick > li[data-container="web"]').waitFor();
    await awaitText(page.locator('#sick > li[data-container="web"]'), /maintenance/);
    assert.equal(await world.engine.startedAt('web'), started);
    await action(page.locator('#main'), 'maintenance-off').first().click();
    await awaitValue('maintenance.json', () => world.service.read('maintenance.json').enabled, false);
    await world.engine.awaitRestart('web', started);
    await awaitCount(alert, 0);
});

test('nothing is healed while the engine is away, and every view says so', async (world) => {
    await patients(world, 'web');
    await world.serve();
    const window = await world.open();
    const { page } = window;
    window.expects(/status of 50\d/);
    await awaitText(page.locator('#monitored'), /^active, 1\/1 monitored$/);
    await world.engine.crash();
    await awaitText(page.locator('#monitored'), /^inactive, /);
    await goTo(page, 'containers');
    await action(row(page, 'web'), 'restart').click();
    await confirm(page);
    await awaitNotice(page, 'error', /^Restarting web: Cannot connect to the Docker daemon/);
    await world.engine.startAgain();
    await awaitText(page.locator('#monitored'), /^active, /);
});

await runTests(realWorld);
