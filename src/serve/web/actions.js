// SPDX-License-Identifier: MIT
// What can be done about containers, each with its way back or its confirmation.

import { get, post, put } from "./api.js";
import { button } from "./dom.js";
import { attempt, busy, confirm, notify } from "./notices.js";
import { refreshNow } from "./store.js";
import { count, part } from "./words.js";

const RESTART_PATIENCE_MS = 610000;

// By its id, which is one container's alone whatever others are called.
const path = (id, verb) => `/api/containers/${part(id)}/${verb}`;

async function look(done) {
    if (done) await refreshNow();
    return done;
}

export const restart = async (c) =>
    look(
        await attempt(
            () =>
                post(path(c.full_id, "restart"), undefined, {
                    patience: RESTART_PATIENCE_MS,
                    why: `Restarting ${c.name} needs the token.`,
                }),
            `Container ${c.name} restarted`,
            undefined,
            `Restarting ${c.name}`,
        ),
    );

// id: of a container, or the stable id of one that is gone.
export const release = async (id, name) =>
    look(
        await attempt(
            () => post(path(id, "unquarantine"), undefined, { why: `Releasing ${name} needs the token.` }),
            undefined,
            undefined,
            `Releasing ${name}`,
        ),
    );

export async function quarantine(c) {
    return look(
        await attempt(
            () => post(path(c.full_id, "quarantine"), undefined, { why: `Quarantining ${c.name} needs the token.` }),
            undefined,
            { run: () => post(path(c.full_id, "unquarantine")).then(look) },
            `Quarantining ${c.name}`,
        ),
    );
}

// The two lists as config.json has them.
async function lists() {
    const settings = await get("/api/config/settings");
    const of = (wanted) => settings.find((s) => s.path === wanted)?.in_file ?? null;
    return { selected: of("containers.selected"), excluded: of("containers.excluded") };
}

// What may stand for one of them in a list.
const naming = (containers) => (item) =>
    containers.some((c) => item === c.name || item === c.stable_id || (item.length >= 12 && c.full_id.startsWith(item)));

// These containers as they were, all others as they are now.
function putBack(was, is, isTheirs) {
    const items = [
        ...(was ?? []).filter((item) => isTheirs(item) || is?.includes(item)),
        ...(is ?? []).filter((item) => !isTheirs(item) && !was?.includes(item)),
    ];
    return items.length || was ? items : null;
}

async function change(containers, run, done) {
    const isTheirs = naming(containers);
    let before;
    const takeBack = async () => {
        const after = await lists();
        const [selected, excluded] = ["selected", "excluded"].map((key) => putBack(before[key], after[key], isTheirs));
        return look(await put("/api/config", { containers: { selected, excluded } }));
    };
    const undo = { run: takeBack, done: "It is as it was" };
    return look(
        await attempt(
            async () => {
                before = await lists();
                return run(before);
            },
            done,
            undo,
        ),
    );
}

// `monitor` and `ignore` of the command line.
export function monitor(containers, enabled) {
    const whom = containers.length === 1 ? containers[0].name : count(containers.length, "container");
    return change(
        containers,
        () =>
            post(
                "/api/containers/select",
                { container_ids: containers.map((c) => c.full_id), enabled },
                { why: "Choosing what is monitored needs the token." },
            ),
        enabled ? `${whom} monitored` : `${whom} ignored`,
    );
}

// `monitor --forget`: labels and filters decide again.
export function forget(c) {
    const isIt = naming([c]);
    const without = (list) => (list ?? []).filter((item) => !isIt(item));
    return change(
        [c],
        (before) =>
            put(
                "/api/config",
                { containers: { selected: without(before.selected), excluded: without(before.excluded) } },
                { why: "Choosing what is monitored needs the token." },
            ),
        `${c.name}: labels and filters decide again`,
    );
}

// One after another; what failed is told, the rest goes on.
export async function each(containers, verb, done) {
    let good = 0;
    const bad = [];
    for (const c of containers) {
        try {
            await post(path(c.full_id, verb));
            good++;
        } catch (error) {
            if (error.status === undefined) throw error;
            if (error.status === 401) break;
            bad.push(`${c.name}: ${error.message}`);
            if (error.status === 0) break; // nor will the others be heard
        }
    }
    if (bad.length > 0) notify("error", bad.length > 1 ? `${bad[0]}; and ${count(bad.length - 1, "other")} not ${done}` : bad[0]);
    if (good > 0) notify("done", `${count(good, "container")} ${done}`);
    await refreshNow();
}

// ---- Their buttons ----

const about = (name, extra) => ({ data: { container: name }, ...extra });

export function restartButton(c) {
    return button(
        "Restart",
        "restart",
        (event) => confirm(event.currentTarget, { yes: `Restart ${c.name}` }, () => restart(c)),
        about(c.name, { "aria-label": `Restart ${c.name}` }),
    );
}

export function quarantineButton(c) {
    return button(
        "Quarantine",
        "quarantine",
        (event) => busy(event.currentTarget, () => quarantine(c)),
        about(c.name, { "aria-label": `Quarantine ${c.name}`, title: "Leave it alone until it is released" }),
    );
}

export function releaseButton(c) {
    return button(
        "Release",
        "release",
        (event) => confirm(event.currentTarget, { yes: `Release ${c.name}` }, () => release(c.full_id, c.name)),
        about(c.name, { "aria-label": `Release ${c.name} from quarantine`, title: "Its restarts are counted anew" }),
    );
}
