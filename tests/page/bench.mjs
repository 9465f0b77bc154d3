// SPDX-License-Identifier: MIT
// How fast the page is with 1,000 containers, each figure beside its target. docs/testing.md says what is measured.
import { readFileSync } from 'node:fs';

import { eventually } from './support/await.mjs';
import { goTo, row } from './support/hooks.mjs';
import { fakeWorld } from './support/world.mjs';

const RUNS = Number(process.env.BENCH_RUNS ?? 11);
const CONTENT_MS = 200;
const REACTION_MS = 50;
let missed = 0;

const load = () => readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ');

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

function report(what, numbers, target) {
    const value = median(numbers);
    const late = value > target;
    if (late) missed++;
    console.log(`${what.padEnd(46)} ${value.toFixed(0).padStart(6)} ms  (${Math.min(...numbers).toFixed(0)} to ${Math.max(...numbers).toFixed(0)})  target ${target} ms${late ? '  MISSED' : ''}`);
}

// From the last byte of the HTML to the frame that shows something that was asked of serve.
const watchContent = () => {
    const mark = () => requestAnimationFrame(() => requestAnimationFrame(() => { globalThis.contentAt ??= performance.now(); }));
    const shown = () => document.querySelector('#rows > tr, [data-headline]:is([data-state="ok"], [data-state="failing"])');
    new MutationObserver((_, observer) => {
        if (!shown()) return;
        observer.disconnect();
        mark();
    }).observe(document, { subtree: true, childList: true, attributes: true });
};

async function measureContent(world, route) {
    const [content, paint] = [[], []];
    for (let i = 0; i < RUNS; i++) {
        const window = await world.open({ token: null, path: route, init: watchContent });
        await window.page.waitForFunction(() => globalThis.contentAt !== undefined);
        const seen = await window.page.evaluate(() => {
            const { responseEnd } = performance.getEntriesByType('navigation')[0];
            return [globalThis.contentAt - responseEnd, (performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN) - responseEnd];
        });
        content.push(seen[0]);
        paint.push(seen[1]);
        world.windows.pop();
        await window.close();
    }
    return { content, paint };
}

// From the event's own time, before any code of the page ran, to the frame after the last change of the list that it led to.
const watchReaction = (type) => {
    globalThis.reaction = undefined;
    addEventListener(type, ({ timeStamp }) => {
        const observer = new MutationObserver(() => {
            observer.disconnect();
            requestAnimationFrame(() => { const channel = new MessageChannel(); channel.port1.onmessage = () => { globalThis.reaction = performance.now() - timeStamp; }; channel.port2.postMessage(0); });
        });
        observer.observe(document.getElementById('rows'), { childList: true, subtree: true });
    }, { capture: true, once: true });
};

async function measureReaction(page, type, act) {
    const numbers = [];
    for (let i = 0; i < RUNS; i++) {
        await page.evaluate(watchReaction, type);
        await act(i);
        await page.waitForFunction(() => globalThis.reaction !== undefined);
        numbers.push(await page.evaluate(() => globalThis.reaction));
    }
    return numbers;
}

async function measure(world) {
    await world.fakeEngine('population 1000 healthy label=autoheal=true');
    await world.serve({ config: { monitor: { interval_seconds: 3600 } } });
    for (const route of ['', '#/containers']) {
        const { content, paint } = await measureContent(world, route);
        report(`first paint after the HTML, /${route}`, paint, CONTENT_MS);
        report(`first content after the HTML, /${route}`, content, CONTENT_MS);
    }
    const { page } = await world.open();
    await goTo(page, 'containers');
    await row(page, 'member-0000').waitFor();
    const search = page.locator('#search');
    await search.fill('name='); // of the name alone: ids have every digit
    await search.focus();
    report('filter, a key in the search', await measureReaction(page, 'keydown', (i) => page.keyboard.press(i % 2 ? 'Backspace' : '5')), REACTION_MS);
    await search.fill('');
    await eventually('all rows again', () => row(page, 'member-0000').count());
    await page.locator('th button[data-sort="name"]').click();
    report('sort by name, the other way round', await measureReaction(page, 'keydown', () => page.keyboard.press('Enter')), REACTION_MS);
    const show = page.locator('#show');
    report('filter, what is shown', await measureReaction(page, 'change', (i) => show.selectOption(i % 2 ? 'all' : 'failing')), REACTION_MS);
}

const shared = await fakeWorld.begin();
try {
    const world = await fakeWorld.setup(shared, 'bench');
    await measure(world);
    await fakeWorld.teardown(world, false);
} finally {
    await fakeWorld.end(shared);
}
console.log(`\n${missed} missed; load of this machine: ${load()}`);
