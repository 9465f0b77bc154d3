// SPDX-License-Identifier: MIT
// The tests of one program, one after another. It closes with cmocka's lines, which tests/run-tests.sh counts.
//
//     test('what is promised', async (world) => { ... });
//     await runTests({ begin, setup, teardown, end });
//
// `begin` makes what all of them share, `setup(shared)` a world for each test, `teardown(world)` checks and removes it; what it finds
// counts against that test. With PAGE_TEST=TEXT only those are run whose name contains it.

const DEADLINE_MS = 600_000;
const tests = [];

export function test(name, fn) {
    tests.push({ name, fn });
}

function within(promise, ms, what) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`${what} takes longer than ${ms / 1000} s`)), ms);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function runOne({ name, fn }, shared, { setup, teardown }) {
    const problems = [];
    const attempt = async (what, work) => {
        try {
            return await within(work(), DEADLINE_MS, what);
        } catch (error) {
            problems.push(error);
            return undefined;
        }
    };
    const world = await attempt('the setup', () => setup(shared, name));
    if (problems.length === 0) await attempt('the test', () => fn(world));
    if (world) await attempt('the teardown', () => teardown(world, problems.length > 0));
    for (const error of problems) console.log(error.stack ?? String(error));
    return problems.length === 0;
}

export async function runTests({ begin, setup, teardown, end }) {
    const chosen = tests.filter(({ name }) => name.includes(process.env.PAGE_TEST ?? ''));
    const failed = [];
    const shared = await begin();
    try {
        for (const one of chosen) {
            const started = Date.now();
            console.log(`[ RUN      ] ${one.name}`);
            const ok = await runOne(one, shared, { setup, teardown });
            console.log(`${ok ? '[       OK ]' : '[  FAILED  ]'} ${one.name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
            if (!ok) failed.push(one.name);
        }
    } finally {
        await end(shared);
    }
    console.log(`[  PASSED  ] ${chosen.length - failed.length} test(s).`);
    if (failed.length > 0) console.log(`[  FAILED  ] ${failed.length} test(s), listed above`);
    process.exitCode = failed.length > 0 || chosen.length === 0 ? 1 : 0;
}
