// SPDX-License-Identifier: MIT
// Programs that are started and ended, and directories that go away with the test program, in whatever way it ends.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

// What the program prints on standard output; it fails with both outputs if the program does.
export async function run(program, args, options = {}) {
    const { stdout } = await execute(program, args, { maxBuffer: 64 << 20, timeout: 120_000, ...options });
    return stdout;
}

// A guardian reads from us until we are gone, then cleans up: also after SIGKILL, and after a crash of node.
export function makeGuardedDirectory() {
    const dir = mkdtempSync(join(tmpdir(), 'autoheal-page-'));
    const script = `trap '' INT TERM HUP; read -r _; [ ! -e "$1/engine" ] || scripts/private-engine.sh stop "$1/engine"; rm -rf "$1"`;
    const guardian = spawn('/bin/sh', ['-c', script, 'sh', dir], { stdio: ['pipe', 'ignore', 'inherit'], detached: true });
    const gone = new Promise((resolve) => guardian.once('exit', resolve));
    return {
        dir,
        remove: () => {
            guardian.stdin.end();
            return gone;
        },
    };
}

// It ends with us. Its outputs go to the file `log`. `end` sends a signal and gives the exit code, or the name of the signal that ended it.
export function start(program, args, { env, log }) {
    const out = openSync(log, 'a');
    const child = spawn('/usr/bin/setpriv', ['--pdeathsig', 'KILL', program, ...args], { env, stdio: ['ignore', out, out] });
    const ended = new Promise((resolve) => {
        child.once('exit', (code, signal) => resolve(code ?? signal));
        child.once('error', (error) => resolve(error.message));
    });
    return {
        pid: child.pid,
        ended,
        running: () => child.exitCode === null && child.signalCode === null,
        end: (signal = 'SIGTERM') => {
            if (child.exitCode === null && child.signalCode === null) child.kill(signal);
            return ended;
        },
    };
}

export function freePort() {
    return new Promise((resolve, reject) => {
        const server = createServer();
        server.once('error', reject);
        server.listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}
