// SPDX-License-Identifier: MIT
// Debian's Chromium, and windows in it that keep account of what must not happen: errors, breaches of the policy, other hosts.
//
// Pictures are kept in PAGE_SHOTS. A network error that a test brings about is one that Chromium itself reports; such a test says so with `window.expects(pattern)`.
import { createRequire } from 'node:module';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { eventually } from './await.mjs';

const modules = createRequire(join(resolve(process.env.PAGE_MODULES), 'package.json'));
const { chromium } = modules('playwright-core');
const AXE = modules('axe-core').source;

const STREAM = '/api/events/stream';
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 780 };
const ACTION_MS = 60_000;

export function launchBrowser() {
    return chromium.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
        // As root there is no sandbox of Chromium's to be had; it opens nothing but the page under test.
        chromiumSandbox: process.getuid() !== 0,
        args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--no-proxy-server', '--disable-background-networking', '--disable-component-update',
            '--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost'],
    });
}

export async function openWindow(browser, origin, { viewport = DESKTOP, colorScheme = 'light', ownClock = false, init, ...options } = {}) {
    const context = await browser.newContext({ viewport, colorScheme, locale: 'en-GB', timezoneId: 'UTC', acceptDownloads: true, ...options });
    context.setDefaultTimeout(ACTION_MS);
    const page = await context.newPage();
    const window = new Window(context, page, origin);
    await window.keepAccount();
    if (init) await context.addInitScript(init);
    if (ownClock) await page.clock.install(); // goes on as ever, until the test sets it forward
    return window;
}

class Window {
    constructor(context, page, origin) {
        Object.assign(this, { context, page, origins: new Set([origin]), faults: [], patterns: [], asked: new Set() });
    }

    async keepAccount() {
        const fault = (text) => this.faults.push(text);
        this.context.on('request', (asked) => {
            const { protocol, origin } = new URL(asked.url());
            if (!['data:', 'blob:', 'about:'].includes(protocol) && !this.origins.has(origin)) fault(`a request to another host: ${asked.url()}`);
            if (!asked.url().endsWith(STREAM)) this.asked.add(asked);
        });
        for (const end of ['requestfinished', 'requestfailed']) this.context.on(end, (asked) => this.asked.delete(asked));
        this.context.on('console', (message) => {
            if (['error', 'warning'].includes(message.type())) fault(`console ${message.type()}: ${message.text()} (${message.location().url})`);
        });
        this.context.on('weberror', (event) => fault(`error on the page: ${event.error().stack ?? event.error()}`));
        this.page.on('dialog', (dialog) => {
            fault(`a dialog that blocks the view: ${dialog.message()}`);
            dialog.dismiss().catch(() => {});
        });
        await this.context.exposeBinding('reportBreach', (_, text) => fault(`a breach of the policy: ${text}`));
        await this.context.addInitScript(() => {
            document.addEventListener('securitypolicyviolation', (event) => {
                globalThis.reportBreach(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`);
            });
        });
    }

    // From now on what fits this is no fault: a test that takes the network away says what it expects to hear.
    expects(pattern) {
        this.patterns.push(pattern);
    }

    // Nothing is on its way but the stream of events, which does not end.
    settled() {
        return eventually('nothing is on its way', () => {
            if (this.asked.size > 0) throw new Error([...this.asked].map((asked) => asked.url()).join(', '));
            return true;
        });
    }

    check() {
        const left = this.faults.filter((text) => !this.patterns.some((pattern) => pattern.test(text)));
        this.faults = [];
        if (left.length > 0) throw new Error(`the page was not quiet:\n  ${left.join('\n  ')}`);
    }

    async shot(name) {
        mkdirSync(process.env.PAGE_SHOTS, { recursive: true });
        await this.page.evaluate(() => document.activeElement?.closest('main *')?.scrollIntoView({ block: 'center' })); // what was used last
        await this.page.screenshot({ path: join(process.env.PAGE_SHOTS, `${name}.png`), animations: 'disabled' });
    }

    // Light, dark and on a phone. The view is then as it was.
    async shots(name) {
        const before = this.page.viewportSize();
        for (const [kind, viewport, colorScheme] of [['light', DESKTOP, 'light'], ['dark', DESKTOP, 'dark'], ['phone', PHONE, 'light']]) {
            await this.page.setViewportSize(viewport);
            await this.page.emulateMedia({ colorScheme });
            await this.shot(`${name}-${kind}`);
        }
        await this.page.setViewportSize(before);
        await this.page.emulateMedia({ colorScheme: 'light' });
    }

    // Runs outside the page's policy, as an extension would.
    async outside(expression) {
        this.session ??= await this.context.newCDPSession(this.page);
        const { result, exceptionDetails } = await this.session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
    }

    // What axe-core finds on the view as it is, of whatever gravity is asked for.
    async audit(gravities = ['serious', 'critical']) {
        if (!await this.outside('typeof axe === "object"')) await this.outside(`${AXE}; 0`);
        const found = await this.outside(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map((v) => ({
            id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.slice(0, 5).map((n) => n.html.slice(0, 200) + ' ' + (n.any[0]?.message ?? '')) })))`);
        return found.filter(({ impact }) => gravities.includes(impact));
    }

    async close() {
        await this.context.close();
        this.check();
    }
}
