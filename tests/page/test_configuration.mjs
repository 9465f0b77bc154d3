// SPDX-License-Identifier: MIT
// Every setting is changed by its own control; what is wrong is said; export and import.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { eventually } from './support/await.mjs';
import { action, awaitCount, awaitText, awaitValue, goTo } from './support/hooks.mjs';
import { runTests, test } from './support/suite.mjs';
import { realWorld } from './support/world.mjs';

const setting = (page, path) => page.locator(`.setting[data-path="${path}"]`);
const input = (page, path) => setting(page, path).locator('[data-input]').first();
const section = (page, name) => page.locator(`fieldset[data-section="${name}"]`);
const kept = (world, path) => path.split('.').reduce((object, key) => object?.[key], world.service.read('config.json'));

async function openConfiguration(world, options) {
    await world.engine.runPatient('web', '--label', 'autoheal=true', '--label', 'autoheal.cooldown=90s');
    await world.serve(options);
    const window = await world.open();
    await goTo(window.page, 'configuration');
    await setting(window.page, 'monitor.interval_seconds').waitFor();
    return window;
}

// Something that is allowed and not what it is now: what is put into the control, and what config.json has then.
const SPECIAL = {
    'restart.release_seconds': ['700', 700],
    'restart.stop_timeout_seconds': ['25', 25],
    'restart.backoff.multiplier': ['3.5', 3.5],
    'containers.restart_counts': ['{"web": 4}', { web: 4 }],
    'filters.whitelist_labels': ['[{"tier": "front"}]', [{ tier: 'front' }]],
    'filters.blacklist_labels': ['[{"tier": "back"}]', [{ tier: 'back' }]],
    'ui.cors_origins': ['https://dash.example', ['https://dash.example']],
    'alerts.webhook': ['http://127.0.0.1:9/alert', 'http://127.0.0.1:9/alert'],
    'notifications.event_filters': ['restart\nquarantine', ['restart', 'quarantine']],
    'monitor.label_key': ['heal', 'heal'],
    'monitor.label_value': ['yes', 'yes'],
    'observability.log_max_bytes': ['20000000', 20000000],
};

function otherValue({ path, type, value, range }) {
    if (SPECIAL[path]) return SPECIAL[path];
    if (type === 'bool') return [!value, !value];
    if (type === 'int') {
        const [, low, high] = /(-?\d+)\.\.(-?\d+)/.exec(range ?? '') ?? [];
        const other = value + 1 > Number(high ?? Infinity) ? value - 1 : value + 1;
        assert.ok(other >= Number(low ?? -Infinity));
        return [String(other), other];
    }
    if (type === 'list of strings') return ['one\ntwo', ['one', 'two']];
    const other = String(range).split(', ').find((word) => word !== value);
    return [other, other];
}

async function put(control, value) {
    const kind = await control.evaluate((element) => `${element.tagName}:${element.type}`);
    if (kind.startsWith('SELECT')) await control.selectOption(String(value));
    else if (typeof value === 'boolean') await control.setChecked(value);
    else await control.fill(value);
}

// What has a view of its own is changed there.
const ELSEWHERE = ['maintenance.windows', 'notifications.services', 'custom_health_checks'];

test('every setting is there, with its meaning, and each is changed by its control', async (world) => {
    const window = await openConfiguration(world);
    const { page } = window;
    const settings = await world.service.ask('GET', '/api/config/settings');
    for (const { path, help } of settings.filter(({ kept: old }) => !old)) {
        await setting(page, path).waitFor({ state: 'attached' });
        assert.ok((await setting(page, path).textContent()).includes(help.slice(0, 30)), `${path} says what it means`);
    }
    const changeable = settings.filter(({ path, host_only: host, kept: old }) => !host && !old && !ELSEWHERE.includes(path));
    const sections = [...new Set(changeable.map(({ path }) => path.split('.')[0]))];
    for (const name of sections) {
        const mine = changeable.filter(({ path }) => path.split('.')[0] === name);
        for (const one of mine) await put(input(page, one.path), otherValue(one)[0]);
        await window.shots(`configuration-${name}`);
        await action(section(page, name), 'section-save').click();
        for (const one of mine) await awaitValue(one.path, () => kept(world, one.path), otherValue(one)[1]);
    }
});

test('what can be set on the host only is shown, and says so', async (world) => {
    const { page } = await openConfiguration(world);
    for (const { path, host_only: host } of await world.service.ask('GET', '/api/config/settings')) {
        if (!host) continue;
        await setting(page, path).locator('[data-badge="host"]').waitFor({ state: 'attached' });
        const control = setting(page, path).locator('[data-input]');
        assert.ok(await control.count() === 0 || !await control.first().isEditable().catch(() => false), `${path} cannot be edited`);
    }
});

test('a value that is not allowed is said at once, and cannot be saved', async (world) => {
    const window = await openConfiguration(world);
    const { page } = window;
    await input(page, 'restart.max_restarts').fill('0');
    await awaitText(setting(page, 'restart.max_restarts').locator('[data-error]'), /1/);
    await window.shots('configuration-wrong');
    const save = action(section(page, 'restart'), 'section-save');
    if (await save.isEnabled()) await save.click();
    assert.equal(kept(world, 'restart.max_restarts'), undefined);
    await input(page, 'restart.max_restarts').fill('5');
    await eventually('no error', async () => !(await setting(page, 'restart.max_restarts').locator('[data-error]').allInnerTexts()).join('').trim());
    await save.click();
    await awaitValue('saved', () => kept(world, 'restart.max_restarts'), 5);
});

test('a change is discarded, or taken back to the default', async (world) => {
    const window = await openConfiguration(world, { config: { brake: { min_failing: 7 } } });
    const { page } = window;
    assert.equal(await setting(page, 'brake.min_failing').getAttribute('data-origin'), 'config.json');
    await input(page, 'brake.min_failing').fill('9');
    await page.locator('.setting[data-path="brake.min_failing"][data-dirty]').waitFor();
    await action(section(page, 'brake'), 'section-discard').click();
    await awaitValue('as it was', () => input(page, 'brake.min_failing').inputValue(), '7');
    await action(setting(page, 'brake.min_failing'), 'setting-default').click();
    await awaitValue('the default', () => input(page, 'brake.min_failing').inputValue(), '3');
    await action(section(page, 'brake'), 'section-save').click();
    await awaitValue('not in the file', () => kept(world, 'brake.min_failing') ?? null, null);
    await window.shots('configuration-default');
});

test('what is saved in one section leaves what is typed in another', async (world) => {
    const { page } = await openConfiguration(world);
    await input(page, 'brake.min_failing').fill('9');
    await input(page, 'restart.max_restarts').fill('5');
    await action(section(page, 'restart'), 'section-save').click();
    await awaitValue('saved', () => kept(world, 'restart.max_restarts'), 5);
    await page.locator('.setting[data-path="restart.max_restarts"]:not([data-dirty])').waitFor();
    assert.equal(await input(page, 'brake.min_failing').inputValue(), '9');
    await action(section(page, 'brake'), 'section-save').click();
    await awaitValue('saved', () => kept(world, 'brake.min_failing'), 9);
    await world.service.command('config', 'set', 'restart.max_restarts', '6');
    await awaitValue('another hand is seen', () => input(page, 'restart.max_restarts').inputValue(), '6');
});

test('what is typed while it is saved stays, and is not saved yet', async (world) => {
    const { page } = await openConfiguration(world);
    const held = [];
    await page.route('**/api/config', (route) => (route.request().method() === 'PUT' ? held.push(route) : route.continue()));
    await input(page, 'restart.max_restarts').fill('5');
    await action(section(page, 'restart'), 'section-save').click();
    await eventually('it is being saved', () => held.length === 1);
    await input(page, 'restart.max_restarts').fill('7');
    await input(page, 'restart.max_parallel').fill('3');
    await held[0].continue();
    await awaitText(page.locator('#notices .notice[data-kind="done"]'), /saved/);
    await awaitValue('saved', () => kept(world, 'restart.max_restarts'), 5);
    await awaitText(section(page, 'restart').locator('[role="status"]'), /2 changes, not saved/);
    assert.deepEqual([await input(page, 'restart.max_restarts').inputValue(), await input(page, 'restart.max_parallel').inputValue()], ['7', '3']);
    await page.unroute('**/api/config');
    await action(section(page, 'restart'), 'section-save').click();
    await awaitValue('saved, too', () => [kept(world, 'restart.max_restarts'), kept(world, 'restart.max_parallel')], [7, 3]);
});

test('two sections are saved at once, and whoever has gone on to another field stays there', async (world) => {
    const { page } = await openConfiguration(world);
    const held = [];
    await page.route('**/api/config', (route) => (route.request().method() === 'PUT' ? held.push(route) : route.continue()));
    await input(page, 'restart.max_restarts').fill('5');
    await input(page, 'brake.min_failing').fill('9');
    for (const name of ['restart', 'brake']) await action(section(page, name), 'section-save').click();
    await eventually('both are being saved', () => held.length === 2);
    const search = page.locator('#settings-search');
    await search.focus();
    for (const route of held) await route.continue();
    await awaitCount(page.locator('.setting[data-dirty]'), 0);
    assert.deepEqual([kept(world, 'restart.max_restarts'), kept(world, 'brake.min_failing')], [5, 9]);
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    assert.equal(await search.evaluate((node) => node === document.activeElement), true);
});

test('search and "changed only"; who wins over what is set', async (world) => {
    const window = await openConfiguration(world, { config: { brake: { min_failing: 7 } }, env: { AUTOHEAL_RESTART_MAX_PARALLEL: '8' } });
    const { page } = window;
    await setting(page, 'restart.max_parallel').locator('[data-badge="variable"]').waitFor();
    await awaitText(setting(page, 'restart.max_parallel'), /AUTOHEAL_RESTART_MAX_PARALLEL/);
    await awaitText(setting(page, 'restart.cooldown_seconds').locator('[data-badge="label"]'), /./);
    const visible = () => page.locator('.setting:visible').evaluateAll((all) => all.map((one) => one.dataset.path));
    await page.locator('#settings-search').fill('min_failing');
    await awaitValue('one', visible, ['brake.min_failing']);
    await page.locator('#settings-search').fill('storm');
    await eventually('by meaning', async () => (await visible()).includes('brake.min_failing'));
    await page.locator('#settings-search').fill('');
    await page.locator('#settings-changed').check();
    await eventually('those of the file', async () => (await visible()).includes('brake.min_failing') && !(await visible()).includes('brake.max_unavailable'));
    await window.shots('configuration-changed');
});

test('export gives config.json, without secrets or with', async (world) => {
    const secret = 'http://127.0.0.1:9/secret-path';
    const { page } = await openConfiguration(world, { config: { alerts: { webhook: secret } } });
    const exported = async () => {
        const [download] = await Promise.all([page.waitForEvent('download'), action(page, 'export').click()]);
        assert.match(download.suggestedFilename(), /^autoheal-config-\d{8}-\d{6}\.json$/);
        return JSON.parse(readFileSync(await download.path(), 'utf8'));
    };
    assert.equal((await exported()).alerts.webhook, '********');
    await page.locator('#export-secrets').check();
    assert.deepEqual(await exported(), world.service.read('config.json'));
});

test('import shows what would change, and changes it only then', async (world) => {
    const window = await openConfiguration(world, { config: { brake: { min_failing: 7 } } });
    const { page } = window;
    const before = world.service.read('config.json');
    const file = join(world.dir, 'import.json');
    const { brake, ...rest } = before;
    writeFileSync(file, JSON.stringify({ ...rest, restart: { ...before.restart, max_restarts: 9, cooldown_seconds: 5 } }));
    await page.locator('#import-file').setInputFiles(file);
    await page.locator('#diff tr[data-change="added"][data-path="restart.max_restarts"]').waitFor();
    await page.locator('#diff tr[data-change="changed"][data-path="restart.cooldown_seconds"]').waitFor();
    await page.locator('#diff tr[data-change="removed"][data-path^="brake"]').waitFor();
    await awaitCount(page.locator('#diff tr[data-change]'), 3);
    await window.shots('configuration-import');
    await action(page, 'import-cancel').click();
    await awaitCount(page.locator('#diff tr[data-change]'), 0);
    assert.deepEqual(world.service.read('config.json'), before);
    await page.locator('#import-file').setInputFiles(file);
    await action(page, 'import').click();
    await awaitValue('imported', () => [kept(world, 'restart.max_restarts'), kept(world, 'restart.cooldown_seconds'), kept(world, 'brake') ?? null], [9, 5, null]);
    assert.equal(world.service.files('config.json.bak-').length, 1);
    await awaitValue('shown', () => input(page, 'restart.max_restarts').inputValue(), '9');
});

test('of two files that are chosen one after another the later is shown, whatever is answered first', async (world) => {
    const window = await openConfiguration(world);
    const { page } = window;
    const [first, second] = ['first', 'second'].map((name, i) => {
        const file = join(world.dir, `${name}.json`);
        writeFileSync(file, JSON.stringify({ ...world.service.read('config.json'), brake: { min_failing: 8 + i } }));
        return file;
    });
    const held = [];
    await page.route('**/api/config/export', (route) => (held.length === 0 ? held.push(route) : route.continue()));
    await page.locator('#import-file').setInputFiles(first);
    await eventually('the first is looked at', () => held.length === 1);
    await page.locator('#import-file').setInputFiles(second);
    await awaitText(page.locator('#diff caption'), /second\.json/);
    await held[0].continue();
    await window.settled();
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    assert.equal(await page.locator('#diff').count(), 1);
    await awaitText(page.locator('#diff tr[data-path="brake.min_failing"]'), /9/);
    await awaitCount(action(page, 'import'), 1);
    await action(page, 'import').click();
    await awaitValue('the second is imported', () => kept(world, 'brake.min_failing'), 9);
});

test('an import that is wrong says all that is wrong, and changes nothing', async (world) => {
    const window = await openConfiguration(world);
    const { page } = window;
    window.expects(/status of 422/);
    const before = world.service.read('config.json');
    const file = join(world.dir, 'import.json');
    for (const [text, pattern] of [['{"restart": {', /JSON|parse/i], ['{"restart":{"max_restarts":0},"brake":{"nonsense":1}}', /max_restarts[\s\S]*nonsense|nonsense[\s\S]*max_restarts/]]) {
        writeFileSync(file, text);
        await page.locator('#import-file').setInputFiles(file);
        if (text.endsWith('}')) await action(page, 'import').click();
        await awaitText(page.locator('#import-errors'), pattern);
        await window.shots('configuration-import-wrong');
    }
    assert.deepEqual(world.service.read('config.json'), before);
});

await runTests(realWorld);
