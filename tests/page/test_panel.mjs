// SPDX-License-Identifier: MIT
// One container: why, what is known of it, what can be done, and the editor of its check.
import assert from 'node:assert/strict';

import { eventually } from './support/await.mjs';
import { action, awaitCount, awaitNotice, awaitText, awaitValue, confirm, goTo, openPanel, row, undo } from './support/hooks.mjs';
import { startCatcher } from './support/catcher.mjs';
import { runTests, test } from './support/suite.mjs';
import { realWorld } from './support/world.mjs';

async function openWeb(world, options) {
    await world.engine.runPatient('web', '--label', 'autoheal=true', '--label', 'tier=front');
    await world.engine.awaitHealth('web', 'healthy');
    await world.serve(options);
    const window = await world.open();
    await goTo(window.page, 'containers');
    await action(row(window.page, 'web'), 'explain').click();
    const panel = window.page.locator('#panel[data-container="web"]');
    await panel.waitFor();
    return { window, page: window.page, panel };
}

test('it explains each rule, and shows what is known', async (world) => {
    const { window, page, panel } = await openWeb(world);
    await panel.locator('#rules tr[data-rule]').first().waitFor();
    const told = (await world.service.ask('GET', '/api/containers/web/explain')).rules;
    await awaitCount(panel.locator('#rules tr[data-rule]'), told.length);
    await awaitCount(panel.locator('#rules tr[data-result="decides"]'), 1);
    const { Id, Image } = await world.engine.inspect('web');
    await awaitText(panel.locator('#details'), new RegExp(Id));
    await awaitText(panel.locator('#details'), new RegExp(Image.replace('sha256:', '').slice(0, 12)));
    await panel.locator('#labels summary').click();
    await awaitText(panel.locator('#labels'), /tier[\s\S]*front/);
    await window.shots('panel');
    assert.match(page.url(), /#\/containers\/web/);
    await action(panel, 'close').click();
    await awaitCount(page.locator('#panel'), 0);
    assert.match(page.url(), /#\/containers$/);
    await page.goBack();
    await panel.waitFor();
    await panel.locator('h2').focus();
    await page.keyboard.press('Escape');
    await awaitCount(page.locator('#panel'), 0);
});

test('the last probe of a sick one is shown', async (world) => {
    const { window, panel } = await openWeb(world, { config: { restart: { mode: 'on-failure' } } });
    await world.engine.docker('exec', 'web', 'sh', '-c', 'touch /run/sick');
    await world.engine.awaitHealth('web', 'unhealthy');
    await awaitText(panel, /unhealthy/);
    await panel.locator('#probe').waitFor();
    await window.shots('panel-sick');
});

test('what somebody opened stays open while it is looked at anew', async (world) => {
    const { panel } = await openWeb(world, { config: { restart: { mode: 'on-failure' } } });
    await panel.locator('#labels summary').click();
    await world.engine.sicken('web');
    await awaitText(panel, /failing|unhealthy/);
    await panel.locator('#probe').waitFor();
    assert.equal(await panel.locator('#labels').evaluate((details) => details.open), true);
});

test('a container that is recreated stays the one of its panel', async (world) => {
    const { window, page, panel } = await openWeb(world);
    window.expects(/status of 404/); // it may be looked at between its death and its removal
    const { Id: old } = await world.engine.inspect('web');
    await awaitText(panel.locator('#details'), new RegExp(old));
    await world.engine.docker('rm', '-f', 'web');
    await awaitText(panel, /no such container/);
    await awaitText(panel.locator('header .badge:not([data-tone])'), /gone/);
    await window.shots('panel-gone');
    await world.engine.runPatient('web', '--label', 'autoheal=true', '--label', 'tier=back');
    const { Id } = await world.engine.inspect('web');
    await awaitText(panel.locator('#details'), new RegExp(Id));
    await awaitCount(panel.getByText('no such container'), 0);
    await awaitCount(panel.locator('header', { hasText: 'gone' }), 0);
    await awaitCount(panel.getByText(old), 0);
    await world.engine.awaitHealth('web', 'healthy');
    const before = await world.engine.startedAt('web');
    await action(panel, 'restart').click();
    await confirm(page);
    await world.engine.awaitRestart('web', before);
});

test('a container that was missing in one look only is there again', async (world) => {
    await world.engine.runPlain('plain'); // nothing changes about it
    const { page } = await openWeb(world, { config: { ui: { refresh_seconds: 1 } } });
    const panel = await openPanel(page, 'plain');
    await panel.locator('#rules tr[data-rule]').first().waitFor();
    // The second time it comes back as it went; at first serve may have learned more of it meanwhile.
    for (let i = 0; i < 2; i++) {
        await page.route('**/api/containers?**', (route) => route.fulfill({ json: [], headers: { ETag: '"none"' } }));
        await awaitText(panel, /no such container/);
        await page.unroute('**/api/containers?**');
        await awaitCount(panel.getByText('no such container'), 0);
        await awaitText(panel.locator('header'), /not monitored/);
    }
});

test('a link to one that was never there says so, and offers nothing', async (world) => {
    const { page } = await openWeb(world);
    await page.goto(`${world.service.url}/#/containers/nobody`);
    const panel = page.locator('#panel[data-container="nobody"]');
    await awaitText(panel, /no such container/);
    await eventually('nothing is offered', async () => (await panel.getByRole('button').allInnerTexts()).join() === 'Close');
    await awaitCount(panel.getByRole('table'), 0);
});

test('restart, quarantine and release', async (world) => {
    const { window, page, panel } = await openWeb(world);
    const before = await world.engine.startedAt('web');
    await action(panel, 'restart').click();
    await confirm(page);
    await world.engine.awaitRestart('web', before);
    await awaitNotice(page, 'done', /web/);
    await action(panel, 'quarantine').click();
    await awaitValue('quarantine.json', () => world.service.read('quarantine.json'), ['web']);
    await action(panel, 'release').waitFor();
    await window.shots('panel-quarantined');
    await action(panel, 'release').click();
    await confirm(page);
    await awaitValue('quarantine.json', () => world.service.read('quarantine.json'), []);
});

test('monitor, leave alone and forget', async (world) => {
    await world.engine.runPlain('plain');
    const { window, page } = await openWeb(world);
    const panel = await openPanel(page, 'plain');
    const lists = () => {
        const { selected = [], excluded = [] } = world.service.read('config.json').containers ?? {};
        return [selected, excluded];
    };
    await action(panel, 'monitor').click();
    await awaitValue('selected', lists, [['plain'], []]);
    await window.shots('panel-monitored');
    await action(panel, 'ignore').click();
    await awaitValue('excluded', lists, [[], ['plain']]);
    await action(panel, 'forget').click();
    await awaitValue('forgotten', lists, [[], []]);
});

test('maintenance of it alone', async (world) => {
    const { window, page, panel } = await openWeb(world);
    await action(panel, 'maintenance').click();
    await action(page.locator('#begin'), 'maintenance-begin').click();
    await eventually('web in maintenance.json', () => (world.service.read('maintenance.json').scopes ?? []).some(({ kind, value }) => kind === 'container' && value === 'web'));
    await window.shots('panel-maintenance');
    await world.engine.sicken('web');
    await world.engine.awaitHealth('web', 'unhealthy');
    await openPanel(page, 'web');
    await awaitText(panel, /maintenance/);
    assert.equal(world.service.events('restart', 'web').length, 0);
});

test('a check that runs a program in the container: tried, saved, removed', async (world) => {
    const { window, page, panel } = await openWeb(world);
    const form = panel.locator('#check');
    const kept = () => world.service.read('config.json').custom_health_checks?.web ?? null;
    await form.locator('[name="check_type"]').selectOption('exec');
    await form.locator('[name="exec_command"]').fill('["touch", "/run/checked"]');
    await form.locator('[name="interval_seconds"]').fill('7');
    await form.locator('[name="timeout_seconds"]').fill('5');
    await form.locator('[name="retries"]').fill('2');
    await window.shots('panel-check-exec');
    await action(form, 'check-save').click();
    await awaitValue('kept', () => [kept()?.check_type, kept()?.exec_command, kept()?.interval_seconds, kept()?.timeout_seconds, kept()?.retries],
        ['exec', ['touch', '/run/checked'], 7, 5, 2]);
    const saved = panel.locator('#check:not([data-dirty])');
    await saved.waitFor();
    await world.engine.docker('exec', 'web', 'rm', '-f', '/run/checked');
    await action(form, 'check-test').click();
    await form.locator('#check-result[data-status="passed"]').waitFor();
    await world.engine.docker('exec', 'web', 'test', '-e', '/run/checked');
    await window.shots('panel-check-passed');
    await form.locator('[name="exec_command"]').fill('false');
    await action(form, 'check-test').click();
    await awaitText(form.locator('#check-result'), /^Save the check first/);
    await action(form, 'check-save').click();
    await awaitValue('kept', () => kept()?.exec_command, ['/bin/sh', '-c', 'false']);
    await saved.waitFor();
    await awaitText(form.locator('#check-result'), /^$/);
    await action(form, 'check-test').click();
    await form.locator('#check-result[data-status="failed"]').waitFor();
    await window.shots('panel-check-failed');
    await action(form, 'check-remove').click();
    await confirm(page);
    await awaitValue('removed', kept, null);
});

test('a check that asks for a page', async (world) => {
    const catcher = world.ends(await startCatcher());
    const { window, panel } = await openWeb(world);
    const form = panel.locator('#check');
    const kept = () => world.service.read('config.json').custom_health_checks?.web ?? null;
    await form.locator('[name="check_type"]').selectOption('http');
    await form.locator('[name="http_endpoint"]').fill(catcher.url('/204/up'));
    await form.locator('[name="http_expected_status"]').fill('204');
    await form.locator('[name="http_headers"]').fill('X-Probe: from-the-page');
    await action(form, 'check-save').click();
    await awaitValue('kept', () => [kept()?.check_type, kept()?.http_endpoint, kept()?.http_expected_status, kept()?.http_headers?.['X-Probe']],
        ['http', catcher.url('/204/up'), 204, 'from-the-page']);
    const saved = panel.locator('#check:not([data-dirty])');
    await saved.waitFor();
    await action(form, 'check-test').click();
    await form.locator('#check-result[data-status="passed"]').waitFor();
    await window.shots('panel-check-http');
    assert.deepEqual(catcher.messages.map(({ method, path, headers }) => [method, path, headers['x-probe']])[0], ['GET', '/204/up', 'from-the-page']);
    await form.locator('[name="http_expected_status"]').fill('200');
    await action(form, 'check-save').click();
    await awaitValue('kept', () => kept()?.http_expected_status, 200);
    await saved.waitFor();
    await action(form, 'check-test').click();
    await form.locator('#check-result[data-status="failed"]').waitFor();
    await awaitText(form.locator('#check-result'), /204/);
    await form.locator('[name="http_expected_body"]').fill('ready');
    await form.locator('[name="http_insecure_tls"]').check();
    await action(form, 'check-save').click();
    await awaitValue('kept', () => [kept()?.http_expected_body, kept()?.http_insecure_tls], ['ready', true]);
});

test('a check that connects to a port, one of the engine\'s health, and what cannot be', async (world) => {
    const { window, page, panel } = await openWeb(world);
    const form = panel.locator('#check');
    const kept = () => world.service.read('config.json').custom_health_checks?.web ?? null;
    await form.locator('[name="check_type"]').selectOption('tcp');
    await form.locator('[name="tcp_port"]').fill('5432');
    await window.shots('panel-check-tcp');
    await action(form, 'check-save').click();
    await awaitValue('kept', () => [kept()?.check_type, kept()?.tcp_port], ['tcp', 5432]);
    await panel.locator('#check:not([data-dirty])').waitFor();
    await page.route('**/explain', (route) => route.abort()); // no look shows it by chance
    window.expects(/ERR_FAILED/);
    await form.locator('[name="tcp_port"]').fill('5433');
    await action(form, 'check-save').click();
    await awaitValue('another', () => kept()?.tcp_port, 5433);
    await panel.locator('#check:not([data-dirty])').waitFor();
    await undo(page, /check of web is saved/);
    await awaitValue('the one before', () => kept()?.tcp_port, 5432);
    await awaitValue('shown', () => form.locator('[name="tcp_port"]').inputValue(), '5432');
    await form.locator('[name="tcp_port"]').fill('70000');
    await action(form, 'check-save').click();
    await awaitText(form.locator('.field', { has: page.locator('[name="tcp_port"]') }), /65535/);
    await window.shots('panel-check-wrong');
    assert.equal(kept().tcp_port, 5432);
    await form.locator('[name="check_type"]').selectOption('docker');
    await action(form, 'check-save').click();
    await awaitValue('kept', () => kept()?.check_type, 'docker');
});

await runTests(realWorld);
