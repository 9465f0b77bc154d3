// SPDX-License-Identifier: MIT
// Maintenance: hands off everything, or some containers, for a while; and each week.

import { now, ticking } from "./clock.js";
import { button, complain, field, h, hide, redraw, said, select } from "./dom.js";
import { disable, enable, leftText, openForAll, wasAll, wasScope } from "./maintenance_switch.js";
import { busy, confirm } from "./notices.js";
import { known, on } from "./store.js";
import { windowsEditor } from "./windows_editor.js";
import { at, duration, secondsSince, secondsUntil, stopwatch } from "./words.js";

export const title = "Maintenance";

const TIMES = [
    ["", "until it is ended"],
    ["900", "15 minutes"],
    ["1800", "30 minutes"],
    ["3600", "1 hour"],
    ["7200", "2 hours"],
    ["28800", "8 hours"],
    ["86400", "1 day"],
    ["until", "until a time…"],
];

const clockOf = (start) => ticking(h("span", { class: "clock" }), () => stopwatch(secondsSince(start)));
const endOf = (until) => ticking(h("span", {}), () => leftText(until));

// ---- What is on ----

function scopeItem(s) {
    return h(
        "li",
        { class: "line", data: { scope: s.scope } },
        h("span", { class: "badge", data: { tone: "maintenance" } }, said(s.scope)),
        clockOf(s.start_time),
        endOf(s.until),
        s.reason ? h("span", { class: "why" }, said(s.reason)) : null,
        button("End", "maintenance-end", (event) => busy(event.currentTarget, () => disable({ scopes: [s.scope] }, wasScope(s))), {
            "aria-label": `End maintenance of ${s.scope}`,
        }),
    );
}

function windowItem(w) {
    return h(
        "li",
        { class: "line", data: { window: w.scope } },
        h("span", { class: "badge", data: { tone: "maintenance" } }, said(w.scope)),
        clockOf(w.start_time),
        endOf(w.until),
        h("span", { class: "hint" }, "weekly window"),
    );
}

function stateOf(m) {
    if (!m) return [h("p", { class: "hint" }, "Not known yet.")];
    const some = m.scopes.length + m.windows.length > 0;
    if (!m.maintenance_mode && openForAll(m)) return [h("p", {}, "Of all containers, in a weekly window:")];
    if (!m.maintenance_mode)
        return [h("p", {}, some ? "Of these only, not of all containers:" : "Off: what is failing is restarted.")];
    return [
        h(
            "p",
            { class: "line" },
            h("span", { class: "badge", data: { tone: "maintenance" } }, "all containers"),
            clockOf(m.maintenance_start_time),
            endOf(m.until),
            m.reason ? h("span", { class: "why" }, said(m.reason)) : null,
            button("End", "maintenance-off", (event) => busy(event.currentTarget, () => disable(undefined, wasAll(m))), {
                "aria-label": "End maintenance of all containers",
            }),
        ),
    ];
}

// As `docker autoheal maintenance status` says it.
function upcoming(w) {
    return w ? `The next weekly window, of ${w.scope}, begins in ${duration(secondsUntil(w.start_time))} (${at(w.start_time)})` : "";
}

// ---- Begin ----

// "shop, project:x": scopes with commas between them, as container names have none.
const scopesOf = (text) =>
    text
        .split(",")
        .map((s) => s.trim())
        .filter(Boolean);

function beginForm(scope) {
    const scopes = h("input", {
        name: "scope",
        type: "text",
        list: "scope-names",
        value: scope ?? "",
        autocomplete: "off",
        spellcheck: "false",
    });
    const names = h("datalist", { id: "scope-names" });
    const length = select(TIMES, "", { name: "for", on: { change: () => times() } });
    const until = h("input", { name: "until", type: "datetime-local", step: 60 });
    const untilField = field("Ends at", until);
    const reason = h("input", { name: "reason", type: "text", maxlength: 500 });
    const form = h(
        "form",
        { id: "begin", novalidate: true, on: { submit: (event) => (event.preventDefault(), busy(form, begin)) } },
        h(
            "div",
            { class: "fields" },
            field("Of what", scopes, "A container, project:NAME or label:KEY[=VALUE], with commas between them; empty: everything"),
            field("For", length),
            untilField,
            field("Reason", reason, "Shown here and by docker autoheal status"),
        ),
        names,
        h(
            "div",
            { class: "acts" },
            h("button", { type: "submit", class: "primary", data: { action: "maintenance-begin" } }, "Begin"),
        ),
    );

    function times() {
        untilField.hidden = length.value !== "until";
    }

    function wrong(control, text) {
        complain(control, text);
        control.focus();
        return true;
    }

    // What the server refuses stands at the field that it names.
    function refused({ issues, message, status }) {
        const about = (name) => issues.find((issue) => issue.path.split(".")[0] === name)?.message;
        if (about("scopes") || status === 404 || status === 409) return wrong(scopes, about("scopes") ?? message);
        if (about("until")) return wrong(untilField.hidden ? length : until, about("until"));
        return about("reason") ? wrong(reason, about("reason")) : false;
    }

    function end() {
        if (length.value === "until") return until.value ? new Date(until.value).toISOString() : "";
        return length.value ? new Date(now() + Number(length.value) * 1000).toISOString() : null;
    }

    async function begin() {
        const ends = end();
        if (ends === "") return wrong(until, "Say when it ends");
        const typed = () => `${scopes.value} ${reason.value}`;
        const sent = typed();
        const list = scopesOf(scopes.value);
        const body = {
            ...(list.length ? { scopes: list } : {}),
            ...(ends ? { until: ends } : {}),
            ...(reason.value ? { reason: reason.value } : {}),
        };
        if (!(await enable(body, refused))) return;
        if (typed() === sent) scopes.value = reason.value = ""; // what was typed meanwhile stays
    }

    function offer() {
        const all = [...known.containers.values()];
        const projects = new Set(all.map((c) => c.labels["com.docker.compose.project"]).filter(Boolean));
        const words = [...[...projects].map((p) => `project:${p}`), ...all.map((c) => c.stable_id)];
        names.replaceChildren(...words.slice(0, 500).map((word) => h("option", { value: word })));
    }

    times();
    return { form, offer, set: (text) => (scopes.value = text) };
}

export function open(root, place) {
    const state = h("div", { id: "maintenance-state" });
    const scopes = h("ul", { id: "scopes", class: "plain" });
    const windows = h("ul", { id: "open-windows", class: "plain" });
    const endAll = button("End all of it", "maintenance-end-all", (event) =>
        confirm(event.currentTarget, { yes: "End all maintenance" }, () => disable({ all: true })),
    );
    const begin = beginForm(place.params.scope);
    const weekly = windowsEditor();
    root.append(
        h("h1", { tabindex: -1 }, title),
        h(
            "p",
            { class: "lead" },
            "Nothing is restarted and nothing counted; containers are looked at and shown as ever. What you do by hand is done.",
        ),
        h(
            "section",
            { class: "card", "aria-labelledby": "on-h" },
            h("h2", { id: "on-h" }, "Under maintenance now"),
            state,
            scopes,
            windows,
            ticking(h("p", { id: "next-window", class: "hint" }), () => upcoming(known.maintenance?.next_window)),
            endAll,
        ),
        h("section", { class: "card", "aria-labelledby": "begin-h" }, h("h2", { id: "begin-h" }, "Begin maintenance"), begin.form),
        weekly.node,
    );

    function draw() {
        const m = known.maintenance;
        redraw(state, () => state.replaceChildren(...stateOf(m)));
        redraw(scopes, () => scopes.replaceChildren(...(m?.scopes ?? []).map(scopeItem)));
        redraw(windows, () => windows.replaceChildren(...(m?.windows ?? []).map(windowItem)));
        hide(endAll, !m || m.scopes.length + (m.maintenance_mode ? 1 : 0) < 2);
    }

    const stops = [
        on("maintenance", draw),
        on("containers", ({ added, removed }) => added.size + removed.size && begin.offer()),
        () => weekly.close(),
    ];
    draw();
    begin.offer();
    return {
        update(next) {
            if (next.params.scope) begin.set(next.params.scope);
        },
        close: () => stops.forEach((stop) => stop()),
    };
}
