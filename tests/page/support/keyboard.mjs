// SPDX-License-Identifier: MIT
// What somebody without a mouse gets: every control by Tab, and a mark that shows where they are.

// All that Tab has to reach on the view as it is. Of radio buttons one in each group, as browsers do.
const collectControls = () => {
    const selector = 'a[href], button, input, select, textarea, summary, [tabindex], [contenteditable="true"]';
    const groups = new Set();
    const wanted = [...document.querySelectorAll(selector)].filter((element) => {
        if (element.tabIndex < 0 || element.matches(':disabled') || element.closest('[inert]') || !element.checkVisibility({ visibilityProperty: true })) return false;
        if (element.type !== 'radio') return true;
        const group = `${element.name}`;
        if (groups.has(group)) return false;
        groups.add(group);
        return true;
    });
    globalThis.tabWanted = new Set(wanted);
    return wanted.length;
};

// The one that has the focus now: whether it was wanted, whether it can be seen, and whether the focus can.
const lookAtFocus = () => {
    const element = document.activeElement;
    if (!element || element === document.body || element === document.documentElement) return null;
    const name = `<${element.tagName.toLowerCase()}${element.id ? ` id=${element.id}` : ''}> ${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 40)}`;
    for (const wanted of globalThis.tabWanted) {
        if (wanted === element || (element.type === 'radio' && wanted.type === 'radio' && wanted.name === element.name)) globalThis.tabWanted.delete(wanted);
    }
    const focused = { ...['outlineStyle', 'outlineWidth', 'outlineColor', 'boxShadow'].reduce((all, key) => ({ ...all, [key]: getComputedStyle(element)[key] }), {}) };
    const box = element.getBoundingClientRect();
    const inside = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
    const [x, y] = [Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1), Math.min(Math.max(box.top + box.height / 2, 1), innerHeight - 1)];
    const top = document.elementFromPoint(x, y);
    const covered = box.width > 1 && box.height > 1 && top !== null && top !== element && !element.contains(top) && !top.contains(element)
        && ![...(element.labels ?? [])].some((label) => label.contains(top));
    const seen = (focused.outlineStyle !== 'none' && parseFloat(focused.outlineWidth) >= 1) || focused.boxShadow !== 'none';
    return { name, inside, covered: covered ? top.outerHTML.slice(0, 120) : null, seen, first: globalThis.tabFirst === element, mark: (globalThis.tabFirst ??= element) && 0 };
};

// Goes once around by Tab. What is missed, hidden, covered or without a mark comes back as a list of sentences.
export async function tabAround(page, limit = 1000) {
    const problems = [];
    const total = await page.evaluate(collectControls);
    await page.evaluate(() => {
        delete globalThis.tabFirst;
        document.activeElement?.blur();
        document.body.focus();
    });
    let steps = 0;
    for (let nowhere = 0; steps < limit && nowhere < 3; steps++) {
        await page.keyboard.press('Tab');
        const focus = await page.evaluate(lookAtFocus);
        nowhere = focus ? 0 : nowhere + 1; // between the last and the first the focus is the browser's own
        if (!focus) continue;
        if (focus.first) break;
        if (!focus.inside) problems.push(`not in view when it has the focus: ${focus.name}`);
        if (focus.covered) problems.push(`covered by ${focus.covered} when it has the focus: ${focus.name}`);
        if (!focus.seen) problems.push(`no visible focus: ${focus.name}`);
    }
    const missed = await page.evaluate(() => [...globalThis.tabWanted].map((element) => element.outerHTML.slice(0, 160)));
    for (const one of missed) problems.push(`not reached by Tab: ${one}`);
    if (steps === limit) problems.push(`no way around within ${limit} steps`);
    return { total, problems };
}
