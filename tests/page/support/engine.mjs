// SPDX-License-Identifier: MIT
// A real engine of the program's own (scripts/private-engine.sh; as root), and containers in it.
import { join } from 'node:path';

import { eventually } from './await.mjs';
import { run } from './process.mjs';

const SCRIPT = 'scripts/private-engine.sh';
const OBEDIENT = ['sh', '-c', 'trap "exit 0" TERM; sleep 1000 & wait'];

export async function startEngine(dir) {
    const engine = new Engine(join(dir, 'engine'));
    await engine.manage('start');
    await engine.manage('image');
    return engine;
}

class Engine {
    constructor(dir) {
        this.dir = dir;
        this.host = `unix://${join(dir, 'docker.sock')}`;
        this.down = false;
    }

    manage(action) {
        return run(SCRIPT, [action, this.dir]);
    }

    async crash() {
        this.down = true;
        await this.manage('crash');
    }

    async startAgain() {
        await this.manage('start');
        this.down = false;
    }

    docker(...args) {
        return run('docker', ['-H', this.host, ...args]);
    }

    // Healthy until it is made sick, healthy again after a restart, and at once gone when it is told to.
    async runPatient(name, ...options) {
        await this.docker('run', '-d', '--name', name, '--network', 'none', '--tmpfs', '/run', '--health-cmd', 'test ! -e /run/sick',
            '--health-interval', '1s', '--health-retries', '1', ...options, 'autoheal-demo', ...OBEDIENT);
    }

    // Without a health check.
    async runPlain(name, ...options) {
        await this.docker('run', '-d', '--name', name, '--network', 'none', ...options, 'autoheal-demo', ...OBEDIENT);
    }

    sicken(name) {
        return this.docker('exec', name, 'touch', '/run/sick');
    }

    async inspect(name) {
        return JSON.parse(await this.docker('inspect', name))[0];
    }

    async startedAt(name) {
        return (await this.inspect(name)).State.StartedAt;
    }

    awaitHealth(name, health) {
        return eventually(`'${name}' is ${health}`, async () => (await this.inspect(name)).State.Health.Status === health);
    }

    awaitRestart(name, before) {
        return eventually(`'${name}' was restarted`, async () => {
            const { State } = await this.inspect(name);
            return State.Running && State.StartedAt !== before;
        });
    }

    async removeAll() {
        if (this.down) await this.startAgain();
        const ids = (await this.docker('ps', '-aq')).split('\n').filter(Boolean);
        if (ids.length > 0) await this.docker('rm', '-f', ...ids);
    }
}
