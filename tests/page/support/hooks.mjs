// SPDX-License-Identifier: MIT
// What the page promises to be found by: data-action, data-container, data-view and a few ids.
import { eventually } from './await.mjs';

export const VIEWS = ['overview', 'containers', 'events', 'maintenance', 'plan', 'checks', 'notifications', 'configuration'];

export function action(scope, name, container) {
    return scope.locator(`[data-action="${name}"]${container === undefined ? '' : `[data-container=${JSON.stringify(container)}]`}`);
}

export function row(page, name) {
    return page.locator(`#rows > tr[data-container=${JSON.stringify(name)}]`);
}

export function cell(page, name, which) {
    return row(page, name).locator(`td[data-cell="${which}"]`);
}

// By the link in the navigation, as a person goes.
export async function goTo(page, view) {
    await page.locator(`#nav a[data-route="${view}"]`).click();
    await page.locator(`section[data-view="${view}"] h1`).waitFor();
}

export async function openPanel(page, name) {
    await page.evaluate((hash) => { location.hash = hash; }, `#/containers/${encodeURIComponent(name)}`);
    const panel = page.locator(`#panel[data-container=${JSON.stringify(name)}]`);
    await panel.waitFor();
    return panel;
}

export async function confirm(page) {
    await page.locator('.confirm [data-confirm="yes"]').click();
}

// What was done is told; the last word of that kind, once it says this.
export function awaitNotice(page, kind, pattern) {
    return awaitText(page.locator(`#notices .notice[data-kind="${kind}"]`), pattern);
}

// The field says so itself: beneath it, and to those who do not see it.
export function awaitProblem(page, control, pattern) {
    return eventually(`a field says ${pattern}`, async () => {
        const ids = ((await control.getAttribute('aria-describedby')) ?? '').split(' ').filter(Boolean);
        const texts = await Promise.all(ids.map((id) => page.locator(`[id="${id}"].problem`).allInnerTexts()));
        const isInvalid = await control.getAttribute('aria-invalid') === 'true';
        if (!isInvalid || !texts.flat().some((text) => pattern.test(text))) throw new Error(JSON.stringify([isInvalid, ...texts]));
        return true;
    });
}

// Takes back what the notice that says this is about.
export async function undo(page, pattern) {
    await action(page.locator('#notices .notice', { hasText: pattern }).last(), 'undo').click();
}

// One of what the locator finds says this.
export function awaitText(locator, pattern) {
    return eventually(`${locator} says ${pattern}`, async () => {
        const texts = await locator.allInnerTexts();
        if (!texts.some((text) => pattern.test(text))) throw new Error(JSON.stringify(texts));
        return texts;
    });
}

export function awaitCount(locator, count) {
    return eventually(`${count} of ${locator}`, async () => {
        const seen = await locator.count();
        if (seen !== count) throw new Error(`${seen}`);
        return true;
    });
}

export function awaitValue(what, get, wanted) {
    return eventually(what, async () => {
        const seen = await get();
        if (JSON.stringify(seen) !== JSON.stringify(wanted)) throw new Error(`${JSON.stringify(seen)} instead of ${JSON.stringify(wanted)}`);
        return true;
    });
}

export const names = (page) => page.locator('#rows > tr').evaluateAll((rows) => rows.map((one) => one.dataset.container));
