// SPDX-License-Identifier: MIT
// What a test finds: an engine, a serve with a fresh data directory, and windows. Whatever is not right at its end fails the test.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { launchBrowser, openWindow } from './browser.mjs';
import { startEngine } from './engine.mjs';
import { startFake } from './fake.mjs';
import { makeGuardedDirectory } from './process.mjs';
import { TOKEN, startServe } from './serve.mjs';

class World {
    constructor(shared, name) {
        this.shared = shared;
        this.name = name;
        this.dir = join(shared.guarded.dir, `world-${shared.worlds++}`);
        this.windows = [];
        this.endings = [];
        mkdirSync(this.dir, { mode: 0o700 });
    }

    get engine() {
        return this.shared.engine;
    }

    async serve(options) {
        this.service = await startServe(this.dir, this.fake?.host ?? this.engine.host, options);
        return this.service;
    }

    async fakeEngine(script) {
        this.fake = await startFake(this.dir, script);
        return this.fake;
    }

    // Whatever has to be ended with the test: ends(relay) ends it after the windows.
    ends(something) {
        this.endings.push(() => something.end());
        return something;
    }

    // A window on the page; `path` is what stands behind the origin. With the token unless `token` is null.
    async open({ path = '', token = TOKEN, origin = this.service.url, ...options } = {}) {
        const window = await openWindow(this.shared.browser, origin, options);
        this.windows.push(window);
        await window.page.goto(`${origin}/${path}${token ? `#token=${token}` : ''}`);
        return window;
    }

    async close(failed) {
        const problems = [];
        const attempt = (work) => Promise.resolve().then(work).catch((error) => problems.push(error));
        if (failed) await attempt(() => Promise.all(this.windows.map((window, i) => window.shots(`failed-${this.name.replace(/\W+/g, '-')}-${i}`))));
        for (const window of this.windows) await attempt(() => window.close());
        for (const end of this.endings.reverse()) await attempt(end);
        if (this.service) await attempt(() => this.service.end());
        if (this.fake) await attempt(() => this.fake.end());
        if (this.engine) await attempt(() => this.engine.removeAll());
        if (problems.length > 0) throw new Error(problems.map((error) => error.stack ?? error).join('\n'));
    }
}

function worldWith(begin) {
    return {
        begin: async () => {
            const shared = { guarded: makeGuardedDirectory(), worlds: 0 };
            shared.browser = await launchBrowser();
            await begin(shared);
            return shared;
        },
        setup: async (shared, name) => new World(shared, name),
        teardown: (world, failed) => world.close(failed),
        end: async (shared) => {
            await shared.browser.close();
            await shared.guarded.remove();
        },
    };
}

// One real engine for the program; a test's containers go with the test.
export const realWorld = worldWith(async (shared) => {
    shared.engine = await startEngine(shared.guarded.dir);
});

// Each test makes a scripted engine of its own.
export const fakeWorld = worldWith(async () => {});
