// SPDX-License-Identifier: MIT
// Who is told: services of each type, filters, and a test that really arrives.
import assert from 'node:assert/strict';

import { eventually } from './support/await.mjs';
import { startCatcher } from './support/catcher.mjs';
import { action, awaitCount, awaitNotice, awaitProblem, awaitText, awaitValue, confirm, goTo } from './support/hooks.mjs';
import { runTests, test } from './support/suite.mjs';
import { realWorld } from './support/world.mjs';

const kept = (world) => world.service.read('config.json').notifications ?? {};
const service = (world, name) => (kept(world).services ?? []).find((one) => one.name === name);
const line = (page, name) => page.locator(`#services tr[data-service=${JSON.stringify(name)}]`);

async function openNotifications(world, notifications = {}) {
    await world.engine.runPatient('web', '--label', 'autoheal=true');
    await world.engine.awaitHealth('web', 'healthy');
    await world.serve({ config: { notifications } });
    const window = await world.open();
    await goTo(window.page, 'notifications');
    await action(window.page, 'service-add').waitFor();
    return window;
}

async function fillService(page, fields) {
    const form = page.locator('#service');
    await form.locator('[name="type"]').selectOption(fields.type);
    for (const [name, value] of Object.entries(fields)) if (name !== 'type') await form.locator(`[name="${name}"]`).fill(value);
    return form;
}

test('the master switch and the filters', async (world) => {
    const window = await openNotifications(world, { enabled: false, event_filters: [] });
    const { page } = window;
    await page.locator('#notifications-enabled').click();
    await awaitValue('on', () => kept(world).enabled, true);
    for (const type of ['restart', 'quarantine']) await page.locator(`input[name="event"][value="${type}"]`).check();
    await awaitValue('filtered', () => [...kept(world).event_filters ?? []].sort(), ['quarantine', 'restart']);
    await window.shots('notifications-filters');
    await page.locator('input[name="event"][value="restart"]').uncheck();
    await awaitValue('filtered', () => kept(world).event_filters, ['quarantine']);
    await page.locator('#notifications-enabled').click();
    await awaitValue('off', () => kept(world).enabled, false);
});

test('by keyboard the focus stays where it was', async (world) => {
    const { page } = await openNotifications(world, { enabled: true, event_filters: [] });
    const box = page.locator('input[name="event"][value="quarantine"]');
    await box.focus();
    await page.keyboard.press('Space');
    await awaitValue('filtered', () => kept(world).event_filters, ['quarantine']);
    await awaitNotice(page, 'done', /./);
    assert.equal(await page.evaluate(() => document.activeElement.value), 'quarantine');
});

test('a webhook: added, tried, edited with its secret kept, deleted', async (world) => {
    const catcher = world.ends(await startCatcher());
    const window = await openNotifications(world, { enabled: true });
    const { page } = window;
    await action(page, 'service-add').click();
    const form = await fillService(page, { type: 'webhook', name: 'ops', url: catcher.url('/hook?key=secret'), headers: 'X-Key: also-secret' });
    await window.shots('notifications-service');
    await action(form, 'service-save').click();
    await line(page, 'ops').waitFor();
    await awaitValue('kept', () => [service(world, 'ops')?.url, service(world, 'ops')?.headers], [catcher.url('/hook?key=secret'), { 'X-Key': 'also-secret' }]);
    await action(line(page, 'ops'), 'service-test').click();
    await eventually('it arrives', () => catcher.messages.some(({ path, headers, body }) => path === '/hook?key=secret' && headers['x-key'] === 'also-secret' && /test/i.test(body)));
    await awaitText(page.locator('#notices, #services'), /sent|test/i);
    await window.shots('notifications-tested');
    assert.doesNotMatch(await page.content(), /also-secret|key=secret/);
    await action(line(page, 'ops'), 'service-edit').click();
    await page.locator('#service [name="name"]').fill('ops-two');
    await action(page.locator('#service'), 'service-save').click();
    await line(page, 'ops-two').waitFor();
    await awaitValue('the secret stayed', () => service(world, 'ops-two')?.url, catcher.url('/hook?key=secret'));
    await action(line(page, 'ops-two'), 'service-edit').click();
    await page.locator('#service [name="enabled"]').uncheck();
    await action(page.locator('#service'), 'service-save').click();
    await awaitValue('disabled', () => service(world, 'ops-two')?.enabled, false);
    await eventually('no test of what is disabled', () => action(line(page, 'ops-two'), 'service-test').isDisabled());
    await action(line(page, 'ops-two'), 'service-delete').click();
    await confirm(page);
    await awaitValue('deleted', () => kept(world).services ?? [], []);
    await awaitCount(page.locator('#services tr[data-service]'), 0);
});

test('a service that does not take it says why', async (world) => {
    const catcher = world.ends(await startCatcher());
    const window = await openNotifications(world, { enabled: true, services: [{ name: 'ops', type: 'webhook', url: catcher.url('/503/hook') }] });
    window.expects(/status of 502/);
    await action(line(window.page, 'ops'), 'service-test').click();
    await awaitNotice(window.page, 'error', /503/);
    await window.shots('notifications-refused');
});

test('each type has its own fields', async (world) => {
    const window = await openNotifications(world, { enabled: true });
    const { page } = window;
    const types = {
        discord: { url: 'http://127.0.0.1:9/discord', username: 'healer' },
        slack: { url: 'http://127.0.0.1:9/slack' },
        apprise: { url: 'http://127.0.0.1:9/apprise' },
        telegram: { bot_token: '123:abc', chat_id: '-100' },
        ntfy: { topic: 'heal', server_url: 'http://127.0.0.1:9', username: 'me', password: 'pw' },
        gotify: { server_url: 'http://127.0.0.1:9', app_token: 'tok' },
        pushover: { user_key: 'user', api_token: 'api' },
        email: { url: 'smtp://127.0.0.1:9', from: 'a@example.org', to: 'b@example.org', username: 'me', password: 'pw' },
    };
    for (const [type, fields] of Object.entries(types)) {
        await action(page, 'service-add').click();
        const form = await fillService(page, { type, name: `my ${type}`, ...fields });
        await window.shots(`notifications-${type}`);
        await action(form, 'service-save').click();
        await line(page, `my ${type}`).waitFor();
        const { type: keptType, ...rest } = service(world, `my ${type}`);
        assert.equal(keptType, type);
        for (const [name, value] of Object.entries(fields)) assert.deepEqual([rest[name]].flat(), [value]);
    }
    await window.shots('notifications-many');
});

test('what is edited keeps all that it has', async (world) => {
    const url = 'http://127.0.0.1:9/x';
    const services = [
        { name: 'hook', type: 'webhook', url, headers: { 'X-Key': 'k' }, username: 'me', password: 'pw' },
        { name: 'bot', type: 'telegram', bot_token: '123:abc', chat_id: '-100', server_url: 'http://127.0.0.1:9' },
        { name: 'push', type: 'ntfy', topic: 'heal', server_url: 'http://127.0.0.1:9', api_token: 'tk' },
        { name: 'relay', type: 'apprise', url, headers: { 'X-Key': 'k' } },
    ];
    const { page } = await openNotifications(world, { enabled: true, services });
    for (const { name, ...was } of services) {
        await action(line(page, name), 'service-edit').click();
        await page.locator('#service [name="name"]').fill(`${name} two`);
        await action(page.locator('#service'), 'service-save').click();
        await line(page, `${name} two`).waitFor();
        for (const [key, value] of Object.entries(was)) assert.deepEqual(service(world, `${name} two`)[key], value, `${key} of ${name}`);
    }
});

test('what is missing is said beside its field, and a name twice is refused', async (world) => {
    const window = await openNotifications(world, { enabled: true, services: [{ name: 'ops', type: 'slack', url: 'http://127.0.0.1:9/s' }] });
    const { page } = window;
    window.expects(/status of 4(00|22)/);
    await action(page, 'service-add').click();
    let form = await fillService(page, { type: 'telegram', name: 'chat', bot_token: '123:abc' });
    await action(form, 'service-save').click();
    await awaitProblem(page, form.locator('[name="chat_id"]'), /must be set/);
    assert.equal(await form.locator('[name="bot_token"]').getAttribute('aria-invalid'), null);
    await window.shots('notifications-wrong');
    assert.equal(kept(world).services.length, 1);
    await action(form, 'service-cancel').click();
    await eventually('the form is gone', async () => !await page.locator('#service').isVisible());
    await action(page, 'service-add').click();
    form = await fillService(page, { type: 'slack', name: 'ops', url: 'http://127.0.0.1:9/other' });
    await action(form, 'service-save').click();
    await awaitProblem(page, form.locator('[name="name"]'), /'ops' already exists/);
    await form.locator('[name="type"]').selectOption('webhook');
    await form.locator('[name="name"]').fill('other');
    await form.locator('[name="headers"]').fill('no header');
    await action(form, 'service-save').click();
    await awaitProblem(page, form.locator('[name="headers"]'), /NAME: VALUE/);
    await form.locator('[name="headers"]').fill('');
    await form.locator('[name="url"]').fill('ftp://127.0.0.1');
    await action(form, 'service-save').click();
    await awaitProblem(page, form.locator('[name="url"]'), /./);
    await window.shots('notifications-wrong-url');
    await awaitCount(page.locator('#notices .notice'), 0);
    assert.equal(service(world, 'ops').url, 'http://127.0.0.1:9/s');
});

await runTests(realWorld);
