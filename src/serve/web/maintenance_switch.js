// SPDX-License-Identifier: MIT
// The switch for maintenance of everything, with its clock; scopes and times have a view of their own.

import { post } from "./api.js";
import { ticking } from "./clock.js";
import { button, h, renew } from "./dom.js";
import { attempt, busy } from "./notices.js";
import { known, on, refreshNow } from "./store.js";
import { at, count, duration, secondsSince, secondsUntil, stopwatch } from "./words.js";

// What was on comes back with its end and its reason, and with a new beginning.
const again = (m, more) => ({ ...more, ...(m.until ? { until: m.until } : {}), ...(m.reason ? { reason: m.reason } : {}) });
export const wasAll = (m) => again(m);
export const wasScope = (s) => again(s, { scopes: [s.scope] });

// What is on already of what is to begin.
function wasOn(body) {
    const m = known.maintenance;
    if (body?.scopes) return m?.scopes.filter((s) => body.scopes.includes(s.scope)).map(wasScope) ?? [];
    return m?.maintenance_mode ? [wasAll(m)] : [];
}

// What was on before is on again as it was; the rest ends.
async function takeBack(body, was) {
    const old = was.flatMap(({ scopes }) => scopes ?? []);
    const scopes = body?.scopes?.filter((scope) => !old.includes(scope));
    const isRest = scopes ? scopes.length > 0 : was.length === 0;
    let undone = isRest ? await post("/api/maintenance/disable", scopes ? { scopes } : undefined) : null;
    for (const one of was) undone = await post("/api/maintenance/enable", one);
    await refreshNow();
    return undone;
}

// refused(error) is true if it has said what is wrong where that belongs.
export async function enable(body, refused = () => false) {
    const was = wasOn(body);
    const begin = async () => {
        try {
            return await post("/api/maintenance/enable", body, { why: "Maintenance needs the token." });
        } catch (error) {
            if (error.status && refused(error)) return null;
            throw error;
        }
    };
    const reply = await attempt(begin, undefined, {
        run: () => takeBack(body, was),
    });
    if (reply) await refreshNow();
    return reply;
}

export async function disable(body, was) {
    const redo = async () => {
        const redone = await post("/api/maintenance/enable", was);
        await refreshNow();
        return redone;
    };
    const reply = await attempt(
        () => post("/api/maintenance/disable", body, { why: "Maintenance needs the token." }),
        undefined,
        was ? { run: redo } : undefined,
    );
    if (reply) await refreshNow();
    return reply;
}

export function leftText(until) {
    return until ? `ends in ${duration(secondsUntil(until))} (${at(until)})` : "";
}

// The weekly window that is open for everything, if there is one.
export const openForAll = (m) => m?.windows.find(({ scope }) => scope === "all containers");

export function maintenanceSwitch() {
    const node = h("div", { class: "maintenance" });

    function draw() {
        const m = known.maintenance;
        const others = (m?.scopes.length ?? 0) + (m?.windows.length ?? 0);
        const more = others ? `${count(others, "scope")} under maintenance…` : "Scope and time…";
        if (!m?.maintenance_mode) {
            renew(
                node,
                button("Begin maintenance", "maintenance-on", (event) => busy(event.currentTarget, () => enable(undefined)), {
                    title: "Nothing is restarted until it ends",
                }),
                h("a", { href: "#/maintenance" }, openForAll(m) ? "In a weekly window…" : more),
            );
            return;
        }
        const clock = ticking(h("span", { class: "clock" }), () =>
            stopwatch(secondsSince(known.maintenance?.maintenance_start_time)),
        );
        renew(
            node,
            h("span", { class: "badge", data: { tone: "maintenance" } }, "maintenance"),
            clock,
            button("End maintenance", "maintenance-off", (event) => busy(event.currentTarget, () => disable(undefined, wasAll(m)))),
            h("a", { href: "#/maintenance" }, "More…"),
        );
    }

    const stop = on("maintenance", draw);
    draw();
    return { node, close: stop };
}
