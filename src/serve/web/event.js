// SPDX-License-Identifier: MIT
// One event of the history, as a list item.

import { ticking } from "./clock.js";
import { h, said } from "./dom.js";
import { told } from "./told.js";
import { ago, at, duration, eventContainer, part } from "./words.js";

const TONES = { success: "ok", failure: "failing", quarantined: "quarantined", enabled: "other" };

// What stands beyond the seven documented keys, where it says more than the message.
function more(e) {
    const facts = [];
    if (e.restart_count) facts.push(`restarts: ${e.restart_count}`);
    if (e.reason) facts.push(e.reason);
    if (e.exit_code !== undefined && e.exit_code !== null) facts.push(`exit code ${e.exit_code}`);
    if (e.oom_killed) facts.push("out of memory");
    if (e.stable_id && e.stable_id !== eventContainer(e)) facts.push(e.stable_id);
    if (e.container_id) facts.push(String(e.container_id).slice(0, 12));
    if (e.duration_ms) facts.push(e.duration_ms < 1000 ? `${e.duration_ms} ms` : duration(e.duration_ms / 1000));
    return facts.join(" · ");
}

function outputs(e) {
    const parts = [
        ["what the probe said", e.health_output],
        ["log before the restart", e.log_tail],
    ].filter(([, text]) => text);
    return parts.map(([what, text]) => h("details", {}, h("summary", {}, what), h("pre", { tabindex: 0 }, said(String(text)))));
}

export function eventItem(e, { full } = {}) {
    const name = eventContainer(e);
    return h(
        "li",
        { class: "event", data: { event: e.event_type, status: e.status, container: name || null } },
        h(
            "div",
            { class: "who" },
            h("span", { class: "badge", data: { tone: TONES[e.status] ?? "other" } }, said(e.event_type)),
            name ? h("a", { href: `#/containers/${part(name)}` }, said(name)) : null,
            full && e.status ? h("span", { class: "status" }, said(e.status)) : null,
            full
                ? h("time", { datetime: e.timestamp }, at(e.timestamp))
                : ticking(h("time", { datetime: e.timestamp, title: at(e.timestamp) }), () => ago(e.timestamp)),
        ),
        h("p", { class: "why" }, told(e.message)),
        full ? h("p", { class: "hint" }, said(more(e))) : null,
        full ? outputs(e) : null,
    );
}
