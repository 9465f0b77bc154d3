// SPDX-License-Identifier: MIT
// Notifications: whether, of which events, and whom.

import { del, get, post, put as send } from "./api.js";
import { button, h, mark, put, redraw, said, tableHead } from "./dom.js";
import { TYPES } from "./events.js";
import { attempt, busy, confirm, fail } from "./notices.js";
import { serviceForm } from "./service_form.js";
import { on } from "./store.js";
import { part } from "./words.js";

export const title = "Notifications";

const WHY = "Changing notifications needs the token.";
const FILTERS = [...TYPES, "health_check_failed"];

export function open(root) {
    let config = null;
    let form = null;
    let changes = 0; // under way: until the last has come to its end, what is ticked stays
    let loads = 0; // the answer to the last one counts
    let drawn = "";
    const master = h("input", {
        id: "notifications-enabled",
        type: "checkbox",
        role: "switch",
        disabled: true, // until it is known how it stands
        on: { change: () => busy(master, toggle) },
    });
    const filters = h("div", { class: "ticks", role: "group", "aria-label": "Events that are told" });
    const filterNote = h("p", { class: "hint", role: "status" });
    const body = h("tbody", {});
    const table = h("table", { id: "services" }, tableHead("Name", "Type", "Status", "Actions"), body);
    const empty = h("p", { class: "empty" });
    const place = h("div", {});
    const add = button("Add a service", "service-add", () => openForm(null), { class: "primary" });
    root.append(
        h("h1", { tabindex: -1 }, title),
        h(
            "section",
            { class: "card", "aria-labelledby": "what-h" },
            h("h2", { id: "what-h" }, "What is told"),
            h("label", { class: "tick", for: "notifications-enabled" }, master, "Tell the services what happens"),
            filters,
            filterNote,
        ),
        h(
            "section",
            { class: "card", "aria-labelledby": "whom-h" },
            h("h2", { id: "whom-h" }, "Services"),
            h("div", { class: "table" }, table),
            empty,
            add,
            place,
        ),
        h(
            "p",
            { class: "hint" },
            "alerts.webhook, which gets quarantines alone, stands in the ",
            h("a", { href: "#/configuration?q=alerts" }, "configuration"),
            ".",
        ),
    );

    // ---- What is told ----

    async function change(body_, done) {
        const before = Object.fromEntries(Object.keys(body_).map((key) => [key, config[key]]));
        const back = async () => {
            config = (await send("/api/notifications/config", before)).config;
            draw();
        };
        changes++;
        const reply = await attempt(() => send("/api/notifications/config", body_, { why: WHY }), done, {
            run: back,
            done: "It is as it was",
        }).finally(() => changes--);
        if (reply) {
            config = reply.config;
            loads++; // what was asked for before knows less
        }
        if (!changes) draw();
    }

    const toggle = () => change({ enabled: master.checked }, master.checked ? "Services are told" : "Nobody is told");

    function filterBox(type) {
        const box = h("input", {
            type: "checkbox",
            name: "event",
            value: type,
            checked: config.event_filters.includes(type),
            on: { change: () => busy(box, choose) },
        });
        return h("label", { class: "tick" }, box, said(type));
    }

    // In the order in which they stood; what this page does not know stays.
    function choose() {
        const ticked = [...filters.querySelectorAll("input:checked")].map((box) => box.value);
        const kept = config.event_filters.filter((type) => ticked.includes(type));
        return change(
            { event_filters: [...kept, ...ticked.filter((type) => !kept.includes(type))] },
            "The events that are told are saved",
        );
    }

    // ---- Services ----

    async function drop(service) {
        if (await attempt(() => del(`/api/notifications/services/${part(service.name)}`, { why: WHY }))) {
            await load();
            add.focus();
        }
    }

    async function test(service, output) {
        put(output, "It is sent…");
        mark(output, "status", "running");
        const reply = await attempt(() =>
            post(`/api/notifications/test/${part(service.name)}`, undefined, { why: WHY, patience: 60000 }),
        );
        mark(output, "status", reply ? "passed" : "failed");
        put(output, reply ? "sent" : "not sent");
    }

    function row(service) {
        const output = h("output", { class: "result", "aria-live": "polite" });
        const act = (label, action, run, props) =>
            button(label, action, run, { "aria-label": `${label} ${service.name}`, ...props });
        const tester = act("Test", "service-test", (event) => busy(event.currentTarget, () => test(service, output)));
        tester.disabled = !service.enabled;
        tester.title = service.enabled ? "Sends a message that says that it is a test" : "It is disabled";
        return h(
            "tr",
            { data: { service: service.name } },
            h("th", { scope: "row" }, said(service.name)),
            h("td", {}, said(service.type)),
            h("td", {}, service.enabled ? "enabled" : "disabled", " ", output),
            h(
                "td",
                {},
                h(
                    "div",
                    { class: "acts" },
                    tester,
                    act("Edit", "service-edit", () => openForm(service)),
                    act("Delete", "service-delete", (event) =>
                        confirm(event.currentTarget, { yes: `Delete ${service.name}` }, () => drop(service)),
                    ),
                ),
            ),
        );
    }

    function openForm(service) {
        form?.node.remove();
        const mine = serviceForm(service, async (saved) => {
            const isShown = form === mine;
            mine.node.remove();
            if (isShown) form = null;
            if (saved) await load();
            if (!isShown) return; // cancelled, or another one took its place
            const again =
                service && body.querySelector(`tr[data-service="${CSS.escape(service.name)}"] [data-action=service-edit]`);
            (again ?? add).focus();
        });
        form = mine;
        place.append(form.node);
        form.focus();
    }

    // ---- All of it ----

    function draw() {
        if (!config) return;
        master.disabled = false;
        master.checked = config.enabled;
        const types = [...new Set([...FILTERS, ...config.event_filters])];
        const focused = filters.contains(document.activeElement) ? document.activeElement.value : null;
        filters.replaceChildren(...types.map(filterBox));
        if (focused) filters.querySelector(`input[value="${CSS.escape(focused)}"]`)?.focus();
        put(filterNote, config.event_filters.length ? "" : "None is chosen: all are told.");
        const print = JSON.stringify(config.services);
        if (print !== drawn) redraw(body, () => body.replaceChildren(...config.services.map(row)));
        drawn = print;
        table.hidden = config.services.length === 0;
        put(empty, config.services.length ? "" : "There is no service yet.");
    }

    async function load() {
        const load = ++loads;
        try {
            const found = await get("/api/notifications/config");
            if (load !== loads) return;
            config = found;
            if (!changes) draw();
        } catch (error) {
            fail(error, "The notifications cannot be read");
        }
    }

    load();
    const stop = on("config", () => form || load());
    return { close: stop };
}
