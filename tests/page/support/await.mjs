// SPDX-License-Identifier: MIT
// Waiting for something to be true: looked at again and again until a deadline, which only a failure meets.

const LOOK_MS = 50;
const DEADLINE_MS = 90_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// What `look` gives once it is neither false nor nothing. What it throws counts as not yet.
export async function eventually(what, look, deadlineMs = DEADLINE_MS) {
    const end = Date.now() + deadlineMs;
    let last;
    for (;;) {
        try {
            last = await look();
            if (last) return last;
        } catch (error) {
            last = error;
        }
        if (Date.now() > end) throw new Error(`not within ${deadlineMs / 1000} s: ${what} (last seen: ${last?.message ?? JSON.stringify(last)})`);
        await pause(LOOK_MS);
    }
}
