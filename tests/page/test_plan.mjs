// SPDX-License-Identifier: MIT
// The dry run, a pass now, and the checks of all containers.
import assert from 'node:assert/strict';

import { eventually } from './support/await.mjs';
import { action, awaitCount, awaitText, awaitValue, confirm, goTo } from './support/hooks.mjs';
import { runTests, test } from './support/suite.mjs';
import { realWorld } from './support/world.mjs';

test('a dry run tells what would be done, and does nothing', async (world) => {
    await Promise.all([world.engine.runPatient('sick', '--label', 'autoheal=true'), world.engine.runPlain('plain')]);
    await world.engine.awaitHealth('sick', 'healthy');
    await world.serve({ config: { restart: { cooldown_seconds: 3600 } } });
    await world.service.ask('POST', '/api/containers/sick/restart');
    await world.engine.awaitHealth('sick', 'healthy');
    const started = await world.engine.startedAt('sick');
    await world.engine.sicken('sick');
    await world.engine.awaitHealth('sick', 'unhealthy');
    const window = await world.open();
    const { page } = window;
    await goTo(page, 'plan');
    await eventually('it is held', async () => (await world.service.ask('GET', '/api/plan')).some(({ name, decision }) => name === 'sick' && decision === 'hold'));
    await action(page, 'plan').click();
    await page.locator('#plan tr[data-container="sick"][data-decision="hold"]').waitFor();
    await awaitCount(page.locator('#plan tr[data-container]'), 1);
    await page.locator('#plan-all').check();
    await awaitCount(page.locator('#plan tr[data-container]'), 2);
    await awaitText(page.locator('#plan-summary'), /./);
    await window.shots('plan');
    assert.equal(await world.engine.startedAt('sick'), started);
    assert.equal(world.service.events('restart', 'sick').length, 1);
});

test('a pass now looks at everything', async (world) => {
    await world.engine.runPatient('web', '--label', 'autoheal=true');
    await world.engine.awaitHealth('web', 'healthy');
    await world.serve({ config: { monitor: { interval_seconds: 3600 } } });
    const window = await world.open();
    await goTo(window.page, 'plan');
    const before = world.service.read('pass.json').last_pass.time;
    await action(window.page, 'pass').click();
    await confirm(window.page);
    await awaitText(window.page.locator('#pass-result'), /1 monitored \(1 ok, 0 failing, 0 neither\)/);
    await window.shots('plan-pass');
    await eventually('it was made', () => world.service.read('pass.json').last_pass.time !== before);
});

test('checks: each is tried, edited, removed', async (world) => {
    await Promise.all([world.engine.runPatient('web', '--label', 'autoheal=true'), world.engine.runPatient('db', '--label', 'autoheal=true')]);
    for (const name of ['web', 'db']) await world.engine.awaitHealth(name, 'healthy');
    await world.serve({
        config: {
            custom_health_checks: {
                web: { container_id: 'web', check_type: 'exec', exec_command: ['touch', '/run/checked'], interval_seconds: 3600 },
                db: { container_id: 'db', check_type: 'exec', exec_command: ['false'], interval_seconds: 3600 },
            },
        },
    });
    const window = await world.open();
    const { page } = window;
    await goTo(page, 'checks');
    const line = (name) => page.locator(`#checks tr[data-container="${name}"]`);
    await awaitCount(page.locator('#checks tr[data-container]'), 2);
    await awaitText(line('web').locator('output'), /^ok$/); // the verdict, as ps has it, and not what the engine's own check says
    await world.engine.docker('exec', 'web', 'rm', '-f', '/run/checked');
    await action(line('web'), 'check-test').click();
    await line('web').locator('output[data-status="passed"]').waitFor();
    await world.engine.docker('exec', 'web', 'test', '-e', '/run/checked');
    await action(line('db'), 'check-test').click();
    await line('db').locator('output[data-status="failed"]').waitFor();
    await window.shots('checks');
    await action(line('db'), 'check-remove').click();
    await confirm(page);
    await awaitValue('removed', () => Object.keys(world.service.read('config.json').custom_health_checks ?? {}), ['web']);
    await awaitCount(line('db'), 0);
    await action(line('web'), 'check-edit').click();
    await page.locator('#panel[data-container="web"] #check').waitFor();
});

await runTests(realWorld);
