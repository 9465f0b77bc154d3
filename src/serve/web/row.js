// SPDX-License-Identifier: MIT
// One row of the table of containers, and what changes in it.

import { quarantineButton, releaseButton, restartButton } from "./actions.js";
import { still, ticking } from "./clock.js";
import { flag, h, mark, put, renew, said } from "./dom.js";
import { tell } from "./told.js";
import { healthOf, isDue, nextAction, part, restartsText, standing, tone } from "./words.js";

const cells = new WeakMap(); // row -> its changing parts

function cell(name, label, ...content) {
    return h("td", { role: "cell", data: { cell: name, label } }, ...content);
}

export function makeRow(c, chosen, choose) {
    const box = h("input", {
        type: "checkbox",
        "aria-label": `Select ${c.name}`,
        data: { action: "select" },
        checked: chosen.has(c.full_id),
        on: { change: () => choose(c.full_id, box.checked) },
    });
    const parts = {
        name: h("a", { href: `#/containers/${part(c.name)}`, data: { action: "explain", container: c.name } }, said(c.name)),
        image: said(c.image),
        state: said(""),
        health: h("span", { class: "badge" }),
        verdict: h("span", { class: "badge" }),
        monitored: h("span", {}),
        restarts: h("span", {}),
        quarantined: h("span", {}),
        next: h("span", {}),
        detail: said("", { class: "detail" }),
        acts: h("div", { class: "acts" }),
    };
    const row = h(
        "tr",
        { role: "row", data: { container: c.name, id: c.full_id } },
        cell("select", "", box),
        cell("name", "", parts.name, h("span", { class: "id mono" }, c.id)),
        cell("image", "Image", parts.image),
        cell("engine", "Engine", parts.state, parts.health),
        cell("verdict", "Verdict", parts.verdict),
        cell("monitored", "Monitored", parts.monitored),
        cell("restarts", "Restarts", parts.restarts),
        cell("quarantined", "Quarantined", parts.quarantined),
        cell("next", "Next action", parts.next, parts.detail),
        cell("actions", "", parts.acts),
    );
    cells.set(row, parts);
    updateRow(row, c);
    return row;
}

function updateNext(parts, c) {
    const isRunning = "tick" in parts.next.dataset;
    if (isDue(c)) ticking(parts.next, () => nextAction(c));
    else {
        if (isRunning) still(parts.next);
        put(parts.next, nextAction(c));
    }
    tell(parts.detail, c.monitored && c.decision !== "none" ? c.detail : "");
}

const HEALTH_TONES = { healthy: "ok", unhealthy: "failing" };

// Of what does not run the engine tells no health.
function updateHealth(node, c) {
    const health = healthOf(c);
    put(node, health === "none" ? (c.status === "running" ? "health: none" : "") : health);
    mark(node, "tone", HEALTH_TONES[health] ?? "other");
    mark(node, "health", health);
}

// Puts what differs, and touches nothing else.
export function updateRow(row, c) {
    const parts = cells.get(row);
    mark(row, "tone", tone(c));
    put(parts.image, c.image);
    put(parts.state, c.status);
    updateHealth(parts.health, c);
    put(parts.verdict, c.monitored || c.quarantined ? standing(c) : ""); // as `ps` leaves it empty
    mark(parts.verdict, "tone", tone(c));
    put(parts.monitored, c.monitored ? "yes" : c.reason && c.reason !== "not-monitored" ? `no (${c.reason})` : "no");
    flag(parts.monitored, "title", c.monitored_because);
    put(parts.restarts, restartsText(c));
    put(parts.quarantined, c.quarantined ? "yes" : "no");
    updateNext(parts, c);
    const acts = c.quarantined ? "release" : "quarantine";
    if (row.dataset.acts === acts) return;
    row.dataset.acts = acts;
    renew(parts.acts, restartButton(c), c.quarantined ? releaseButton(c) : quarantineButton(c));
}
