// SPDX-License-Identifier: MIT
// What is around every view: navigation, the token, the theme, notices; and what anybody needs to get at it all.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { eventually } from './support/await.mjs';
import { VIEWS, action, awaitCount, awaitText, awaitValue, cell, goTo, openPanel, row } from './support/hooks.mjs';
import { tabAround } from './support/keyboard.mjs';
import { TOKEN } from './support/serve.mjs';
import { runTests, test } from './support/suite.mjs';
import { realWorld } from './support/world.mjs';

const stored = (page) => page.evaluate(() => sessionStorage.getItem('autoheal-token'));
const WIDTHS = [[360, 780], [768, 1024], [1280, 800], [3840, 2160]];

// The icon of the tab may be under way then; whoever has left is refused it.
async function leave(window) {
    window.expects(/assets\/icon\.svg/);
    await window.page.goto('about:blank');
}

async function serveWeb(world, options) {
    await world.engine.runPatient('web', '--label', 'autoheal=true');
    await world.engine.awaitHealth('web', 'healthy');
    await world.serve(options);
}

// Something of everything: a sick one that is held, a quarantined one, events, a check, a service, a window, a scope.
async function serveRich(world) {
    await Promise.all([
        world.engine.runPatient('web', '--label', 'autoheal=true'),
        world.engine.runPatient('sick', '--label', 'autoheal=true'),
        world.engine.runPlain('plain'),
    ]);
    await world.engine.awaitHealth('web', 'healthy');
    await world.engine.awaitHealth('sick', 'healthy');
    await world.serve({
        config: {
            restart: { cooldown_seconds: 3600 },
            custom_health_checks: { web: { container_id: 'web', check_type: 'exec', exec_command: ['true'] } },
            notifications: { enabled: true, services: [{ name: 'ops', type: 'webhook', url: 'http://127.0.0.1:9/hook' }] },
            maintenance: { windows: [{ days: ['sun'], from: '02:00', to: '04:00', scope: 'project:shop' }] },
        },
    });
    await world.service.ask('POST', '/api/containers/sick/restart');
    await world.engine.awaitHealth('sick', 'healthy');
    await world.engine.sicken('sick');
    await world.service.ask('POST', '/api/containers/plain/quarantine');
    await world.service.ask('POST', '/api/maintenance/enable', { scopes: ['project:shop'], reason: 'new disks' });
    await eventually('sick is held', async () => (await world.service.ask('GET', '/api/containers/sick/explain')).decision !== 'none');
}

async function eachView(window, visit) {
    const { page } = window;
    for (const view of VIEWS) {
        await goTo(page, view);
        await window.settled();
        await visit(view);
    }
    await openPanel(page, 'sick');
    await page.locator('#rules tr[data-rule]').first().waitFor();
    await window.settled();
    await visit('panel');
}

test('each view has its link, title, heading and address', async (world) => {
    await serveWeb(world);
    const { page, context } = await world.open();
    for (const view of VIEWS) {
        await goTo(page, view);
        await awaitCount(page.locator('#main > section[data-view]'), 1);
        await page.locator(`#nav a[data-route="${view}"][aria-current="page"]`).waitFor();
        assert.equal(await page.locator('#nav a[aria-current="page"]').count(), 1);
        assert.match(await page.title(), /docker-autoheal$/);
        const address = page.url();
        await page.reload();
        await page.locator(`section[data-view="${view}"] h1`).waitFor();
        assert.equal(page.url(), address);
    }
    await page.setViewportSize({ width: 360, height: 780 });
    for (const view of ['configuration', 'overview']) {
        await page.evaluate((hash) => { location.hash = hash; }, `#/${view}`);
        await eventually('the link of the view is in sight', () => page.locator('#nav a[aria-current="page"]').evaluate((link) => {
            const [box, around] = [link.getBoundingClientRect(), link.closest('nav').getBoundingClientRect()];
            return box.width > 0 && box.left >= around.left - 1 && box.right <= around.right + 1 && box.right <= innerWidth;
        }));
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    const [docs] = await Promise.all([context.waitForEvent('page'), page.locator('#nav a[data-route="api"]').click()]);
    await docs.waitForLoadState();
    assert.match(docs.url(), /\/docs$/);
});

test('the token goes out of the address, stays for the session, and out as a header', async (world) => {
    await serveWeb(world);
    const window = await world.open({ token: null });
    const { page, context } = window;
    const headers = [];
    await leave(window); // until then it asks without
    context.on('request', (asked) => { if (asked.url().includes('/api/')) headers.push(asked.headers().authorization); });
    await page.goto(`${world.service.url}/#token=${TOKEN}`);
    await page.locator('body[data-connection="live"]').waitFor();
    assert.doesNotMatch(page.url(), /token/);
    assert.equal(await stored(page), TOKEN);
    assert.ok(headers.length > 0 && headers.every((value) => value === `Bearer ${TOKEN}`), JSON.stringify(headers));
    await page.reload();
    await page.locator('body[data-connection="live"]').waitFor();
    assert.equal(await stored(page), TOKEN);
    assert.equal(await page.evaluate(() => JSON.stringify(localStorage).includes(sessionStorage.getItem('autoheal-token'))), false);
    assert.deepEqual(await context.cookies(), []);
});

test('the link that serve prints brings the token, whatever is in it', async (world) => {
    const token = 'page%41test%zz+/=&#?"0123456789';
    await serveWeb(world, { token, args: ['--print-link'] });
    const [link] = /http:\S+#token=\S+/.exec(readFileSync(world.service.log, 'utf8'));
    const window = await world.open({ token: null });
    const { page } = window;
    await leave(window);
    await page.goto(link);
    await page.locator('body[data-connection="live"]').waitFor();
    assert.equal(await stored(page), token);
    await goTo(page, 'containers');
    await action(row(page, 'web'), 'quarantine').click();
    await awaitValue('it acts', () => (world.service.has('quarantine.json') ? world.service.read('quarantine.json') : []), ['web']);
});

test('without a token it reads; what needs one is asked for, and goes on by itself', async (world) => {
    await serveWeb(world);
    const window = await world.open({ token: null });
    const { page } = window;
    window.expects(/status of 40[13]/);
    await goTo(page, 'containers');
    await row(page, 'web').waitFor();
    await action(row(page, 'web'), 'quarantine').click();
    const prompt = page.locator('#token-prompt');
    await prompt.waitFor();
    await window.shots('token-asked');
    await prompt.locator('#token-input').fill('not-the-right-token-at-all');
    await action(prompt, 'token-use').click();
    await awaitText(page.locator('body'), /token (is|was) (wrong|not|refused)|wrong token|not the token/i);
    await window.shots('token-wrong');
    await prompt.locator('#token-input').fill(TOKEN);
    await action(prompt, 'token-use').click();
    await awaitValue('it went on', () => (world.service.has('quarantine.json') ? world.service.read('quarantine.json') : []), ['web']);
    await eventually('the prompt is gone', async () => !await prompt.isVisible());
    await page.locator('#token-button').click();
    await prompt.waitFor();
    await window.shots('token-open');
    await action(prompt, 'token-cancel').click();
    await eventually('the prompt is gone', async () => !await prompt.isVisible());
    assert.equal(await stored(page), TOKEN);
    await page.locator('#token-button').click();
    await action(prompt, 'token-forget').click();
    await awaitValue('forgotten', () => stored(page), null);
});

test('not now: nothing is done', async (world) => {
    await serveWeb(world);
    const window = await world.open({ token: null });
    const { page } = window;
    window.expects(/status of 40[13]/);
    await goTo(page, 'containers');
    await action(row(page, 'web'), 'quarantine').click();
    await page.locator('#token-prompt').waitFor();
    await action(page.locator('#token-prompt'), 'token-cancel').click();
    await eventually('the prompt is gone', async () => !await page.locator('#token-prompt').isVisible());
    assert.equal(world.service.has('quarantine.json') && world.service.read('quarantine.json').length > 0, false);
});

test('the theme follows the system, or what was chosen', async (world) => {
    await serveWeb(world);
    const { page } = await world.open({ colorScheme: 'dark' });
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await background();
    await page.emulateMedia({ colorScheme: 'light' });
    await eventually('light', async () => await background() !== dark);
    const light = await background();
    await page.locator('#theme').selectOption('dark');
    await awaitValue('dark', background, dark);
    assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
    await page.reload();
    await awaitValue('dark still', background, dark);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('#theme').selectOption('light');
    await awaitValue('light', background, light);
    await page.locator('#theme').selectOption('auto');
    await awaitValue('the system\'s', background, dark);
});

test('a notice goes when it is dismissed', async (world) => {
    await serveWeb(world);
    const { page } = await world.open();
    await goTo(page, 'containers');
    await action(row(page, 'web'), 'quarantine').click();
    const notice = page.locator('#notices .notice[data-kind="done"]');
    await notice.waitFor();
    await action(notice, 'dismiss').click();
    await awaitCount(notice, 0);
});

test('by keyboard: who dismisses a notice is where they were', async (world) => {
    await serveWeb(world);
    const { page } = await world.open();
    await goTo(page, 'containers');
    await action(row(page, 'web'), 'quarantine').click();
    await action(page.locator('#notices'), 'undo').waitFor();
    await page.locator('#show').focus();
    await action(page.locator('#notices'), 'dismiss').focus();
    await page.keyboard.press('Enter');
    await awaitCount(page.locator('#notices .notice'), 0);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'show');
});

test('notices cover nothing that is needed', async (world) => {
    await serveWeb(world, { config: { maintenance: { windows: [{ days: ['sun'], from: '02:00', to: '04:00' }] } } });
    const window = await world.open({ viewport: { width: 360, height: 780 } });
    const { page } = window;
    // Whether all of it is in the window, and seen.
    const isFree = (locator) => locator.evaluate((node) => {
        const { left, right, top, bottom } = node.getBoundingClientRect();
        const corners = [[left + 4, top + 4], [right - 4, bottom - 4]];
        return bottom <= innerHeight && corners.every(([x, y]) => node.contains(document.elementFromPoint(x, y)));
    });
    await goTo(page, 'maintenance');
    const begin = action(page.locator('#begin'), 'maintenance-begin');
    for (const scope of ['web', 'project:shop', 'label:tier']) {
        await page.locator('#begin [name="scope"]').fill(scope);
        await begin.evaluate((node) => scrollBy(0, node.getBoundingClientRect().bottom - innerHeight + 10)); // where the notice comes
        await begin.click();
        await page.locator(`#scopes > li[data-scope="${scope}"]`).waitFor();
        await eventually('what was pressed is seen', () => isFree(begin));
    }
    await awaitCount(page.locator('#notices .notice'), 3);
    await page.evaluate(() => scrollTo(0, 1e6));
    await eventually('the last button is seen', () => isFree(action(page, 'window-add')));
    await window.shots('notices-end');
    await goTo(page, 'configuration');
    await page.locator('[data-path="restart.max_restarts"] input').fill('4');
    await eventually('the bar that saves is seen', () => isFree(page.locator('.foot:visible button').first()));
});

test('times in sentences of the server are local ones', async (world) => {
    await serveRich(world);
    const window = await world.open({ timezoneId: 'Asia/Kolkata' });
    const { page } = window;
    await eachView(window, async (view) => {
        if (view === 'plan') await page.locator('#plan tr[data-container="sick"]').waitFor();
        assert.doesNotMatch(await page.locator('body').innerText(), /\dT\d\d:\d\d/, view);
    });
    const { detail } = (await world.service.ask('GET', '/api/containers')).find(({ name }) => name === 'sick');
    const [sent] = /\d{4}-\d\d-\d\dT\S+/.exec(detail);
    const local = new Date(Date.parse(sent) + 5.5 * 3600_000).toISOString().slice(0, 19).replace('T', ' ');
    for (const place of [cell(page, 'sick', 'next'), page.locator('#rules tr[data-result="decides"]')]) {
        await awaitText(place, new RegExp(local));
        assert.ok((await place.locator('bdi').getAttribute('title')).includes(sent));
    }
    await goTo(page, 'overview');
    await awaitText(page.locator('#engine'), /UTC\+05:30/);
});

test('who is quarantined is told in words, beside the verdict', async (world) => {
    await serveRich(world);
    const window = await world.open();
    const { page } = window;
    await goTo(page, 'containers');
    await awaitText(cell(page, 'plain', 'verdict'), /^quarantined, ok$/);
    await awaitText(cell(page, 'sick', 'verdict'), /^failing/);
    for (const width of [360, 1280]) {
        await page.setViewportSize({ width, height: 780 });
        assert.ok((await cell(page, 'plain', 'name').boundingBox()).width > 60, `the name has room in ${width}`);
    }
    await openPanel(page, 'plain');
    await awaitText(cell(page, 'plain', 'verdict'), /^quarantined, ok$/);
    await window.shots('quarantined-beside-failing');
});

test('axe finds nothing on any view, light or dark', async (world) => {
    await serveRich(world);
    const found = [];
    for (const colorScheme of ['light', 'dark']) {
        const window = await world.open({ colorScheme });
        await eachView(window, async (view) => {
            for (const violation of await window.audit(['minor', 'moderate', 'serious', 'critical'])) found.push({ view, colorScheme, ...violation });
        });
    }
    assert.deepEqual(found, []);
});

test('every control is reached by Tab, with a mark that is seen', async (world) => {
    await serveRich(world);
    const window = await world.open();
    const found = [];
    await eachView(window, async (view) => {
        const { total, problems } = await tabAround(window.page);
        assert.ok(total > 10, `${view} has ${total} controls`);
        for (const problem of problems) found.push(`${view}: ${problem}`);
    });
    assert.deepEqual(found, []);
});

test('no view is wider than its window, from a phone to 4K', async (world) => {
    await serveRich(world);
    const window = await world.open();
    const found = [];
    for (const [width, height] of WIDTHS) {
        await window.page.setViewportSize({ width, height });
        await eachView(window, async (view) => {
            const wide = await window.page.evaluate(() => document.documentElement.scrollWidth);
            if (wide > width) found.push(`${view} is ${wide} wide in ${width}`);
            if (width !== 1280) await window.shot(`${view}-${width}`);
        });
    }
    assert.deepEqual(found, []);
});

test('all views, light, dark and on a phone', async (world) => {
    await serveRich(world);
    const window = await world.open();
    await eachView(window, (view) => window.shots(`view-${view}`));
});

await runTests(realWorld);
